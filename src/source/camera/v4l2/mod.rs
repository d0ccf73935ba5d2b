//! Cameras on Linux, through V4L2.
//!
//! nokhwa, which serves the other systems, is not asked here: it waits for a frame without a deadline, so that a
//! camera that falls silent could never be closed and opened again; it opens no rate that is not whole, knows
//! neither UYVY nor GREY, hides how many bytes a frame has, how long a row is and which colours are meant.

mod controls;
mod fourcc;
mod identify;
mod ioctl;
mod offer;
mod stream;

pub use identify::{CLASS, devices, indices};
pub use offer::offer;
pub use stream::V4l2Driver;
