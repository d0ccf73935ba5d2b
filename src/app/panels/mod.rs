//! The panels that belong to no other room.

pub mod help;
pub mod status_bar;
pub mod thresholds;
pub mod toolbar;
pub mod view_buttons;
