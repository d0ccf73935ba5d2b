//! What passes between the supervisor and one capture thread.
//!
//! ```text
//! supervisor ── Orders (stop, paused, pauses) ──▶ capture thread
//! supervisor ◀── Mailbox<Captured>, Receiver<SourceReport> ── capture thread
//! ```
//! Each source that is asked for has a link of its own. The supervisor drops the link to leave a source
//! behind: nothing that hangs at the other end can reach it any more.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::lock::lock;
use super::mailbox::Mailbox;
use crate::detect::Frame;
use crate::source::{Description, SourceError};

/// One frame on its way to the models.
#[derive(Clone)]
pub(super) struct Captured {
    pub id: u64,
    pub frame: Arc<Frame>,
    /// [`Orders::pauses`] when the source was asked for it.
    pub pauses: u64,
    /// When `Source::next` returned.
    pub at: Instant,
    /// Time in `Source::next`.
    pub took: Duration,
    pub description: Description,
}

/// What became of the source.
pub(super) enum SourceReport {
    /// Comes before its first frame.
    Opened { description: Description, live: bool },
    /// Comes after its last frame; so does the next. `damage`: what is wrong with its frames, or missing.
    Ended { damage: Option<SourceError> },
    /// `retry_at`: when it is tried again; `None` = never.
    Failed { error: SourceError, retry_at: Option<Instant> },
}

/// What the worker wants of the capture thread now.
#[derive(Clone, Copy, Default)]
pub(super) struct Orders {
    pub stop: bool,
    pub paused: bool,
    /// How many pauses there were: a frame that was asked for before the last one is not fresh.
    pub pauses: u64,
}

pub(super) struct Link {
    pub generation: u64,
    pub frames: Mailbox<Captured>,
    orders: Mutex<Orders>,
    nudge: Sender<()>,
    nudged: Receiver<()>,
}

impl Link {
    pub fn new(generation: u64, paused: bool) -> Self {
        let (nudge, nudged) = bounded(1);
        let orders = Mutex::new(Orders { paused, ..Orders::default() });
        Self { generation, frames: Mailbox::new(), orders, nudge, nudged }
    }

    /// What the worker wants now.
    pub fn orders(&self) -> Orders {
        *lock(&self.orders)
    }

    /// Ends the capture thread as soon as it looks.
    pub fn stop(&self) {
        lock(&self.orders).stop = true;
        self.nudge();
    }

    pub fn pause(&self, paused: bool) {
        let mut orders = lock(&self.orders);
        orders.pauses += u64::from(paused && !orders.paused);
        orders.paused = paused;
        drop(orders);
        self.nudge();
    }

    /// Wakes the capture thread: an order changed, or the mailbox was emptied.
    pub fn nudge(&self) {
        let _ = self.nudge.try_send(());
    }

    /// For the capture thread: waits for a nudge, or for `timer`. `true`: the time has come.
    pub fn wait(&self, timer: &Receiver<Instant>) -> bool {
        select! {
            recv(self.nudged) -> _ => false,
            recv(timer) -> _ => true,
        }
    }

    /// For a wait on something else as well.
    pub fn nudged(&self) -> &Receiver<()> {
        &self.nudged
    }
}
