//! A thread that creates moments.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

use super::{Compactor, Moment};
use crate::engine::Observation;

/// Maximum number of observations waiting to be compacted, and of moments waiting to be taken.
pub const QUEUE: usize = 8;

/// With one model running, observations are recorded at least this far apart, on average: there is nothing to
/// compare, and compressing every frame would slow down inference. With two models, agreement may break on any single
/// frame, so every one is recorded.
pub const SINGLE_INTERVAL: Duration = Duration::from_millis(100);

/// How long dropping a [`Recorder`] waits for its thread, which may be in the middle of a large picture.
const DROP_DEADLINE: Duration = Duration::from_millis(500);

/// Compacts observations on the thread "history", so that the caller never waits.
#[derive(Debug)]
pub struct Recorder {
    /// `None` = stopped.
    todo: Option<Sender<Arc<Observation>>>,
    /// `None` = stopped.
    finished: Option<Receiver<Moment>>,
    /// Carries no messages; disconnects when the thread has ended.
    done: Receiver<Infallible>,
    thread: Option<JoinHandle<()>>,
    last: Option<Key>,
    /// Until this time, a single model's next observation is not recorded.
    due: Option<Instant>,
    /// Pushed but not yet taken.
    pending: usize,
    missed: u64,
}

/// Distinguishes an observation from the previous one.
#[derive(Debug, PartialEq)]
struct Key {
    frame_id: u64,
    of: Origin,
}

/// Where an observation comes from.
#[derive(Debug, PartialEq)]
struct Origin {
    source_generation: u64,
    /// Slots, with the models' names and checksums.
    models: Vec<(usize, String, String)>,
}

impl Key {
    fn of(observation: &Observation) -> Self {
        let models =
            observation.outputs.iter().map(|o| (o.slot, o.model.name.clone(), o.model.sha256.clone())).collect();
        let of = Origin { source_generation: observation.source_generation, models };
        Self { frame_id: observation.frame_id, of }
    }
}

impl Recorder {
    /// Fails only if no thread can be started.
    pub fn start() -> Result<Self, io::Error> {
        let (todo, waiting) = bounded::<Arc<Observation>>(QUEUE);
        let (give, finished) = bounded(QUEUE);
        let (alive, done) = bounded(0);
        let thread = Builder::new().name("history".into()).spawn(move || {
            // Dropped last, also on unwinding.
            let _alive = alive;
            let mut compactor = Compactor::default();
            for observation in waiting {
                let moment = compactor.run(&observation);
                // Dropped before a possible wait, so that the frame's memory can be reused.
                drop(observation);
                if give.send(moment).is_err() {
                    break;
                }
            }
        })?;
        let (todo, finished, thread) = (Some(todo), Some(finished), Some(thread));
        Ok(Self { todo, finished, done, thread, last: None, due: None, pending: 0, missed: 0 })
    }

    /// Hands over an observation and returns at once. An observation of the same frame and models as the last is not
    /// recorded again; with one model, at most one per [`SINGLE_INTERVAL`] is recorded. If [`QUEUE`] others are
    /// waiting, it is missed.
    pub fn push(&mut self, observation: &Arc<Observation>) {
        let key = Key::of(observation);
        if self.last.as_ref() == Some(&key) || !self.is_due(observation, &key) {
            return;
        }
        let accepted = self.todo.as_ref().is_some_and(|todo| todo.try_send(Arc::clone(observation)).is_ok());
        if !accepted {
            self.missed += 1;
            return;
        }
        self.pending += 1;
        self.last = Some(key);
        // Counted from when it was due, not from when it came: frames fall between the ticks, and the mean holds.
        // Time lost in a pause is not made up.
        let captured = observation.times.captured;
        let due = self.due.map_or(captured, |due| due.max(captured.checked_sub(SINGLE_INTERVAL).unwrap_or(captured)));
        self.due = Some(due + SINGLE_INTERVAL);
    }

    /// Whether enough time has passed for a single model. The first observation of a source or model is always due.
    fn is_due(&self, observation: &Observation, key: &Key) -> bool {
        let same = self.last.as_ref().is_some_and(|last| last.of == key.of);
        !same || observation.outputs.len() > 1 || self.due.is_none_or(|due| observation.times.captured >= due)
    }

    /// The next finished moment, in the order of pushing.
    pub fn take(&mut self) -> Option<Moment> {
        match self.finished.as_ref()?.try_recv() {
            Ok(moment) => {
                self.pending = self.pending.saturating_sub(1);
                Some(moment)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                // The thread has died: nothing more will come.
                self.pending = 0;
                None
            }
        }
    }

    /// Whether a pushed observation has not been taken yet. A window that repaints only on demand should check again
    /// soon.
    pub fn is_busy(&self) -> bool {
        self.pending > 0
    }

    /// Number of observations that came too fast to be recorded.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Both ends, because the thread may be waiting at either.
        self.todo = None;
        self.finished = None;
        // The thread drops what is queued, with the receiver, after the picture it is working on.
        let ended = self.done.recv_timeout(DROP_DEADLINE).is_err_and(|e| e.is_disconnected());
        match self.thread.take() {
            // Only the end of the closure is left, so this cannot hang; a panic has already been reported.
            Some(thread) if ended => drop(thread.join()),
            _ => log::warn!("the history thread is busy and was abandoned; it ends by itself"),
        }
    }
}
