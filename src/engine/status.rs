//! How things stand, for a status line.

use std::sync::Arc;
use std::time::Duration;

use super::metrics::Percentiles;
use crate::model::{ModelInfo, ModelRequest};
use crate::source::{Control, Description, Orientation};

/// A snapshot. Counts and rates are those of the present source.
#[derive(Clone, Debug)]
pub struct Status {
    pub source: SourceState,
    /// `None` = not open yet.
    pub description: Option<Description>,
    /// Frames per second that the source gave; this and the next two: `None` = fewer than two frames yet.
    pub captured_rate: Option<f32>,
    /// Observations per second.
    pub inferred_rate: Option<f32>,
    /// Observations per second that were painted; one that is painted again counts once.
    pub shown_rate: Option<f32>,
    /// Frames: `captured` = looked at + `dropped` + at most two on their way.
    pub captured: u64,
    /// Observations; a frame that was looked at again counts again.
    pub inferred: u64,
    /// Frames that a newer one replaced before a model saw them.
    pub dropped: u64,
    /// Frames that were no pictures, as cut JPEGs.
    pub broken: u64,
    /// How the source's picture is turned.
    pub orientation: Orientation,
    /// What can be set on the source, and how it is set; empty where there is nothing.
    pub controls: Arc<[Control]>,
    /// Why a control was not set as asked for last.
    pub control_failure: Option<String>,
    pub stages: Stages,
    /// In the order of the settings' models.
    pub models: Vec<ModelState>,
    /// Events that nobody read in time.
    pub events_dropped: u64,
}

/// What the source does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceState {
    Opening,
    /// Frames come.
    Live,
    Paused,
    /// There are no more frames; the last one stays.
    Ended,
    /// It is open, and gives no frames.
    Stalled {
        /// Time since the last frame.
        since: Duration,
    },
    Failed {
        message: String,
        /// Time to the next try; `None` = none will be made.
        retry_in: Option<Duration>,
    },
}

/// Time per stage, over the last observations; `None` = none yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    pub letterbox: Option<Percentiles>,
    /// In the order of the settings' models.
    pub inference: Vec<Option<Percentiles>>,
    /// From captured to finished, waiting for the models included.
    pub latency: Option<Percentiles>,
}

/// One of the settings' models.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelState {
    /// The model asked for.
    pub request: ModelRequest,
    /// The model that runs in its place: itself, or the last good one; `None` = none.
    pub running: Option<Arc<ModelInfo>>,
    pub phase: ModelPhase,
}

/// What a model does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelPhase {
    Loading,
    Ready,
    /// It could not be loaded, or its last inference failed.
    Failed {
        message: String,
    },
}
