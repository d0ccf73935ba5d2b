//! One picture's detections against what is known to be in it.
//!
//! The kinds of error are those of TIDE (Bolya, Foley, Hays, Hoffman: "TIDE: A General Toolbox for Identifying Object
//! Detection Errors", ECCV 2020), decided in the order of its program, `tidecv`, whose results they equal.

mod box_truth;
mod boxes;
mod judge;
mod judgement;
mod pairs;
mod picture;
mod totals;

pub use box_truth::BoxTruth;
pub use boxes::{FoundBox, TruthBox};
pub use judge::judge_boxes;
pub use judgement::{BoxJudgement, ErrorKind, Judgement, ObjectJudgement, TruthOutcome};
pub use pairs::PairTruth;
pub use picture::{JudgedBoxes, PictureTruth};
pub use totals::{TruthCounts, TruthFigures, TruthTotals};

/// The IoU from which on a detection is right.
pub const RIGHT_IOU: f64 = 0.5;

/// Up to this IoU with everything a detection is of the background; above it, it means an object and misses its place.
pub const BACKGROUND_IOU: f64 = 0.1;
