//! One thread that writes what it is given.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use egui::Context;

use crate::app::job::Job;
use crate::workshop::Stopped;

/// What waits at most; each holds a picture.
const WAITING: usize = 8;

/// The most runs that were ended and still write: each holds pictures, and a disk may not answer.
const ENDING: usize = 8;

/// Why no other run begins.
pub const BUSY: &str = "Earlier videos or harvests are still being written. Wait for them, then try again.";

/// A run that takes things. When it is dropped, the thread writes what it has and ends.
pub struct SavingRun<T> {
    send: Sender<T>,
    job: Job<String>,
    end: Arc<OnceLock<Instant>>,
    begun: Instant,
    missed: Arc<AtomicU64>,
}

/// What is known at the end.
#[derive(Clone, Copy, Debug)]
pub struct SavingEnd {
    pub at: Instant,
    /// What found no room because the thread was too slow.
    pub missed: u64,
}

/// The thread's side.
pub struct SavingInbox<T> {
    pub things: Receiver<T>,
    end: Arc<OnceLock<Instant>>,
    missed: Arc<AtomicU64>,
}

impl<T: Send + 'static> SavingRun<T> {
    /// Starts a thread of this name. Its result is what to tell.
    pub fn start(
        ctx: &Context,
        name: &str,
        work: impl FnOnce(&SavingInbox<T>) -> Result<String, Stopped> + Send + 'static,
    ) -> io::Result<Self> {
        let (send, things) = bounded(WAITING);
        let (end, missed) = (Arc::<OnceLock<Instant>>::default(), Arc::<AtomicU64>::default());
        let inbox = SavingInbox { things, end: Arc::clone(&end), missed: Arc::clone(&missed) };
        let job = Job::start(ctx, name, move |_| work(&inbox))?;
        Ok(Self { send, job, end, begun: Instant::now(), missed })
    }

    /// Gives it one thing; false: the thread has ended, and its result says why.
    pub fn give(&mut self, thing: T) -> bool {
        match self.send.try_send(thing) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// What came of it, where its thread has ended by itself.
    pub fn result(&self) -> Option<Result<String, Stopped>> {
        self.job.poll()
    }

    /// Since it began.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Nothing more comes; the job's result is still to come.
    pub fn end(self) -> Job<String> {
        let Self { send, job, end, .. } = self;
        let _ = end.set(Instant::now());
        drop(send);
        job
    }
}

#[cfg(test)]
impl<T: Send + 'static> SavingRun<T> {
    /// For tests: what it tells, where it ends by itself.
    pub fn told(&self) -> String {
        loop {
            match self.result() {
                Some(result) => return result.expect("it succeeds"),
                None => {
                    assert!(self.age() < Duration::from_secs(60), "it goes on");
                    std::thread::yield_now();
                }
            }
        }
    }
}

impl<T> SavingInbox<T> {
    /// When it was ended, and what was missed; known once nothing more comes. A thread that ends by itself ends now.
    pub fn end(&self) -> SavingEnd {
        let at = self.end.get().copied().unwrap_or_else(Instant::now);
        SavingEnd { at, missed: self.missed.load(Ordering::Relaxed) }
    }
}

/// "; 3 frames were missed, because …", or nothing.
pub fn told_missed(missed: u64) -> String {
    match missed {
        0 => String::new(),
        1 => "; 1 frame was missed, because the disk or the processor was too slow".into(),
        more => format!("; {more} frames were missed, because the disk or the processor was too slow"),
    }
}

/// Runs that were ended, and are still writing.
#[derive(Default)]
pub struct EndingRuns(Vec<Job<String>>);

impl EndingRuns {
    pub fn push(&mut self, job: Job<String>) {
        self.0.push(job);
    }

    /// No other run may begin: see [`BUSY`].
    pub fn is_full(&self) -> bool {
        self.0.len() >= ENDING
    }

    /// What has ended since the last call.
    pub fn poll(&mut self) -> Vec<Result<String, Stopped>> {
        let mut ended = Vec::new();
        self.0.retain(|job| job.poll().map(|result| ended.push(result)).is_none());
        ended
    }

    /// Waits for those that still write, until this moment.
    pub fn wait(&self, deadline: Instant) {
        self.0.iter().for_each(|job| job.wait(deadline.saturating_duration_since(Instant::now())));
    }
}
