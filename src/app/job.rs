//! Work that takes seconds: on a thread of its own, with progress, and cancelled at any time.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use crate::workshop::{Progress, Stopped};

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobProgress {
    pub what: String,
    pub done: usize,
    /// 0 = unknown.
    pub of: usize,
}

#[derive(Default)]
struct JobState {
    cancelled: AtomicBool,
    progress: Mutex<JobProgress>,
}

impl JobState {
    fn progress(&self) -> MutexGuard<'_, JobProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The window's end. Dropping it cancels the work, and waits for nothing.
pub struct Job<T> {
    result: Receiver<Result<T, Stopped>>,
    shared: Arc<JobState>,
}

/// The most jobs of one kind at once: a key that is pressed again and again, or a disk that does not answer, must not
/// collect threads and pictures.
const AT_ONCE: usize = 8;

/// Several jobs of one kind.
pub struct Jobs<T> {
    running: Vec<(u64, Job<T>)>,
    /// The number of the job that was started last; they count from 1.
    newest: u64,
}

impl<T> Default for Jobs<T> {
    fn default() -> Self {
        Self { running: Vec::new(), newest: 0 }
    }
}

impl<T: Send + 'static> Jobs<T> {
    /// Starts one more, unless too many are running.
    pub fn start(
        &mut self,
        ctx: &Context,
        name: &str,
        work: impl FnOnce() -> Result<T, Stopped> + Send + 'static,
    ) -> io::Result<()> {
        if self.running.len() >= AT_ONCE {
            return Err(io::Error::other("too many tasks are running"));
        }
        let job = Job::start(ctx, name, move |_| work())?;
        self.newest += 1;
        self.running.push((self.newest, job));
        Ok(())
    }

    /// What ended since the last call, each with whether it is the newest one's.
    pub fn poll(&mut self) -> Vec<(bool, Result<T, Stopped>)> {
        let (mut ended, newest) = (Vec::new(), self.newest);
        self.running.retain(|(number, job)| job.poll().map(|result| ended.push((*number == newest, result))).is_none());
        ended
    }
}

/// The work's end.
pub struct JobHandle {
    ctx: Context,
    shared: Arc<JobState>,
}

impl<T: Send + 'static> Job<T> {
    /// Starts the work on a thread of this name. Whenever it reports, `ctx` repaints.
    pub fn start(
        ctx: &Context,
        name: &str,
        work: impl FnOnce(&JobHandle) -> Result<T, Stopped> + Send + 'static,
    ) -> io::Result<Self> {
        let (send, result) = bounded(1);
        let shared = Arc::<JobState>::default();
        let handle = JobHandle { ctx: ctx.clone(), shared: Arc::clone(&shared) };
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let _ = send.send(work(&handle));
            handle.ctx.request_repaint();
        })?;
        Ok(Self { result, shared })
    }

    /// Waits until the work has ended, but no longer than this.
    pub fn wait(&self, patience: Duration) {
        // Its result is of no use any more.
        let _ = self.result.recv_timeout(patience);
    }

    /// The result, once it is there.
    pub fn poll(&self) -> Option<Result<T, Stopped>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            // Its thread panicked, and has said so on standard error.
            Err(TryRecvError::Disconnected) => Some(Err(Stopped::Failed(
                "That failed for an unknown reason; see the log, and please report it.".into(),
            ))),
        }
    }

    /// How far the work is.
    pub fn progress(&self) -> JobProgress {
        self.shared.progress().clone()
    }

    /// Asks the work to end without a result.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Cancels it, and waits for its end no longer than this: a process must not end in the midst of an inference.
    pub fn end(self, deadline: Duration) {
        self.cancel();
        let _ = self.result.recv_timeout(deadline);
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Progress for JobHandle {
    fn report(&self, what: &str, done: usize, of: usize) {
        {
            let mut progress = self.shared.progress();
            what.clone_into(&mut progress.what);
            (progress.done, progress.of) = (done, of);
        }
        self.ctx.request_repaint();
    }

    fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T: Send + 'static>(job: &Job<T>) -> Result<T, Stopped> {
        job.result.recv_timeout(Duration::from_secs(10)).unwrap_or(Err(Stopped::Failed("never ended".into())))
    }

    #[test]
    fn it_tells_how_far_it_is_and_ends_when_it_is_told() {
        let (go, gate) = bounded::<()>(0);
        let job = Job::start(&Context::default(), "test", move |handle| {
            handle.report("counting", 3, 7);
            gate.recv().map_err(Stopped::failed)?;
            handle.step("counting", 4, 7)
        })
        .unwrap();
        job.cancel();
        go.send(()).unwrap();
        assert_eq!(wait(&job), Err(Stopped::Cancelled));
        assert_eq!(job.progress(), JobProgress { what: "counting".into(), done: 4, of: 7 });
    }

    #[test]
    fn a_panic_is_a_failure_and_not_a_wait_for_ever() {
        let job = Job::<()>::start(&Context::default(), "test", |_| panic!("a fault in the work")).unwrap();
        while job.poll().is_none_or(|result| !matches!(result, Err(Stopped::Failed(_)))) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn work_that_nobody_waits_for_is_cancelled() {
        let (told, seen) = bounded(1);
        let (go, gate) = bounded::<()>(0);
        let job = Job::start(&Context::default(), "test", move |handle| {
            gate.recv().map_err(Stopped::failed)?;
            told.send(handle.is_cancelled()).map_err(Stopped::failed)
        })
        .unwrap();
        drop(job);
        go.send(()).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(10)), Ok(true));
    }
}
