//! Which camera to use, and in which mode: the same flags for the window, `detect` and `compare`.

use clap::Args;

use crate::detect::Size;
use crate::source::{CameraRequest, CameraSelector, FrameRate, Orientation, PixelFormat, Turn};

/// What names another source conflicts with all of it by this name: where a flag's requirement conflicts with another
/// flag that is there, clap lets it pass.
#[derive(Args, Clone, Debug, Default)]
#[group(id = "CameraFlags")]
pub struct CameraFlags {
    /// Use this camera: its number, identity, or part of its name (see `twinsight cameras`)
    #[arg(long, value_name = "CAMERA", group = "from")]
    camera: Option<String>,
    /// Frame size of the camera [default: the one nearest to 1280x720]
    #[arg(long, value_name = "WxH", requires = "camera", value_parser = size)]
    size: Option<Size>,
    /// Pixel format of the camera, e.g. MJPEG or YUYV [default: the cheapest to decode]
    #[arg(long, value_name = "FORMAT", requires = "camera")]
    format: Option<PixelFormat>,
    /// Frame rate of the camera, e.g. 30 or 29.97 [default: 30, or the highest available]
    #[arg(long, value_name = "RATE", requires = "camera")]
    rate: Option<FrameRate>,
    /// Mirror the camera's picture
    #[arg(long, requires = "camera")]
    mirror: bool,
    /// Rotate the camera's picture clockwise by 90, 180 or 270 degrees
    #[arg(long, value_name = "DEGREES", requires = "camera", value_parser = turn)]
    rotate: Option<Turn>,
}

impl CameraFlags {
    /// `None` where no camera was named.
    pub fn request(&self) -> Option<CameraRequest> {
        let which = CameraSelector::from_flag(self.camera.as_ref()?);
        let Self { size, format, rate, mirror, rotate, .. } = *self;
        let orientation = Orientation { turn: rotate.unwrap_or_default(), mirror };
        Some(CameraRequest { which, size, format, rate, orientation })
    }

    /// As the person wrote it.
    pub fn name(&self) -> Option<&str> {
        self.camera.as_deref()
    }
}

fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once(['x', '×']).and_then(|(w, h)| Some(Size::new(w.parse().ok()?, h.parse().ok()?)));
    sides.filter(|size| size.area() > 0).ok_or_else(|| {
        format!(
            "\"{text}\" is not a size; use WIDTHxHEIGHT, e.g. \
                    1280x720"
        )
    })
}

fn turn(text: &str) -> Result<Turn, String> {
    text.parse().ok().and_then(Turn::from_degrees).ok_or_else(|| {
        format!(
            "\"{text}\" is not a rotation; use 0, 90, \
                    180 or 270"
        )
    })
}
