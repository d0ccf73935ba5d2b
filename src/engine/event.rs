//! What happens once, and is told once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::model::{ModelError, ModelInfo, ModelRequest};
use crate::source::{Description, SourceError};

/// How many events wait for a reader.
pub const EVENTS_KEPT: usize = 64;

/// Something worth a line in the log, or a short message in the window. Errors read as whole messages.
#[derive(Clone, Debug)]
pub enum Event {
    /// Also when it came back by itself after a failure.
    SourceOpened(Description),
    /// Told once for each failure, not again while further tries fail in the same way.
    /// Where [`SourceError::is_transient`], it is tried again by itself.
    SourceFailed(Arc<SourceError>),
    /// A live source gives no frames; told once for each stall.
    SourceStalled(Description),
    /// There are no more frames; comes after the last one's observation.
    SourceEnded {
        /// What is wrong with the frames that were given, or missing among them; `None` = nothing is known.
        damage: Option<Arc<SourceError>>,
    },
    ModelLoaded(Arc<ModelInfo>),
    /// The last good model keeps running, where there is one.
    ModelFailed {
        request: ModelRequest,
        error: Arc<ModelError>,
    },
    /// Told for the first of failures in a row.
    InferenceFailed {
        /// The model's name.
        name: String,
        error: Arc<ModelError>,
    },
}

/// The way out for events: never blocks, the oldest goes when nobody reads.
pub(super) struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    dropped: AtomicU64,
}

impl Events {
    pub fn new() -> Self {
        let (sender, receiver) = bounded(EVENTS_KEPT);
        Self { sender, receiver, dropped: AtomicU64::new(0) }
    }

    /// Returns at once; may drop the oldest event.
    pub fn send(&self, event: Event) {
        let mut event = event;
        while let Err(TrySendError::Full(again)) = self.sender.try_send(event) {
            event = again;
            if self.receiver.try_recv().is_ok() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub fn receiver(&self) -> &Receiver<Event> {
        &self.receiver
    }

    /// How many events nobody read in time.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
