//! The writers of a comparison.

pub mod csv;
pub mod html;
pub mod json;
pub mod text;
