//! What can go wrong with a recording, by cause.

use std::path::PathBuf;

use crate::files::WriteError;

/// Each message says what happened, to what file, and what to do next where there is something to do.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{} is not a recording of Twinsight: {why}", path.display())]
    Foreign { path: PathBuf, why: String },
    #[error("{} was recorded by a newer Twinsight (version {version} of its format); update this one", path.display())]
    Newer { path: PathBuf, version: String },
    #[error("{} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error(transparent)]
    Create(#[from] WriteError),
    /// What was written before is whole.
    #[error("cannot write {}: {cause}; {}", path.display(), kept(*frames))]
    Write { path: PathBuf, cause: String, frames: u64 },
    #[error("cannot record a frame of {}: {cause}", path.display())]
    Frame { path: PathBuf, cause: String },
    #[error("cannot start the thread that writes the recording ({cause}); close other programs, then try again")]
    NoThread { cause: std::io::Error },
    /// A panic on that thread, which the standard error has told.
    #[error("the recording met a fault in Twinsight; its frames until then can be opened; see the log, and report it")]
    Fault,
}

fn kept(frames: u64) -> String {
    match frames {
        0 => "no frame was written; record to another disk, or make room on this one".to_owned(),
        1 => "its frame until then can be opened".to_owned(),
        frames => format!("its {frames} frames until then can be opened"),
    }
}
