//! Which models look, and how a person chooses them.

pub mod pair;
pub mod picker;
