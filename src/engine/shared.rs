//! What the engine is made of, and what its threads share.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::clock::Clock;
use super::control_requests::ControlRequests;
use super::event::{Event, Events};
use super::mailbox::Mailbox;
use super::observation::Observation;
use super::settings::WantedSettings;
use super::status_board::StatusBoard;
use super::threads::Threads;
use crate::model::{Detector, ModelError, ModelName, ModelRequest};
use crate::source::{Source, SourceError, SourceRequest};
use crate::trace::Trace;

/// Opens sources. Called on a capture thread, and may block there.
pub trait Open: Send + Sync {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError>;
}

/// Loads models. Called once for each model while it is kept, on the worker thread or, where several are loaded side by
/// side, on threads that it waits for.
pub trait Load: Send + Sync {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError>;

    /// Another value where loading would give another model than before: a file of the same name was written again.
    fn stamp(&self, _: &ModelName) -> u64 {
        0
    }
}

/// What the engine is made of.
#[derive(Clone)]
pub struct Parts {
    pub opener: Arc<dyn Open>,
    pub loader: Arc<dyn Load>,
    pub clock: Arc<dyn Clock>,
    /// Called on the worker thread after each observation and each event; must return at once.
    pub waker: Arc<dyn Fn() + Send + Sync>,
    /// Where every stage of every frame goes, and what is dropped.
    pub trace: Trace,
}

/// What all threads and the engine hold.
pub(super) struct Shared {
    pub parts: Parts,
    pub wanted: Mailbox<WantedSettings>,
    pub observations: Mailbox<Arc<Observation>>,
    pub events: Events,
    pub board: StatusBoard,
    pub controls: ControlRequests,
    pub threads: Threads,
    /// The next frame's id.
    pub frame_ids: AtomicU64,
}

impl Shared {
    pub fn new(parts: Parts, wanted: &WantedSettings) -> Self {
        let shared = Self {
            parts,
            wanted: Mailbox::new(),
            observations: Mailbox::new(),
            events: Events::new(),
            board: StatusBoard::new(wanted.generation, wanted.settings.paused),
            controls: ControlRequests::default(),
            threads: Threads::default(),
            frame_ids: AtomicU64::new(0),
        };
        shared.controls.renew(&wanted.settings.source);
        shared
    }

    /// Sends an event, and wakes the window to read it.
    pub fn tell(&self, event: Event) {
        self.events.send(event);
        (self.parts.waker)();
    }
}
