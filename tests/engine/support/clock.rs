//! A clock that only a test advances.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use twinsight::engine::Clock;

use super::{NOTES, get};

/// When to ring, and where.
pub type Timer = (Instant, Sender<Instant>);

/// A clock that only a test moves.
pub struct FakeClock {
    inner: Mutex<(Instant, Vec<Timer>)>,
    armed: (Sender<Instant>, Receiver<Instant>),
}

impl FakeClock {
    pub fn new() -> Self {
        Self { inner: Mutex::new((Instant::now(), Vec::new())), armed: bounded(NOTES) }
    }

    pub fn advance(&self, by: Duration) {
        let mut inner = self.inner.lock().unwrap();
        inner.0 += by;
        let now = inner.0;
        inner.1.retain(|(deadline, ring)| *deadline > now || ring.try_send(now).is_err());
    }

    /// Waits until a thread waits for `deadline`.
    pub fn await_timer(&self, deadline: Instant) {
        while get(&self.armed.1, "a timer") != deadline {}
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.inner.lock().unwrap().0
    }

    fn at(&self, deadline: Instant) -> Receiver<Instant> {
        let mut inner = self.inner.lock().unwrap();
        let (ring, timer) = bounded(1);
        if deadline <= inner.0 {
            ring.send(inner.0).unwrap();
        } else {
            inner.1.push((deadline, ring));
        }
        let _ = self.armed.0.try_send(deadline);
        timer
    }
}
