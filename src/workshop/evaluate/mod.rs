//! Average precision against annotations, where it is lost, and how sure both are.
//!
//! ```text
//! annotations ──▶ Truth ─┐                                     ┌─ figures ──▶ Figures: the twelve, by class, curves
//!                        ├─ match each picture ──▶ Evaluation ─┼─ tide, working_point, score_sweep ──▶ ErrorReport
//! detections of models ──┘   (then boxes are let go)           └─ resampling ──▶ Intervals: of each, of differences
//! ```
//!
//! The rules are those of COCO's own evaluation, and the figures equal pycocotools' (`tests/workshop/evaluate.rs`). The
//! crate `hotcoco` gives COCO's figures too; it is not used, because it brings 40,000 lines and rayon, rand and an XML
//! parser for a matter of some hundred lines, and because resampling a thousand times in seconds wants the
//! matches in a form of their own: two bits a threshold and size for each detection, and no boxes.
//!
//! In one thing they differ: what matches an annotation of id 0 is right here. pycocotools stores the id of the match, and takes 0
//! for none.

mod category;
mod class_map;
mod coco_file;
mod curve;
mod difference;
mod error_report;
mod evaluation;
mod figures;
mod intervals;
mod matching;
mod names;
mod random;
mod replicate;
mod report;
mod resampling;
mod score_sweep;
mod spread;
mod tide;
mod truth;
mod truth_id;
mod uncounted;
mod working_point;

pub use crate::compare::truth::{FoundBox, TruthBox};
pub use category::Category;
pub use class_map::{ClassMap, NamesError};
pub use difference::Difference;
pub use error_report::{Confusion, ErrorCount, ErrorReport, KindReport, WorkingReport};
pub use evaluation::{Evaluation, TideErrors};
pub use figures::{ClassFigures, Figures, PrecisionCurves, Precisions, RECALLS};
pub use intervals::Intervals;
pub use matching::MAX_FOUND;
pub use replicate::Replicate;
pub use report::{
    Annotations, Damaged, EvalReport, OfClass, OfModel, Pictures, Protocol, ReportError, Sampling, Skipped, Things,
};
pub use resampling::{Interval, Resampling};
pub use score_sweep::{BestScore, SWEEP_POINTS, ScoreSweep};
pub use spread::{Replicated, Replicates, Spread, Spreads};
pub use truth::{Truth, TruthError, TruthImage};
pub use truth_id::TruthId;
pub use working_point::{SizeCounts, WorkingPoint};

/// The most detections of a picture that are evaluated, the strongest.
pub const MAX_PER_IMAGE: usize = 100;

/// IoU from which on a detection counts as right: 0.50, 0.55, ... 0.95.
const THRESHOLDS: usize = 10;

/// The IoU thresholds, as `numpy.linspace` gives them: the last bits decide about a box that lies just on one.
fn thresholds() -> [f64; THRESHOLDS] {
    let step = (0.95 - 0.5) / (THRESHOLDS - 1) as f64;
    let mut all: [f64; THRESHOLDS] = std::array::from_fn(|i| 0.5 + i as f64 * step);
    all[THRESHOLDS - 1] = 0.95;
    all
}

/// Place of IoU 0.75 among the thresholds.
const AT_75: usize = 5;

/// Sizes of things: all, small, medium, large.
const SIZES: usize = 4;

/// The areas in square pixels that a size goes from and to; both ends belong to it, as COCO has it.
const AREAS: [(f64, f64); SIZES] = [(0.0, 1e10), (0.0, 32.0 * 32.0), (32.0 * 32.0, 96.0 * 96.0), (96.0 * 96.0, 1e10)];
