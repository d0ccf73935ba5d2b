//! Which camera is in use.

use crate::engine::Status;
use crate::source::{CameraId, CameraInfo, CameraRequest, CameraSelector, SourceRequest};

/// The camera that the frames come from.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraInUse {
    pub name: String,
    /// `None` = it was never open, and may be any that answers to the name.
    pub id: Option<CameraId>,
}

impl CameraInUse {
    /// `None`: the source is no camera, or it is not known yet whether it is one.
    pub fn of(request: &SourceRequest, status: &Status) -> Option<Self> {
        let description = status.description.as_ref();
        let opened = description.and_then(|d| Some((d.name.clone(), d.camera.as_ref()?.id.clone())));
        match (opened, request) {
            (Some((name, id)), _) => Some(Self { name, id: Some(id) }),
            (None, SourceRequest::Camera(CameraRequest { which: CameraSelector::This { name, id }, .. })) => {
                Some(Self { name: name.clone(), id: Some(id.clone()) })
            }
            (None, SourceRequest::Camera(camera)) => Some(Self { name: camera.which.label(), id: None }),
            (None, _) => None,
        }
    }

    pub fn is(&self, camera: &CameraInfo) -> bool {
        self.name == camera.name && self.id.as_ref() == Some(&camera.id)
    }
}
