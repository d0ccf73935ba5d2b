//! Which models look, what they are called, and how a person chooses them.

pub mod dialog;
pub mod facts;
pub mod pair;
pub mod picker;
pub mod titles;
