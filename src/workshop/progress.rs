//! How long work tells how far it is, and learns that nobody wants it any more.

/// Why work gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    #[error("it was cancelled")]
    Cancelled,
    /// What happened, and what to do next.
    #[error("{0}")]
    Failed(String),
}

impl Stopped {
    /// For `map_err`.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Who waits for the work: the window's job, or the command line's progress bar. Called on the thread that works.
pub trait Progress {
    /// `done` of `of` steps of `what` are done, as "Measuring"; `of` = 0: their number is not known.
    fn report(&self, what: &str, done: usize, of: usize);

    /// Whether the work must end without a result.
    fn is_cancelled(&self) -> bool;

    /// [`Stopped::Cancelled`] where the work is cancelled: for work that has no steps of its own.
    fn check(&self) -> Result<(), Stopped> {
        if self.is_cancelled() { Err(Stopped::Cancelled) } else { Ok(()) }
    }

    /// Reports, then checks.
    fn step(&self, what: &str, done: usize, of: usize) -> Result<(), Stopped> {
        self.report(what, done, of);
        self.check()
    }
}
