//! Harvest: the frames on which two models disagree, as a data set to label, to calibrate with and to measure with.
//!
//! ```text
//! Frame, Comparison ── Condition ── DistinctFrames ──▶ images/NAME.png
//!                                                    ├▶ A's boxes as labels: annotations.json, labels/, or Annotations/
//!                                                    └▶ harvest.jsonl: why, and both models' boxes
//! ```

mod entry;
mod error;
mod harvester;
mod limits;
mod picture;
mod totals;

pub use error::HarvestError;
pub use harvester::{HarvestFrame, HarvestOutcome, HarvestSettings, Harvester};
pub use limits::{HarvestLimit, HarvestLimits};
pub use totals::HarvestTotals;
