//! Which camera is asked for, before it is opened.

use super::format::PixelFormat;
use super::identity::CameraSelector;
use super::mode::CameraInfo;
use super::rate::FrameRate;
use crate::detect::Size;
use crate::source::Orientation;

/// Which camera, and what of it; what is `None` is chosen for the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CameraRequest {
    pub which: CameraSelector,
    pub size: Option<Size>,
    pub format: Option<PixelFormat>,
    pub rate: Option<FrameRate>,
    /// How the picture is turned to begin with.
    pub orientation: Orientation,
}

impl CameraRequest {
    /// The camera with this index now, in the mode that suits best.
    pub fn index(index: u32) -> Self {
        Self { which: CameraSelector::Index(index), ..Self::default() }
    }

    /// This very camera of the list, in the mode that suits best.
    pub fn of(camera: &CameraInfo) -> Self {
        let which = CameraSelector::This { name: camera.name.clone(), id: camera.id.clone() };
        Self { which, ..Self::default() }
    }
}
