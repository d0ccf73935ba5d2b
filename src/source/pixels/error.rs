//! What can be wrong with a camera's bytes.

use crate::detect::{FrameError, Size};
use crate::source::PixelFormat;

/// Why bytes are not a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    #[error("{bytes} bytes are too few for {format} with {size} pixels, which needs {needed}")]
    Short { format: PixelFormat, size: Size, bytes: usize, needed: usize },
    #[error("the bytes do not start with a JPEG header")]
    NotJpeg,
    #[error("the JPEG is truncated")]
    Truncated,
    #[error("the JPEG is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Frame(#[from] FrameError),
}
