//! The webcam, through nokhwa: the only file that names it.
//!
//! Worked around here, each at its place: nokhwa starts from whatever format the device has at the time, hands over
//! an MJPEG buffer at the driver's full length, and may panic when a camera that broke is dropped. `next` waits for
//! as long as the driver does; deadlines are the engine's business.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{Camera, NokhwaError};

use super::camera_error::{Stage, explain};
use super::pixels::Converter;
use super::{CameraInfo, CameraRequest, Description, Mode, Next, PixelFormat, Source, SourceError, mode};
use crate::detect::{Frame, Size};

/// So many broken frames in a row, and damaged JPEGs are shown as far as they go: some cameras make no others.
const LENIENT_AFTER: u32 = 15;

/// So many broken frames in a row, and the camera is given up.
const GIVE_UP_AFTER: u32 = 45;

/// How many modes are tried, when a driver rejects what it lists.
const ATTEMPTS: usize = 4;

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
    match offer(index) {
        Ok(offer) => offer.map(|(info, _)| info),
        Err(cause) => {
            let problem = Some(explain(index, &label(index, &name), Stage::Opening, cause).to_string());
            Some(CameraInfo { index, name, modes: Vec::new(), problem })
        }
    }
}

/// A camera with all modes that Twinsight reads, and the names of the formats that it does not; `None` where the
/// device is no camera.
fn offer(index: u32) -> Result<Option<(CameraInfo, Vec<String>)>, String> {
    let Some((name, mut modes, unread)) = ask(index)? else { return Ok(None) };
    modes.sort_by_key(|mode| (mode.format, mode.size.area(), mode.size.width, mode.rate));
    modes.dedup();
    let problem = modes.is_empty().then(|| format!("it has only {}, which Twinsight does not read", unread.join(", ")));
    Ok(Some((CameraInfo { index, name, modes, problem }, unread)))
}

type Answer = Option<(String, Vec<Mode>, Vec<String>)>;

#[cfg(target_os = "linux")]
fn ask(index: u32) -> Result<Answer, String> {
    let offer = super::v4l2::offer(index).map_err(|e| e.to_string())?;
    Ok(offer.map(|offer| (offer.name, offer.modes, offer.unread)))
}

#[cfg(not(target_os = "linux"))]
fn ask(index: u32) -> Result<Answer, String> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, nokhwa::utils::frame_formats());
    let mut handle = Handle::new(index, any).map_err(|e| e.to_string())?;
    let camera = handle.get().map_err(|e| e.to_string())?;
    let formats = camera.compatible_camera_formats().map_err(|e| e.to_string())?;
    Ok(Some((camera.info().human_name(), formats.into_iter().map(from_nokhwa).collect(), Vec::new())))
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
        let offer = offer(index).map_err(|cause| explain(index, &format!("camera {index}"), Stage::Opening, cause))?;
        let (info, unread) = offer.ok_or(SourceError::NoSuchCamera { index })?;
        let camera = label(index, &info.name);
        let candidates = mode::rank(&info.modes, request);
        if candidates.is_empty() {
            let offered = mode::summary(&info.modes);
            return Err(match wanted(request) {
                Some(wanted) if !info.modes.is_empty() => SourceError::NoMode { camera, wanted, offered },
                _ => SourceError::NoFormat { camera, offered: unread.join(", ") },
            });
        }
        let mut failure = None;
        for wanted in candidates.into_iter().take(ATTEMPTS) {
            match start(index, wanted) {
                Ok((handle, mode)) => {
                    log::info!("{camera} delivers {mode}");
                    return Ok(Self { camera: handle, info, mode, converter: Converter::default(), broken: 0 });
                }
                Err(error) => {
                    let error = explain(index, &camera, Stage::Opening, error);
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
            playback: None,
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

/// Opens the camera in one mode and starts its stream; gives what the driver made of the mode.
fn start(index: u32, mode: Mode) -> Result<(Handle, Mode), String> {
    #[cfg(target_os = "linux")]
    super::v4l2::set(index, mode).map_err(|e| e.to_string())?;
    let open = || {
        let format = to_nokhwa(mode);
        let exact = [format.format()];
        let mut handle = Handle::new(index, RequestedFormat::with_formats(RequestedFormatType::Exact(format), &exact))?;
        let camera = handle.get()?;
        camera.open_stream()?;
        let actual = from_nokhwa(camera.camera_format());
        Ok((handle, actual))
    };
    open().map_err(|e: NokhwaError| e.to_string())
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
