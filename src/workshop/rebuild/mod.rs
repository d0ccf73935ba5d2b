//! An INT8 model made again: with more layers in float, or with ranges over other frames.
//!
//! ```text
//! model file ── its metadata, the files beside it ──▶ ModelOrigin ─┬─ with_float (nodes) ───────┐
//!                                                                  ├─ with_ranges (calibrator) ─┤
//!                                                                  └─ with_added (calibrator) ──┴▶ RebuiltModel ──▶ files
//! RebuildTask: ModelOrigin ──▶ RebuiltModel ──▶ files ──▶ BeforeAfter
//! ```
//!
//! Beside a model that is made here lie its recipe and its calibration table, under the same name, so that it can be
//! rebuilt in its turn, here or with `twinsight models quantize --recipe … --table …`.

mod before_after;
mod model_files;
mod origin;
mod rebuilt_model;
mod task;

pub use before_after::BeforeAfter;
pub use model_files::{ModelFiles, NameError};
pub use origin::{ModelOrigin, RebuildError};
pub use rebuilt_model::{BesideFiles, RebuiltModel};
pub use task::{CalibrationPlan, LEAST_FRAMES, RebuildResult, RebuildTask};
