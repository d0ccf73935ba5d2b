//! What can be wrong with a camera's bytes.

use crate::detect::{FrameError, Size};
use crate::source::PixelFormat;

/// Why bytes are not a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    #[error("{bytes} bytes are too few for {format} of {size} pixels, which takes {needed}")]
    Short { format: PixelFormat, size: Size, bytes: usize, needed: usize },
    #[error("the bytes do not start like a JPEG")]
    NotJpeg,
    #[error("the JPEG is cut off")]
    Truncated,
    #[error("the JPEG is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Frame(#[from] FrameError),
}
