//! Which video is asked for, before it is opened.

use std::time::Duration;

use super::location::VideoLocation;

/// Which video, and how to play it.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoRequest {
    pub location: VideoLocation,
    /// All frames of a file, as fast as they are taken. Otherwise it plays at its own rate, and passes over frames
    /// that come too late. A live stream gives the newest frame either way.
    pub every_frame: bool,
    /// Whether a file begins again at its end; see also [`super::VideoControls::set_looped`].
    pub looped: bool,
    /// Where to start in a file.
    pub start: Duration,
    /// Whether a file shows the frame there and stands still; see also [`super::VideoControls::pause`].
    pub paused: bool,
}

impl VideoRequest {
    /// From its start, at its own rate, once.
    pub fn new(location: VideoLocation) -> Self {
        Self { location, every_frame: false, looped: false, start: Duration::ZERO, paused: false }
    }
}
