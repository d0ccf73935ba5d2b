//! What a source is, for people.

use std::path::Path;
use std::sync::Arc;

use super::camera::{CameraId, CameraRequest, Mode};
use super::recorded::RecordedHeads;
use super::video::Playback;
use crate::detect::Size;

/// What a source is, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// A camera's name, a file's name, "demo".
    pub name: String,
    /// Of a still image: its file as it was opened. Names may be those of several files.
    pub file: Option<Arc<Path>>,
    pub size: Option<Size>,
    /// The pixel format as the driver names it, as "MJPEG"; `None` = not a camera, or unknown.
    pub format: Option<String>,
    /// Frames per second as promised by the source; `None` = unknown, or no rate.
    pub nominal_rate: Option<f32>,
    /// A remark that must stay in sight, as "demo: no camera found".
    pub note: Option<String>,
    /// Of a video: where the frame given last stands in it, and how to steer it.
    pub playback: Option<Playback>,
    /// `None` = not a camera.
    pub camera: Option<Arc<CameraDetails>>,
    /// Of a recording: what its models computed of the frame given last.
    pub recorded: Arc<[RecordedHeads]>,
}

impl Description {
    /// Of a camera that is open.
    pub fn of_camera(name: &str, details: &Arc<CameraDetails>) -> Self {
        let Mode { format, size, rate } = details.given;
        Self {
            name: name.into(),
            size: Some(size),
            format: Some(format.to_string()),
            nominal_rate: Some(rate.per_second() as f32),
            camera: Some(Arc::clone(details)),
            ..Self::default()
        }
    }
}

/// What a camera was asked for, and what its driver made of that.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraDetails {
    pub index: u32,
    pub id: CameraId,
    pub asked: CameraRequest,
    pub given: Mode,
}
