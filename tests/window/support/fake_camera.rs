//! A camera that a test controls: it can be unplugged, fall silent or be busy, and it applies settings.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use twinsight::detect::{Frame, Size};
use twinsight::engine::Open;
use twinsight::source::camera::mode;
use twinsight::source::{
    CameraDetails, CameraId, CameraInfo, CameraRequest, Control, ControlId, ControlKind, Description, FrameRate, Mode,
    ModeRequest, Next, PixelFormat, Source, SourceError, SourceRequest,
};

/// How the camera behaves now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Good,
    /// It is open, and `next` does not return.
    Silent,
    /// It is not plugged in.
    Gone,
    Busy,
    Panics,
    /// It gives fewer frames than it promised.
    Slow,
}

/// A camera on the test's desk; the fakes that the engine opens look at it.
#[derive(Default)]
pub struct FakeCamera {
    pub mood: Mutex<Mood>,
    pub controls: Mutex<Vec<Control>>,
    /// What was set, in this order.
    pub set: Mutex<Vec<(ControlId, i64)>>,
    pub opened: Mutex<Vec<SourceRequest>>,
    changed: Condvar,
}

pub const NAME: &str = "Test Cam";

pub fn id() -> CameraId {
    CameraId { place: "usb-1".into(), serial: None }
}

fn mode(format: PixelFormat, width: u32, height: u32, rate: u32) -> Mode {
    Mode { format, size: Size::new(width, height), rate: FrameRate::new(rate, 1).unwrap() }
}

/// 416×416 is there as YUYV at 30 and 15, and as MJPEG; 832×416 only as MJPEG at 25.
pub fn info() -> CameraInfo {
    let modes = vec![
        mode(PixelFormat::Mjpeg, 416, 416, 30),
        mode(PixelFormat::Mjpeg, 832, 416, 25),
        mode(PixelFormat::Yuyv, 416, 416, 15),
        mode(PixelFormat::Yuyv, 416, 416, 30),
    ];
    CameraInfo { index: 0, name: NAME.into(), id: id(), modes, problem: None }
}

/// This very camera, in whichever mode.
pub fn request() -> SourceRequest {
    SourceRequest::Camera(CameraRequest::of(&info()))
}

fn control(id: ControlId, name: &str, kind: ControlKind, value: i64, active: bool) -> Control {
    Control { id, name: name.into(), kind, value, default: value, active }
}

impl FakeCamera {
    pub fn new() -> Arc<Self> {
        let camera = Self::default();
        let entries = [(0, "Disabled"), (1, "50 Hz"), (2, "60 Hz")].map(|(value, name)| (value, name.to_owned()));
        *camera.controls.lock().unwrap() = vec![
            control(1, "Brightness", ControlKind::Range { min: 0, max: 200, step: 2 }, 100, true),
            control(2, "Auto Exposure", ControlKind::Switch, 1, true),
            control(3, "Exposure Time", ControlKind::Range { min: 1, max: 5000, step: 1 }, 250, false),
            control(4, "Power Line Frequency", ControlKind::Menu(entries.into()), 1, true),
        ];
        Arc::new(camera)
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    pub fn value(&self, id: ControlId) -> i64 {
        self.controls.lock().unwrap().iter().find(|c| c.id == id).unwrap().value
    }

    /// How it was asked for last; by itself where that was no camera.
    pub fn asked(&self) -> CameraRequest {
        match self.opened.lock().unwrap().last() {
            Some(SourceRequest::Camera(request)) => request.clone(),
            _ => CameraRequest::default(),
        }
    }

    pub fn openings(&self) -> usize {
        self.opened.lock().unwrap().len()
    }
}

/// Gives the fake camera for what asks for one, and a lone black picture for the demo.
pub struct FakeOpener(pub Arc<FakeCamera>);

impl Open for FakeOpener {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        self.0.opened.lock().unwrap().push(request.clone());
        let asked = match request {
            SourceRequest::Camera(camera) => camera.clone(),
            SourceRequest::Auto => CameraRequest::default(),
            _ => return Ok(Box::new(Demo(false))),
        };
        let camera = || NAME.to_owned();
        match *self.0.mood.lock().unwrap() {
            Mood::Gone => return Err(SourceError::Absent { camera: camera() }),
            Mood::Busy => return Err(SourceError::Busy { camera: camera(), cause: "os error 16".into() }),
            Mood::Good | Mood::Silent | Mood::Panics | Mood::Slow => {}
        }
        let Some(given) = ModeRequest::of(&asked).best(&info().modes) else {
            let (wanted, offered) = (format!("{asked:?}"), mode::summary(&info().modes));
            return Err(SourceError::NoMode { camera: camera(), wanted, offered });
        };
        let details = CameraDetails { index: 0, id: id(), asked, given };
        Ok(Box::new(CameraFake { camera: Arc::clone(&self.0), details: Arc::new(details) }))
    }
}

struct CameraFake {
    camera: Arc<FakeCamera>,
    details: Arc<CameraDetails>,
}

impl Source for CameraFake {
    fn description(&self) -> Description {
        Description::of_camera(NAME, &self.details)
    }

    /// Its upper left quarter is red, all else blue.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        // The time between two frames.
        let slow = *self.camera.mood.lock().unwrap() == Mood::Slow;
        let _ = crossbeam_channel::after(Duration::from_millis(if slow { 80 } else { 10 })).recv();
        let mood = self.camera.changed.wait_while(self.camera.mood.lock().unwrap(), |mood| *mood == Mood::Silent);
        let mood = *mood.unwrap();
        match mood {
            Mood::Gone => return Err(SourceError::Disconnected { camera: NAME.into(), cause: "os error 19".into() }),
            Mood::Panics => panic!("a driver's fault"),
            Mood::Good | Mood::Silent | Mood::Busy | Mood::Slow => {}
        }
        let size = self.details.given.size;
        frame.resize(size)?;
        let width = size.width as usize;
        for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
            let red = i % width < width / 2 && i / width < size.height as usize / 2;
            pixel.copy_from_slice(if red { &[255, 0, 0] } else { &[0, 0, 255] });
        }
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        true
    }

    fn controls(&mut self) -> Vec<Control> {
        self.camera.controls.lock().unwrap().clone()
    }

    /// The exposure time counts only while the camera does not choose it.
    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), SourceError> {
        let mut controls = self.camera.controls.lock().unwrap();
        let refused = |cause: &str| SourceError::Control {
            camera: NAME.into(),
            control: format!("control {id}"),
            cause: cause.into(),
        };
        let control = controls.iter_mut().find(|c| c.id == id).ok_or_else(|| refused("there is none"))?;
        if !control.active {
            return Err(refused("it is inactive"));
        }
        control.value = value;
        if id == 2 {
            controls.iter_mut().filter(|c| c.id == 3).for_each(|c| c.active = value == 0);
        }
        drop(controls);
        self.camera.set.lock().unwrap().push((id, value));
        Ok(())
    }
}

/// One black picture; true = it was given.
struct Demo(bool);

impl Source for Demo {
    fn description(&self) -> Description {
        Description { name: "demo".into(), ..Description::default() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        if std::mem::replace(&mut self.0, true) {
            return Ok(Next::End);
        }
        frame.resize(Size::new(416, 416))?;
        frame.rgb_mut().fill(0);
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        false
    }
}
