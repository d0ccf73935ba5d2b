//! The panels that belong to no other room.

pub mod bottom;
pub mod help;
pub mod sections;
pub mod status_bar;
mod status_cells;
pub mod thresholds;
pub mod toolbar;
pub mod view_buttons;
mod zoom_buttons;
