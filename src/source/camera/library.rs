//! Cameras through nokhwa, as on macOS and Windows: the only file that names it.
//!
//! Worked around here, each at its place: nokhwa starts from whatever format the device has at the time, hands over
//! an MJPEG buffer at the driver's full length, waits for a frame for as long as the driver does (deadlines are the
//! engine's business), and may panic when a camera that broke is dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nokhwa::utils::{
    CameraControl, CameraFormat, CameraIndex, ControlValueDescription, ControlValueSetter, FrameFormat,
    KnownCameraControl, KnownCameraControlFlag, RequestedFormat, RequestedFormatType, Resolution,
    all_known_camera_controls,
};
use nokhwa::{Camera, NokhwaError};

use super::driver::{Driver, DriverError, Given, Read};
use crate::detect::Size;
#[cfg(not(target_os = "linux"))]
use crate::source::{CameraId, Device};
use crate::source::{Control, ControlId, ControlKind, FrameRate, Mode, PixelFormat};

/// All cameras by index.
#[cfg(not(target_os = "linux"))]
pub fn devices() -> Result<Vec<Device>, String> {
    // Panics over a device whose name is not a number.
    let found = catch_unwind(|| nokhwa::query(nokhwa::utils::ApiBackend::Auto))
        .map_err(|_| "the camera library cannot read a device's name".to_owned())?
        .map_err(|e| e.to_string())?;
    let device = |info: &nokhwa::utils::CameraInfo| {
        let (index, name) = (info.index().as_index().ok()?, info.human_name());
        // An identity of the system's own, where it tells one.
        let place = if info.misc().is_empty() { format!("{name} #{index}") } else { info.misc() };
        Some(Device { index, name, id: CameraId { place, serial: None } })
    };
    let mut devices: Vec<Device> = found.iter().filter_map(device).collect();
    devices.sort_by_key(|device| device.index);
    devices.dedup_by_key(|device| device.index);
    Ok(devices)
}

/// All modes of a camera.
#[cfg(not(target_os = "linux"))]
pub fn modes(index: u32) -> Result<Vec<Mode>, String> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, nokhwa::utils::frame_formats());
    let mut handle = CameraHandle::new(index, any).map_err(|e| e.to_string())?;
    let camera = handle.get().map_err(|e| e.to_string())?;
    let formats = camera.compatible_camera_formats().map_err(|e| e.to_string())?;
    Ok(formats.into_iter().filter_map(from_nokhwa).collect())
}

/// A camera that delivers through nokhwa.
pub struct LibraryDriver {
    camera: CameraHandle,
    given: Given,
    kept: Vec<u8>,
}

impl LibraryDriver {
    /// A mode whose rate is no whole number is not one that nokhwa could have listed.
    pub fn open(index: u32, mode: Mode) -> Result<Self, String> {
        let format = to_nokhwa(mode).ok_or_else(|| format!("the camera library cannot open {mode}"))?;
        let open = || {
            let exact = [format.format()];
            let wanted = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &exact);
            let mut camera = CameraHandle::new(index, wanted)?;
            let open = camera.get()?;
            open.open_stream()?;
            let mode = from_nokhwa(open.camera_format()).unwrap_or(mode);
            Ok(Self { camera, given: Given::plain(mode), kept: Vec::new() })
        };
        open().map_err(|e: NokhwaError| e.to_string())
    }
}

impl Driver for LibraryDriver {
    fn given(&self) -> Given {
        self.given
    }

    fn read(&mut self) -> Result<Read<'_>, DriverError> {
        let camera = self.camera.get().map_err(|e| DriverError::Failed(e.to_string()))?;
        match camera.frame_raw() {
            Ok(std::borrow::Cow::Borrowed(data)) => Ok(Read::Data(data)),
            // Wherever the library copies, it must be kept until it was read.
            Ok(std::borrow::Cow::Owned(data)) => {
                self.kept = data;
                Ok(Read::Data(&self.kept))
            }
            Err(error) => Err(DriverError::Failed(error.to_string())),
        }
    }

    fn controls(&mut self) -> Result<Vec<Control>, String> {
        let camera = self.camera.get().map_err(|e| e.to_string())?;
        let controls = camera.camera_controls().map_err(|e| e.to_string())?;
        Ok(controls.iter().filter_map(from_control).collect())
    }

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), String> {
        let known = all_known_camera_controls().get(id as usize).copied().ok_or("no such control")?;
        let switch = self.controls()?.iter().any(|c| c.id == id && c.kind == ControlKind::Switch);
        let value = if switch { ControlValueSetter::Boolean(value != 0) } else { ControlValueSetter::Integer(value) };
        let camera = self.camera.get().map_err(|e| e.to_string())?;
        camera.set_camera_control(known, value).map_err(|e| e.to_string())
    }
}

/// The controls that mean the same on every system, numbered as nokhwa lists them.
fn from_control(control: &CameraControl) -> Option<Control> {
    let known: KnownCameraControl = control.control();
    let id = all_known_camera_controls().iter().position(|other| *other == known)? as ControlId;
    let (kind, value, default) = match *control.description() {
        ControlValueDescription::IntegerRange { min, max, value, step, default } => {
            (ControlKind::Range { min, max, step }, value, default)
        }
        ControlValueDescription::Boolean { value, default } => (ControlKind::Switch, value.into(), default.into()),
        _ => return None,
    };
    let fixed = control.flag().contains(&KnownCameraControlFlag::ReadOnly);
    (!fixed).then(|| Control { id, name: control.name().to_owned(), kind, value, default, active: control.active() })
}

/// An open camera whose end cannot take the thread with it.
struct CameraHandle(Option<Camera>);

impl CameraHandle {
    fn new(index: u32, format: RequestedFormat) -> Result<Self, NokhwaError> {
        Camera::new(CameraIndex::Index(index), format).map(|camera| Self(Some(camera)))
    }

    fn get(&mut self) -> Result<&mut Camera, NokhwaError> {
        self.0.as_mut().ok_or(NokhwaError::UnitializedError)
    }
}

impl Drop for CameraHandle {
    /// Stopping the stream of a device that broke panics inside the camera library.
    fn drop(&mut self) {
        let camera = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(camera))).is_err() {
            log::warn!("a camera could not be closed properly");
        }
    }
}

fn from_nokhwa(format: CameraFormat) -> Option<Mode> {
    Some(Mode {
        format: match format.format() {
            FrameFormat::MJPEG => PixelFormat::Mjpeg,
            FrameFormat::YUYV => PixelFormat::Yuyv,
            FrameFormat::NV12 => PixelFormat::Nv12,
            FrameFormat::RAWRGB => PixelFormat::Rgb,
            FrameFormat::RAWBGR => PixelFormat::Bgr,
            FrameFormat::GRAY => PixelFormat::Gray,
        },
        size: Size::new(format.width(), format.height()),
        rate: FrameRate::new(format.frame_rate(), 1)?,
    })
}

fn to_nokhwa(mode: Mode) -> Option<CameraFormat> {
    let format = match mode.format {
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
        PixelFormat::Gray => FrameFormat::GRAY,
        PixelFormat::Uyvy => return None,
    };
    Some(CameraFormat::new(Resolution::new(mode.size.width, mode.size.height), format, mode.rate.whole()?))
}
