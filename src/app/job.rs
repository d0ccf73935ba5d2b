//! Work that takes seconds: on a thread of its own, with progress, and with an end before its time.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Cancelled,
    /// What happened, and what to do next.
    Failed(String),
}

impl End {
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub what: String,
    pub done: usize,
    /// 0 = nobody knows.
    pub of: usize,
}

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    progress: Mutex<Progress>,
}

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The window's end. Dropping it cancels the work, and waits for nothing.
pub struct Job<T> {
    result: Receiver<Result<T, End>>,
    shared: Arc<Shared>,
}

/// The work's end.
pub struct Handle {
    ctx: Context,
    shared: Arc<Shared>,
}

impl<T: Send + 'static> Job<T> {
    pub fn start(
        ctx: &Context,
        name: &str,
        work: impl FnOnce(&Handle) -> Result<T, End> + Send + 'static,
    ) -> io::Result<Self> {
        let (send, result) = bounded(1);
        let shared = Arc::<Shared>::default();
        let handle = Handle { ctx: ctx.clone(), shared: Arc::clone(&shared) };
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let _ = send.send(work(&handle));
            handle.ctx.request_repaint();
        })?;
        Ok(Self { result, shared })
    }

    /// The result, once it is there.
    pub fn poll(&self) -> Option<Result<T, End>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            // Its thread panicked, and has said so on standard error.
            Err(TryRecvError::Disconnected) => {
                Some(Err(End::Failed("That failed for an unknown reason; see the log, and please report it.".into())))
            }
        }
    }

    pub fn progress(&self) -> Progress {
        self.shared.progress().clone()
    }

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

impl Handle {
    pub fn tell(&self, what: &str, done: usize, of: usize) {
        {
            let mut progress = self.shared.progress();
            what.clone_into(&mut progress.what);
            (progress.done, progress.of) = (done, of);
        }
        self.ctx.request_repaint();
    }

    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Tells, and says whether to go on.
    pub fn step(&self, what: &str, done: usize, of: usize) -> ControlFlow<()> {
        self.tell(what, done, of);
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// For what has no steps of its own.
    pub fn check(&self) -> Result<(), End> {
        if self.is_cancelled() { Err(End::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T: Send + 'static>(job: &Job<T>) -> Result<T, End> {
        job.result.recv_timeout(Duration::from_secs(10)).unwrap_or(Err(End::Failed("never ended".into())))
    }

    #[test]
    fn it_tells_how_far_it_is_and_ends_when_it_is_told() {
        let (go, gate) = bounded::<()>(0);
        let job = Job::start(&Context::default(), "test", move |handle| {
            handle.tell("counting", 3, 7);
            gate.recv().map_err(End::failed)?;
            let flow = handle.step("counting", 4, 7);
            if flow.is_break() { Err(End::Cancelled) } else { Ok(()) }
        })
        .unwrap();
        job.cancel();
        go.send(()).unwrap();
        assert_eq!(wait(&job), Err(End::Cancelled));
        assert_eq!(job.progress(), Progress { what: "counting".into(), done: 4, of: 7 });
    }

    #[test]
    fn a_panic_is_a_failure_and_not_a_wait_for_ever() {
        let job = Job::<()>::start(&Context::default(), "test", |_| panic!("a fault in the work")).unwrap();
        while job.poll().is_none_or(|result| !matches!(result, Err(End::Failed(_)))) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn work_that_nobody_waits_for_is_cancelled() {
        let (told, seen) = bounded(1);
        let (go, gate) = bounded::<()>(0);
        let job = Job::start(&Context::default(), "test", move |handle| {
            gate.recv().map_err(End::failed)?;
            told.send(handle.is_cancelled()).map_err(End::failed)
        })
        .unwrap();
        drop(job);
        go.send(()).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(10)), Ok(true));
    }
}
