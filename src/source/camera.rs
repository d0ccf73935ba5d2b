//! The webcam, through nokhwa: the only file that names it.
//!
//! Worked around here, each at its place: nokhwa starts from whatever format the device has at the time, hands over
//! an MJPEG buffer at the driver's full length, lists fractional rates as whole ones, and may panic when a camera
//! that broke is dropped. `next` waits for as long as the driver does; deadlines are the engine's business.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution, frame_formats,
};
use nokhwa::{Camera, NokhwaError};

use super::camera_error::{Stage, explain, is_no_capture_device};
use super::pixels::Converter;
use super::{CameraInfo, CameraRequest, Description, Mode, Next, PixelFormat, Source, SourceError, mode};
use crate::detect::{Frame, Size};

/// So many broken frames in a row, and damaged JPEGs are shown as far as they go: some cameras make no others.
const LENIENT_AFTER: u32 = 15;

/// So many broken frames in a row, and the camera is given up.
const GIVE_UP_AFTER: u32 = 45;

/// How many modes are tried, when a driver rejects what it lists.
const ATTEMPTS: usize = 4;

/// The cameras that this process reads, by index. Asking such a device for its modes would change its format
/// while it delivers, so that the list is answered from here.
static OPEN: Mutex<BTreeMap<u32, CameraInfo>> = Mutex::new(BTreeMap::new());

fn open_cameras() -> MutexGuard<'static, BTreeMap<u32, CameraInfo>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All cameras, by index. One that cannot be asked is listed with its problem.
pub fn cameras() -> Result<Vec<CameraInfo>, SourceError> {
    let devices = devices()?;
    Ok(devices.into_iter().filter_map(|(index, name)| inspect(index, name)).collect())
}

/// The index of the first camera, whether or not it can be opened.
pub(super) fn first() -> Result<Option<u32>, SourceError> {
    Ok(devices()?.into_iter().find_map(|(index, name)| inspect(index, name)).map(|camera| camera.index))
}

/// Index and name of each device that may be a camera.
fn devices() -> Result<Vec<(u32, String)>, SourceError> {
    let failed = |cause: String| SourceError::Camera { camera: "the list of cameras".into(), cause };
    // Panics over a device whose name is not a number.
    let found = catch_unwind(|| nokhwa::query(ApiBackend::Auto))
        .map_err(|_| failed("a device has a name that the camera library cannot read".into()))?
        .map_err(|e| failed(e.to_string()))?;
    let mut devices: Vec<_> =
        found.iter().filter_map(|info| Some((info.index().as_index().ok()?, info.human_name()))).collect();
    devices.sort();
    devices.dedup_by_key(|(index, _)| *index);
    Ok(devices)
}

/// What a device offers, or `None` where it is no camera at all.
fn inspect(index: u32, name: String) -> Option<CameraInfo> {
    if let Some(info) = open_cameras().get(&index) {
        return Some(info.clone());
    }
    match offered_modes(index) {
        Ok((name, modes)) => Some(CameraInfo { index, name, modes, problem: None }),
        Err(error) => {
            let cause = error.to_string();
            if is_no_capture_device(&cause) {
                return None;
            }
            let problem = Some(explain(index, &label(index, &name), Stage::Opening, cause).to_string());
            Some(CameraInfo { index, name, modes: Vec::new(), problem })
        }
    }
}

/// The camera's name and all modes that Twinsight reads.
fn offered_modes(index: u32) -> Result<(String, Vec<Mode>), NokhwaError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, frame_formats());
    let mut camera = Handle::new(index, any)?;
    let camera = camera.get()?;
    let mut modes: Vec<Mode> = camera.compatible_camera_formats()?.into_iter().map(from_nokhwa).collect();
    modes.sort_by_key(|mode| (mode.format, mode.size.area(), mode.size.width, mode.rate));
    modes.dedup();
    Ok((camera.info().human_name(), modes))
}

fn label(index: u32, name: &str) -> String {
    format!("camera {index} ({name})")
}

/// A webcam that delivers.
pub struct CameraSource {
    camera: Handle,
    info: CameraInfo,
    mode: Mode,
    converter: Converter,
    /// Broken frames since the last good one.
    broken: u32,
}

