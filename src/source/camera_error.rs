//! What a driver's error means to a person.
//!
//! The camera library gives its errors as text. On Linux the system's number stands in it, as "(os error 16)"; the
//! wording around it differs from call to call, and is not relied upon.

use super::SourceError;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ENXIO: i32 = 6;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;

/// What was being done when the error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Opening,
    Reading,
}

/// The error by its cause. `camera` is its name for people, as "camera 0 (Webcam)".
pub fn explain(index: u32, camera: &str, stage: Stage, cause: String) -> SourceError {
    let camera = camera.to_owned();
    match (system_error(&cause), stage) {
        (Some(EACCES | EPERM), _) => SourceError::NoPermission { camera, cause },
        (Some(EBUSY), _) => SourceError::Busy { camera, cause },
        (Some(ENOENT | ENXIO | ENODEV), Stage::Opening) => SourceError::NoSuchCamera { index },
        (Some(ENOENT | ENXIO | ENODEV), Stage::Reading) => SourceError::Disconnected { camera, cause },
        _ => SourceError::Camera { camera, cause },
    }
}

/// The number in "(os error N)".
fn system_error(text: &str) -> Option<i32> {
    let (_, rest) = text.rsplit_once("(os error ")?;
    rest.split_once(')')?.0.parse().ok()
}
