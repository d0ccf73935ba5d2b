//! Why there is no video.

use std::path::PathBuf;

use crate::detect::FrameError;
use crate::files::WriteError;
use crate::source::SourceError;

/// Each message says what happened, to which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("the video {} must end in .mp4 or .webm", .0.display())]
    Ending(PathBuf),
    #[error(transparent)]
    Ffmpeg(#[from] SourceError),
    #[error("{} has no encoder for {format} ({wanted}); install a complete ffmpeg, or choose the other format", ffmpeg.display())]
    NoEncoder { ffmpeg: PathBuf, format: &'static str, wanted: String },
    #[error("cannot encode {}: {cause}", file.display())]
    Encoder { file: PathBuf, cause: String },
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Frame(#[from] FrameError),
}
