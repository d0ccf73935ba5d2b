//! What a person asks for, before it is opened.

use std::path::PathBuf;

use super::VideoRequest;
use crate::detect::Size;

/// Which source to open.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceRequest {
    /// The first camera, or the demo where there is none.
    Auto,
    Camera(CameraRequest),
    Still(PathBuf),
    Video(VideoRequest),
    Demo,
}

/// Which camera, and what of it; what is `None` is chosen for the person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CameraRequest {
    /// As in `twinsight cameras`.
    pub index: u32,
    pub size: Option<Size>,
    /// As in `twinsight cameras`: "MJPEG", "YUYV", "NV12".
    pub format: Option<String>,
    pub rate: Option<u32>,
}
