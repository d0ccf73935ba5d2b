//! Video files and streams, through an `ffmpeg` child process found on the PATH.
//!
//! | file       | what lives there |
//! | ---------- | ---------------- |
//! | `location` | a file or an address, and how ffmpeg is told so that it takes it for nothing else |
//! | `document` | what an address gives that is no video |
//! | `photo`    | photos in video containers |
//! | `ffmpeg`   | the program, its version, its arguments |
//! | `player`   | one run of it: pipes, threads, its end |
//! | `output`, `messages` | what it writes, what it says |
//! | `transport` | packets that a transport stream has lost |
//! | `truncation` | whether a file ends before its container does |
//! | `clock`    | when a frame is due |
//! | `controls` | pause, step, seek, loop; where a frame stands |
//! | `request`  | which video, and how to play it |
//! | `video_source` | the source itself |
//!
//! A *file* is shown at its own rate; frames that come too late for that are passed over, unless every frame is asked
//! for, which then come as fast as they are taken. It waits while nobody takes frames. A *stream* that has no end is
//! live: the newest frame wins. Seeking and looping start ffmpeg again at the place.

mod clock;
mod controls;
mod document;
mod ffmpeg;
mod location;
mod messages;
mod output;
mod photo;
mod player;
mod request;
mod transport;
mod truncation;
mod video_source;

pub(crate) use clock::PlayClock;
pub use controls::{Playback, VideoControls};
pub use ffmpeg::Ffmpeg;
pub use location::{SCHEMES, VideoLocation};
pub use request::VideoRequest;
pub use video_source::VideoSource;
