//! Threads and mailboxes between a source, its models and the window.
//!
//! ```text
//!              Mailbox<Settings>, one whole value            Receiver<Event>, bounded
//!       set() ─────────────────────┐                      ┌───────────────────────────▶ events()
//!                                  ▼                      │
//! [capture] ── Mailbox<Captured> ──▶ [worker] ────────────┼── Mailbox<Observation> ──▶ take(), wait()
//!  opens and drains a source           letterbox          │
//!  newest wins, drops are counted      A.run, B.run       └── waker() ──▶ the window repaints
//!     │        ▲                          │
//!     │        └── stop, pause ◀──────────┘
//!     │   ControlRequests ◀────────────── set_control(), orient()        Examiner::run(), for other frames
//!     └──────────────▶ StatusBoard (counts, rates, states) ◀──── shown()
//!                        └─────────────────────────────────────▶ status()
//! ```
//!
//! - Nothing but the newest frame waits anywhere: no queue can grow, no picture is old without saying so.
//! - Nobody waits for a source. Each one asked for has a thread and a link of its own; a thread that hangs in a
//!   driver is left behind, and what it says later reaches nobody.
//! - Nothing polls: every thread sleeps in one `select!`, and is woken by a token, a timer or a stop signal.
//! - The engine knows traits ([`Open`], [`Load`], [`Clock`]) and a waker, neither the window nor ONNX Runtime.

mod capture;
mod clock;
mod control_applier;
mod control_requests;
mod event;
mod examiner;
mod link;
mod lock;
mod mailbox;
mod metrics;
mod models;
mod observation;
mod panic_guard;
mod pool;
mod settings;
mod shared;
mod status;
mod status_board;
mod supervisor;
mod threads;
mod worker;

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

pub use clock::{Clock, SystemClock};
pub use event::{EVENTS_KEPT, Event};
pub use examiner::{Examined, Examiner};
pub use mailbox::Mailbox;
pub use metrics::{Percentiles, RATE_WINDOW, Rate, SAMPLES, Samples};
pub use observation::{Observation, Output, Times};
pub use pool::Pool;
pub use settings::Settings;
pub use shared::{Load, Open, Parts};
pub use status::{ModelPhase, ModelState, SourceState, Stages, Status};

use crate::source::{ControlId, Orientation, SourceError};
use lock::lock;
use settings::WantedSettings;
use shared::Shared;
use threads::ThreadDone;
use worker::Worker;

/// How long a thread that runs a model may take to end. No driver holds it up: it has an inference or the loading of a model in hand, which
/// takes seconds where other programs want the processor too. A process that ends in the midst of it takes the library away
/// under it, which then reports errors, or worse.
pub const INFERENCE: Duration = Duration::from_secs(5);

/// How long dropping an [`Engine`] waits for its other threads.
const DROP_DEADLINE: Duration = Duration::from_millis(500);

/// Owns the threads: looks at what a source gives with the models asked for, until it is stopped.
pub struct Engine {
    shared: Arc<Shared>,
    /// What was set last.
    wanted: Mutex<WantedSettings>,
    examiner: Examiner,
    /// Dropped to stop the worker; `None` = stopped.
    stop: Option<Sender<Infallible>>,
    worker: ThreadDone,
}

impl Engine {
    /// Starts the worker, which opens the source and loads the models. Fails only where no thread can be started.
    pub fn start(parts: Parts, settings: Settings) -> Result<Self, io::Error> {
        let wanted = WantedSettings { settings, generation: 0 };
        let shared = Arc::new(Shared::new(parts, &wanted));
        let (stop, stopped) = bounded(0);
        let (examiner, examinations) = Examiner::new();
        let worker = Worker::new(Arc::clone(&shared), wanted.clone(), examinations);
        let witness = Arc::clone(&shared);
        let done = shared.threads.spawn("worker", move || {
            if let Err(cause) = panic_guard::guard(|| worker.run(&stopped)) {
                let error = Arc::new(SourceError::Fault { part: "the engine", cause, camera: false });
                // A picture that stands still must not look live.
                witness.board.fail(Arc::clone(&error));
                witness.tell(Event::SourceFailed(error));
            }
        })?;
        Ok(Self { shared, wanted: Mutex::new(wanted), examiner, stop: Some(stop), worker: done })
    }

    /// Asks for these settings, all at once, and returns at once. The newest win. After a change of the source
    /// no observation of the old one is given out any more, from the moment this returns.
    pub fn set(&self, settings: Settings) {
        let mut wanted = lock(&self.wanted);
        let next = wanted.next(settings);
        if next.generation != wanted.generation {
            self.shared.controls.renew(&next.settings.source);
        }
        *wanted = next;
        self.shared.board.renew(wanted.generation, wanted.settings.paused);
        self.shared.wanted.put(wanted.clone());
    }

    /// The newest observation that was not taken yet.
    pub fn take(&self) -> Option<Arc<Observation>> {
        let generation = self.shared.board.generation();
        self.shared.observations.take().filter(|observation| observation.source_generation == generation)
    }

    /// Like [`Engine::take`], and waits for one. For use without a window: only one thread may wait.
    pub fn wait(&self, timeout: Duration) -> Option<Arc<Observation>> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(observation) = self.take() {
                return Some(observation);
            }
            self.shared.observations.wake().recv_deadline(deadline).ok()?;
        }
    }

    /// What happened. Holds [`EVENTS_KEPT`]; when nobody reads, the oldest go and are counted.
    pub fn events(&self) -> &Receiver<Event> {
        self.shared.events.receiver()
    }

    /// How things stand now. Takes microseconds.
    pub fn status(&self) -> Status {
        let now = self.shared.parts.clock.now();
        self.shared.board.status(now, self.shared.events.dropped(), self.shared.controls.orientation())
    }

    /// Turns and mirrors the source's picture from its next frame on, until another source is asked for.
    pub fn orient(&self, orientation: Orientation) {
        self.shared.controls.orient(orientation);
    }

    /// Sets one of [`Status::controls`] before the next frame; returns at once. It stays set when the camera comes
    /// back after a failure, until another source is asked for. What came of it is in the status.
    pub fn set_control(&self, id: ControlId, value: i64) {
        self.shared.controls.set(id, value);
    }

    /// Lets the models look at frames of the caller's, whenever the source's leave them time.
    pub fn examiner(&self) -> Examiner {
        self.examiner.clone()
    }

    /// Tells that this was painted. Painting the same observation again does not count.
    pub fn shown(&self, observation: &Observation) {
        self.shared.board.shown(observation, self.shared.parts.clock.now());
    }

    /// Stops every thread. What the models have in hand is waited for, some seconds at most. `true`: all have ended. `false`:
    /// at least one hangs in a driver, and was left behind after `deadline`; it ends with the process, or by itself when the
    /// driver returns.
    pub fn stop(mut self, deadline: Duration) -> bool {
        self.end(deadline)
    }

    fn end(&mut self, deadline: Duration) -> bool {
        self.stop.take().is_none_or(|stop| {
            drop(stop);
            // It tells the source to stop, and the models go with it. It sends nothing: this waits for its end.
            let _ = self.worker.recv_timeout(deadline.max(INFERENCE));
            self.shared.threads.join(deadline)
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.end(DROP_DEADLINE) {
            log::warn!("a thread hangs in a driver or in a model and was abandoned");
        }
    }
}
