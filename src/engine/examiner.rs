//! Frames that no source gave, for the models to look at while they have nothing else to do.
//!
//! ```text
//! Examiner::run ── bounded(0) ──▶ the worker: one model at a time, after the source's frames
//!       ▲                            │
//!       └────────── bounded(1) ──────┘
//! ```
//!
//! The engine's own models do it: sessions of their own would take the models' memory again, and would compete with the
//! engine's for the cores, so that the picture that is looked at came later.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::observation::Output;
use crate::detect::Frame;
use crate::model::{ModelError, ModelRequest};

/// The models' outputs, in the order in which the models were named; or why one of them has none.
pub type Examined = Result<Vec<Output>, Arc<ModelError>>;

/// Lets the engine's models look at a frame. For any thread but the window's, because it waits.
#[derive(Clone)]
pub struct Examiner(Sender<Examination>);

/// One frame, and how far the models are with it.
pub(super) struct Examination {
    pub frame: Arc<Frame>,
    models: Vec<ModelRequest>,
    outputs: Vec<Output>,
    reply: Sender<Examined>,
}

impl Examiner {
    /// With the worker's end.
    pub(super) fn new() -> (Self, Receiver<Examination>) {
        let (asked, examinations) = bounded(0);
        (Self(asked), examinations)
    }

    /// Waits until each of the models has looked; a model that is not loaded is loaded. [`Output::slot`] is the model's
    /// place in `models`. `None`: the engine has ended.
    pub fn run(&self, frame: Arc<Frame>, models: Vec<ModelRequest>) -> Option<Examined> {
        let (reply, done) = bounded(1);
        let outputs = Vec::with_capacity(models.len());
        self.0.send(Examination { frame, models, outputs, reply }).ok()?;
        done.recv().ok()
    }
}

impl Examination {
    /// The model that looks next, and its place; `None` = all have looked.
    pub fn next(&self) -> Option<(usize, &ModelRequest)> {
        let slot = self.outputs.len();
        self.models.get(slot).map(|model| (slot, model))
    }

    /// A model has looked, or failed. Gives the rest, where there is any; otherwise the result is on its way.
    pub fn record(mut self, result: Result<Output, Arc<ModelError>>) -> Option<Self> {
        match result {
            Ok(output) => self.outputs.push(output),
            Err(error) => {
                // Whoever asked may be gone.
                let _ = self.reply.send(Err(error));
                return None;
            }
        }
        self.or_reply()
    }

    /// Itself, where a model has yet to look; otherwise the result is on its way.
    pub fn or_reply(mut self) -> Option<Self> {
        if self.next().is_some() {
            return Some(self);
        }
        let _ = self.reply.send(Ok(std::mem::take(&mut self.outputs)));
        None
    }
}
