//! The last frames, to go back to, and their figures over time.

pub mod browser;
pub mod plots;
pub mod recording;
pub mod threshold_match;