impl CameraSource {
    /// Opens the camera in the best mode that the request allows, and starts it.
    pub fn open(request: &CameraRequest) -> Result<Self, SourceError> {
        let index = request.index;
        let unnamed = format!("camera {index}");
        let (name, modes) =
            offered_modes(index).map_err(|e| explain(index, &unnamed, Stage::Opening, e.to_string()))?;
        let camera = label(index, &name);
        let candidates = mode::rank(&modes, request);
        if candidates.is_empty() {
            let offered = mode::summary(&modes);
            return Err(match wanted(request) {
                Some(wanted) => SourceError::NoMode { camera, wanted, offered },
                None => SourceError::NoFormat { camera, offered },
            });
        }
        let mut failure = None;
        for wanted in candidates.into_iter().take(ATTEMPTS) {
            match start(index, wanted) {
                Ok((handle, mode)) => {
                    log::info!("{camera} delivers {mode}");
                    let info = CameraInfo { index, name, modes, problem: None };
                    open_cameras().insert(index, info.clone());
                    return Ok(Self { camera: handle, info, mode, converter: Converter::default(), broken: 0 });
                }
                Err(error) => {
                    let error = explain(index, &camera, Stage::Opening, error.to_string());
                    if !matches!(error, SourceError::Camera { .. }) {
                        return Err(error);
                    }
                    log::warn!("{camera} rejects {wanted}: {error}");
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or(SourceError::NoSuchCamera { index }))
    }

    fn label(&self) -> String {
        label(self.info.index, &self.info.name)
    }

    fn failed(&self, error: &NokhwaError) -> SourceError {
        explain(self.info.index, &self.label(), Stage::Reading, error.to_string())
    }
}

impl Source for CameraSource {
    fn description(&self) -> Description {
        Description {
            name: self.info.name.clone(),
            size: Some(self.mode.size),
            format: Some(self.mode.format.name().into()),
            nominal_rate: Some(self.mode.rate as f32),
            note: None,
        }
    }

    /// Broken frames are passed over: the first ones of a webcam often are.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        loop {
            let camera = self.camera.get();
            let outcome = camera.and_then(|camera| {
                let data = camera.frame_raw()?;
                Ok(self.converter.convert(self.mode.format, self.mode.size, &data, frame))
            });
            let error = match outcome {
                Ok(Ok(())) => {
                    self.broken = 0;
                    // A JPEG has its own size, whatever the mode promised.
                    self.mode.size = frame.size();
                    return Ok(Next::Frame);
                }
                Ok(Err(error)) => error,
                Err(error) => return Err(self.failed(&error)),
            };
            self.broken += 1;
            log::debug!("{}: a broken frame: {error}", self.label());
            self.converter.lenient |= self.broken >= LENIENT_AFTER;
            if self.broken >= GIVE_UP_AFTER {
                let cause = format!("{} frames in a row were broken: {error}", self.broken);
                return Err(SourceError::Camera { camera: self.label(), cause });
            }
        }
    }

    /// Takes one frame from the driver and drops it undecoded.
    fn discard(&mut self) -> Result<(), SourceError> {
        let taken = self.camera.get().and_then(|camera| camera.frame_raw().map(drop));
        taken.map_err(|error| self.failed(&error))
    }

    fn is_live(&self) -> bool {
        true
    }
}

impl Drop for CameraSource {
    fn drop(&mut self) {
        open_cameras().remove(&self.info.index);
    }
}

/// Opens the camera in one mode and starts its stream; gives what the driver made of the mode.
fn start(index: u32, mode: Mode) -> Result<(Handle, Mode), NokhwaError> {
    let format = to_nokhwa(mode);
    let exact = [format.format()];
    let mut handle = Handle::new(index, RequestedFormat::with_formats(RequestedFormatType::Exact(format), &exact))?;
    let camera = handle.get()?;
    camera.open_stream()?;
    let actual = from_nokhwa(camera.camera_format());
    Ok((handle, actual))
}

/// What the request asks for by name, or `None` where it leaves all open.
fn wanted(request: &CameraRequest) -> Option<String> {
    let format = request.format.clone();
    let size = request.size.map(|size| size.to_string());
    let rate = request.rate.map(|rate| format!("{rate}/s"));
    let parts: Vec<String> = [format, size, rate].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// An open camera whose end cannot take the thread with it.
struct Handle(Option<Camera>);

impl Handle {
    fn new(index: u32, format: RequestedFormat) -> Result<Self, NokhwaError> {
        Camera::new(CameraIndex::Index(index), format).map(|camera| Self(Some(camera)))
    }

    fn get(&mut self) -> Result<&mut Camera, NokhwaError> {
        self.0.as_mut().ok_or(NokhwaError::UnitializedError)
    }
}

impl Drop for Handle {
    /// Stopping the stream of a device that broke panics inside the camera library.
    fn drop(&mut self) {
        let camera = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(camera))).is_err() {
            log::warn!("a camera could not be closed in order");
        }
    }
}

fn from_nokhwa(format: CameraFormat) -> Mode {
    Mode {
        format: match format.format() {
            FrameFormat::MJPEG => PixelFormat::Mjpeg,
            FrameFormat::YUYV => PixelFormat::Yuyv,
            FrameFormat::NV12 => PixelFormat::Nv12,
            FrameFormat::RAWRGB => PixelFormat::Rgb,
            FrameFormat::RAWBGR => PixelFormat::Bgr,
            FrameFormat::GRAY => PixelFormat::Gray,
        },
        size: Size::new(format.width(), format.height()),
        rate: format.frame_rate(),
    }
}

fn to_nokhwa(mode: Mode) -> CameraFormat {
    let format = match mode.format {
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
        PixelFormat::Gray => FrameFormat::GRAY,
    };
    CameraFormat::new(Resolution::new(mode.size.width, mode.size.height), format, mode.rate)
}
