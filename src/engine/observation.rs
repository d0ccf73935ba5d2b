//! One frame and what each model made of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::detect::{Frame, Letterbox, RawHeads};
use crate::model::ModelInfo;
use crate::source::Description;

/// Never changes once made. Boxes are a pure function of an [`Output`] and thresholds, so that they can be made
/// again at any time, and they always sit on the pixels they come from.
#[derive(Clone)]
pub struct Observation {
    /// One more with each frame that was captured, over all sources; gaps are frames that were dropped.
    pub frame_id: u64,
    /// One more with each observation: a frame that is looked at again with another model keeps its `frame_id`.
    pub sequence: u64,
    pub frame: Arc<Frame>,
    /// In the order of the settings' models. A model that failed is missing: see [`Output::slot`].
    pub outputs: Vec<Output>,
    pub times: Times,
    /// One more with each change of the source, from 0.
    pub source_generation: u64,
    pub description: Description,
}

/// What one model made of the frame.
#[derive(Clone)]
pub struct Output {
    /// Which of the settings' models asked for this: 0 is A, 1 is B.
    pub slot: usize,
    /// The model that ran: the last good one, where the one asked for cannot be loaded.
    pub model: Arc<ModelInfo>,
    pub heads: Arc<RawHeads>,
    /// How the frame sat in this model's input.
    pub letterbox: Letterbox,
    /// Time in `Detector::run`.
    pub inference: Duration,
}

/// When, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When `Source::next` returned.
    pub captured: Instant,
    /// Time in `Source::next`, waiting for the frame included.
    pub capture: Duration,
    /// Over all input sizes.
    pub letterbox: Duration,
    /// When the last model was done.
    pub finished: Instant,
}

impl Times {
    /// How old the picture is.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.captured)
    }
}
