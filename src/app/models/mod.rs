//! Which models look, what they are called, and how a person chooses them.

pub mod byte_check;
pub mod clipping_popup;
pub mod clipping_watch;
pub mod computed_as;
pub mod dialog;
mod exact_boxes;
pub mod facts;
pub mod own_profile;
pub mod pair;
pub mod picker;
pub mod profile_files;
mod profile_form;
pub mod titles;
