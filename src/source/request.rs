//! Which source is asked for, before it is opened.

use std::path::PathBuf;

use super::camera::{CameraId, CameraRequest, CameraSelector};
use super::pictures::Pasted;
use super::video::{Playback, VideoRequest};

/// Which source to open.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceRequest {
    /// The first camera, or the demo where there is none.
    Auto,
    Camera(CameraRequest),
    Still(PathBuf),
    Video(VideoRequest),
    /// A picture that is in no file.
    Pasted(Pasted),
    Demo,
}

impl SourceRequest {
    /// The same request, and no other camera than this one will do.
    pub fn pinned(&self, name: &str, id: &CameraId) -> Self {
        let which = CameraSelector::This { name: name.to_owned(), id: id.clone() };
        match self {
            Self::Auto => Self::Camera(CameraRequest { which, ..CameraRequest::default() }),
            Self::Camera(camera) => Self::Camera(CameraRequest { which, ..camera.clone() }),
            other => other.clone(),
        }
    }

    /// The same request; a video resumes where and how it was played last.
    pub fn resuming_at(&self, last: &Playback) -> Self {
        match self {
            Self::Video(video) => Self::Video(VideoRequest {
                start: last.time,
                paused: last.controls.is_paused(),
                looped: last.controls.is_looped(),
                ..video.clone()
            }),
            other => other.clone(),
        }
    }

    /// Whether a camera may come of it, and with it a driver that can hang.
    pub fn may_be_camera(&self) -> bool {
        matches!(self, Self::Auto | Self::Camera(_))
    }
}
