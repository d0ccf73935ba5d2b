//! Recordings: frames with the raw heads of both models, in one file that is written as they come.
//!
//! ```text
//! Observation ─▶ RunningRecording, on its own thread ─▶ RecordingWriter ─▶ file.mcap ─▶ Foxglove, `mcap` of PyPI
//!                                                                            │
//! engine ◀── RecordingSource: frames with their heads ◀── RecordingReader ◀──┘
//! ```
//!
//! The container is MCAP: it only grows, so that a crash or a full disk costs the last chunk at most, a second; and other
//! programs read it. Messages are protobuf and not JSON: a picture in JSON is a third larger, and raw heads would be text.
//! Pictures and boxes are in Foxglove's own schemas; raw heads in one of ours. `docs/recording.md` describes the file.

mod appended;
mod boxes;
mod error;
mod heads_encoder;
mod index;
mod layout;
mod messages;
mod model;
mod picture;
mod reader;
mod recording_source;
mod running;
mod schemas;
#[cfg(test)]
mod tests;
mod to_record;
mod writer;

pub use error::RecordingError;
pub use picture::{JPEG_QUALITY, PictureForm};
pub use reader::{RecordedFrame, RecordedOutput, RecordingReader, is_recording};
pub use recording_source::RecordingSource;
pub use running::{RecordingState, RunningRecording};
pub use to_record::{FrameToRecord, OutputToRecord, UnixClock};
pub use writer::{FinishedRecording, RecordingLimit, RecordingLimits, RecordingWriter};
