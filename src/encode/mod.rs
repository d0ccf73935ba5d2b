//! Frames as a video file, through the `ffmpeg` on the PATH.
//!
//! ```text
//! Frame, time ─▶ RawStream (Matroska, RGB, a time and a duration a frame) ─ pipe ─▶ ffmpeg ─▶ PendingFile ─▶ its place
//! ```
//!
//! Raw pixels alone have no times, so that a constant rate would have to be made up for them. Inside Matroska every frame
//! keeps its time to the microsecond, whatever the rate does; ffmpeg passes the times through.

mod error;
mod fit;
mod format;
mod raw_stream;
mod writer;

pub use error::EncodeError;
pub use format::VideoFormat;
pub use writer::{LIVE_BYTES, VideoTotals, VideoWriter};
