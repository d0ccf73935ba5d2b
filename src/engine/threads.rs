//! The engine's threads: each has a name, and any can be left behind.

use std::convert::Infallible;
use std::io;
use std::sync::Mutex;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::lock::lock;

/// Carries nothing; disconnects when the thread that holds the other end has ended.
pub(super) type ThreadDone = Receiver<Infallible>;

/// Whether the thread has ended.
pub(super) fn ended(done: &ThreadDone) -> bool {
    done.try_recv().is_err_and(|error| error.is_disconnected())
}

/// Every thread that was started and has not been seen to end.
pub(super) struct Threads {
    members: Mutex<Vec<(ThreadDone, JoinHandle<()>)>>,
    exit: Sender<()>,
    exited: Receiver<()>,
}

/// Dropped by a thread in its last moments: wakes the one that waits for exits.
struct ExitSignal(Sender<()>);

impl Drop for ExitSignal {
    fn drop(&mut self) {
        // A full channel already says so.
        let _ = self.0.try_send(());
    }
}

impl Default for Threads {
    fn default() -> Self {
        let (exit, exited) = bounded(1);
        Self { members: Mutex::default(), exit, exited }
    }
}

impl Threads {
    /// Starts a thread.
    pub fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<ThreadDone> {
        let (alive, done): (Sender<Infallible>, ThreadDone) = bounded(0);
        let exit = ExitSignal(self.exit.clone());
        let handle = Builder::new().name(name.to_owned()).spawn(move || {
            // Dropped in the end, by unwinding too; the signal last, so that its reader finds the thread ended.
            let _exit = exit;
            let _alive = alive;
            run();
        })?;
        let mut members = lock(&self.members);
        members.retain(|(_, handle)| !handle.is_finished());
        members.push((done.clone(), handle));
        Ok(done)
    }

    /// Gives a token after a thread's end; tokens may merge into one. Only one thread may wait for it.
    pub fn exited(&self) -> &Receiver<()> {
        &self.exited
    }

    /// Waits for every thread to end, until `limit` is over. `false`: one hangs, and was left behind.
    pub fn join(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut all = true;
        // One at a time, because a thread that ends may just have started another.
        loop {
            let Some((done, handle)) = lock(&self.members).pop() else { return all };
            match done.recv_deadline(deadline) {
                // Nothing but the end of the closure is left, so that this cannot hang; a panic was shown already.
                Err(RecvTimeoutError::Disconnected) => drop(handle.join()),
                Err(RecvTimeoutError::Timeout) => all = false,
                Ok(never) => match never {},
            }
        }
    }
}
