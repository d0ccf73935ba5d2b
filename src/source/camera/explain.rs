//! What a driver's error means to a user.
//!
//! The camera library gives its errors as text. On Linux the system's number stands in it, as "(os error 16)"; the
//! wording around it differs from call to call, and is not relied upon.

use super::identity::Device;
use crate::source::SourceError;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EPROTO: i32 = 71;
const ESHUTDOWN: i32 = 108;

/// What was being done when the error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Opening,
    Reading,
}

/// The error by its cause.
pub fn explain(device: &Device, operation: Operation, cause: String) -> SourceError {
    let camera = device.to_string();
    match (system_error(&cause), operation) {
        (Some(EACCES | EPERM), _) => SourceError::NoPermission { camera, cause },
        (Some(EBUSY), _) => SourceError::Busy { camera, cause },
        // It was listed a moment ago.
        (Some(ENOENT | ENXIO | ENODEV), _) => SourceError::Disconnected { camera, cause },
        // A V4L2 device that is gone says this of its stream, and a USB camera of its cable.
        (Some(EIO | ESHUTDOWN | EPROTO), Operation::Reading) => SourceError::Disconnected { camera, cause },
        _ => SourceError::Camera { camera, cause },
    }
}

/// The number in "(os error N)".
fn system_error(text: &str) -> Option<i32> {
    let (_, rest) = text.rsplit_once("(os error ")?;
    rest.split_once(')')?.0.parse().ok()
}
