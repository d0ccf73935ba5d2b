//! Time, so that a test can own it.

use std::time::Instant;

use crossbeam_channel::Receiver;

/// Tells the time, and rings at a time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;

    /// A channel that gives one message once [`Clock::now`] has reached `deadline`.
    fn at(&self, deadline: Instant) -> Receiver<Instant> {
        crossbeam_channel::at(deadline)
    }
}

/// The clock of the system; never goes backwards.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}
