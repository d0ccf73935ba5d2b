//! A webcam that delivers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::control::{Control, ControlId};
use super::driver::{Driver, DriverError, Read};
use super::explain::{Operation, explain};
use super::identity::Device;
use super::list::{self, CameraLister};
use super::mode::{self, CameraInfo, Mode};
use super::mode_request::ModeRequest;
use super::request::CameraRequest;
use crate::detect::Frame;
use crate::source::pixels::Converter;
use crate::source::{CameraDetails, Description, Next, Source, SourceError};

/// After this many broken frames in a row, damaged JPEGs are shown as far as they go: some cameras make no others.
const LENIENT_AFTER: u32 = 15;

/// After this many broken frames in a row, the camera is given up.
const GIVE_UP_AFTER: u32 = 45;

/// How many modes are tried, when a driver rejects what it lists.
const ATTEMPTS: usize = 4;

/// A webcam that delivers.
pub struct CameraSource {
    /// `None` once it was closed.
    driver: Option<Box<dyn Driver>>,
    device: Device,
    mode: Mode,
    details: Arc<CameraDetails>,
    converter: Converter,
    /// Broken frames since the last good one.
    broken: u32,
}

impl CameraSource {
    /// Opens the camera in the best mode that the request allows, and starts it.
    pub fn open(request: &CameraRequest) -> Result<Self, SourceError> {
        let system = CameraLister::choose();
        let device = system.find(&request.which)?;
        let camera = device.to_string();
        let opening = |cause| explain(&device, Operation::Opening, cause);
        let (info, unread) = match list::offer(system, &device).map_err(opening)? {
            Some(offer) => offer,
            None => return Err(opening("it does not capture video".into())),
        };
        let candidates = ModeRequest::of(request).rank(&info.modes);
        if candidates.is_empty() {
            return Err(unmet(request, &info, unread));
        }
        let mut failure = None;
        for wanted in candidates.into_iter().take(ATTEMPTS) {
            match system.open(device.index, wanted) {
                Ok(driver) => {
                    let source = Self::new(driver, device, request.clone());
                    log::info!("{camera} delivers {}", source.mode);
                    return Ok(source);
                }
                Err(error) => {
                    let error = explain(&device, Operation::Opening, error);
                    if !matches!(error, SourceError::Camera { .. }) {
                        return Err(error);
                    }
                    log::warn!("{camera} rejects {wanted}: {error}");
                    failure.get_or_insert(error);
                }
            }
        }
        Err(failure.unwrap_or(SourceError::Absent { camera }))
    }

    /// A camera over a driver that delivers already.
    pub fn new(driver: Box<dyn Driver>, device: Device, asked: CameraRequest) -> Self {
        let given = driver.given();
        let details = CameraDetails { index: device.index, id: device.id.clone(), asked, given: given.mode };
        let mut converter = Converter::default();
        (converter.colour, converter.stride) = (given.colour, given.stride);
        Self { driver: Some(driver), device, mode: given.mode, details: Arc::new(details), converter, broken: 0 }
    }

    fn failed(&self, error: DriverError) -> SourceError {
        match error {
            DriverError::Silent(seconds) => SourceError::Silent { camera: self.device.to_string(), seconds },
            DriverError::Failed(cause) => explain(&self.device, Operation::Reading, cause),
        }
    }

    /// One more broken frame.
    fn count(&mut self, error: &str) -> Result<Next, SourceError> {
        self.broken += 1;
        log::debug!("{}: a broken frame: {error}", self.device);
        self.converter.lenient |= self.broken >= LENIENT_AFTER;
        if self.broken < GIVE_UP_AFTER {
            return Ok(Next::Broken);
        }
        let cause = format!("{} frames in a row were broken: {error}", self.broken);
        Err(SourceError::Camera { camera: self.device.to_string(), cause })
    }
}

impl Source for CameraSource {
    fn description(&self) -> Description {
        Description::of_camera(&self.device.name, &self.details)
    }

    /// The first frames of a webcam often are broken.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let Self { driver: Some(driver), converter, mode, .. } = self else {
            return Err(self.failed(DriverError::Failed("it was closed".into())));
        };
        let converted = match driver.read() {
            Ok(Read::Data(data)) => converter.convert(mode.format, mode.size, data, frame).map_err(|e| e.to_string()),
            Ok(Read::Damaged) => Err("the driver reports it as damaged".into()),
            Err(error) => return Err(self.failed(error)),
        };
        match converted {
            Ok(()) => {
                self.broken = 0;
                // A JPEG has its own size, whatever the mode promised.
                self.mode.size = frame.size();
                Ok(Next::Frame)
            }
            Err(error) => self.count(&error),
        }
    }

    /// Takes one frame from the driver and drops it undecoded.
    fn discard(&mut self) -> Result<(), SourceError> {
        let closed = || DriverError::Failed("it was closed".into());
        let taken = self.driver.as_deref_mut().ok_or_else(closed).and_then(|driver| driver.read().map(drop));
        taken.map_err(|error| self.failed(error))
    }

    fn is_live(&self) -> bool {
        true
    }

    fn controls(&mut self) -> Vec<Control> {
        let controls = self.driver.as_deref_mut().map(Driver::controls);
        controls.and_then(Result::ok).unwrap_or_default()
    }

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), SourceError> {
        let controls = self.controls();
        let control = controls.iter().find(|control| control.id == id);
        let name = control.map_or_else(|| format!("control {id}"), |control| format!("{} = {value}", control.name));
        let fitted = control.and_then(|control| control.fit(value)).ok_or("no such value");
        let set = fitted.map_err(str::to_owned).and_then(|value| match self.driver.as_deref_mut() {
            Some(driver) => driver.set_control(id, value),
            None => Err("it was closed".into()),
        });
        set.map_err(|cause| SourceError::Control { camera: self.device.to_string(), control: name, cause })
    }
}

impl Drop for CameraSource {
    /// Closing a device that broke panics inside some libraries.
    fn drop(&mut self) {
        let driver = self.driver.take();
        if catch_unwind(AssertUnwindSafe(|| drop(driver))).is_err() {
            log::warn!("{} could not be closed properly", self.device);
        }
    }
}

/// Why none of the camera's modes will do.
fn unmet(request: &CameraRequest, info: &CameraInfo, unread: Vec<String>) -> SourceError {
    let camera = format!("camera {} ({})", info.index, info.name);
    let format = request.format.map(|format| format.to_string());
    let size = request.size.map(|size| size.to_string());
    let rate = request.rate.map(|rate| format!("{rate}/s"));
    let wanted: Vec<String> = [format, size, rate].into_iter().flatten().collect();
    if wanted.is_empty() || info.modes.is_empty() {
        return SourceError::NoFormat { camera, offered: unread.join(", ") };
    }
    SourceError::NoMode { camera, wanted: wanted.join(" "), offered: mode::summary(&info.modes) }
}
