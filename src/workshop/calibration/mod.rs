//! Calibration: which values every tensor of a network has over some pictures, and which range its bytes cover.
//!
//! ```text
//! Frames ── DistinctFrames ──▶ Calibrator ── a Histogram a tensor ── ranges (Method) ──▶ CalibrationTable
//! ```

mod calibrator;
mod distinct_frames;
mod end_shares;
mod frames;
mod grid_kind;
mod histogram;
mod method;
mod ranges;
mod table;

pub use calibrator::Calibrator;
pub use distinct_frames::{DistinctFrames, NearFrame};
pub use end_shares::{CountedEnds, EndShares};
pub use frames::{CalibrationFrame, Frames, NextFrame};
pub use grid_kind::{GridKind, power_of_two_from};
pub use histogram::TensorRange;
pub use method::{Choice, Method};
pub use table::CalibrationTable;
