//! A camera's bytes either become frames or are counted as broken: over misbehaving drivers.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use twinsight::detect::{Frame, Size};
use twinsight::source::camera::driver::{Driver, DriverError, Given, Read};
use twinsight::source::{
    CameraId, CameraRequest, CameraSource, Control, ControlId, ControlKind, Device, FrameRate, Mode, Next, PixelFormat,
    Source, SourceError,
};

use crate::program::root;

/// What the driver does, call by call.
enum Step {
    Data(Vec<u8>),
    Damaged,
    Fail(DriverError),
}

struct FakeDriver {
    given: Given,
    steps: VecDeque<Step>,
    last: Vec<u8>,
    set: Rc<RefCell<Vec<(ControlId, i64)>>>,
    panics_at_the_end: bool,
}

impl Driver for FakeDriver {
    fn given(&self) -> Given {
        self.given
    }

    fn read(&mut self) -> Result<Read<'_>, DriverError> {
        match self.steps.pop_front().expect("a step") {
            Step::Data(data) => {
                self.last = data;
                Ok(Read::Data(&self.last))
            }
            Step::Damaged => Ok(Read::Damaged),
            Step::Fail(error) => Err(error),
        }
    }

    fn controls(&mut self) -> Result<Vec<Control>, String> {
        let control = |id, kind, default| Control { id, name: "Gain".into(), kind, value: 1, default, active: true };
        let menu = vec![(1, "auto".into()), (3, "manual".into())];
        Ok(vec![
            control(7, ControlKind::Range { min: -10, max: 35, step: 10 }, 0),
            control(8, ControlKind::Menu(menu), 1),
            control(9, ControlKind::Switch, 0),
        ])
    }

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), String> {
        self.set.borrow_mut().push((id, value));
        Ok(())
    }
}

impl Drop for FakeDriver {
    fn drop(&mut self) {
        assert!(!self.panics_at_the_end, "the stream cannot be stopped");
    }
}

const SIZE: Size = Size::new(64, 48);

fn driver(format: PixelFormat, steps: Vec<Step>) -> FakeDriver {
    let given = Given::plain(Mode { format, size: SIZE, rate: FrameRate::new(30, 1).unwrap() });
    FakeDriver { given, steps: steps.into(), last: Vec::new(), set: Rc::default(), panics_at_the_end: false }
}

fn camera(driver: FakeDriver) -> CameraSource {
    let id = CameraId { place: "usb-1".into(), serial: None };
    CameraSource::new(Box::new(driver), Device { index: 2, name: "Cam".into(), id }, CameraRequest::default())
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/data/pixels").join(name)).unwrap()
}

#[test]
fn cut_and_garbled_frames_are_broken_and_the_next_good_one_is_shown() {
    let good = data("420.jpg");
    let cut = good[..good.len() / 2].to_vec();
    let garbage: Vec<u8> = (0..10_000u32).map(|n| ((n * 7919) >> 3) as u8).collect();
    let broken = [Step::Data(cut), Step::Data(garbage), Step::Data(Vec::new()), Step::Damaged];
    let mut steps: Vec<Step> = broken.into();
    // A whole picture with the rest of the buffer behind it.
    steps.push(Step::Data([good.clone(), vec![0x5A; 100_000]].concat()));
    let mut camera = camera(driver(PixelFormat::Mjpeg, steps));
    let mut frame = Frame::default();
    for n in 0..4 {
        assert_eq!(camera.next(&mut frame).unwrap(), Next::Broken, "{n}");
    }
    assert_eq!(camera.next(&mut frame).unwrap(), Next::Frame);
    assert_eq!(frame.size(), SIZE);
}

#[test]
fn a_camera_that_makes_nothing_else_is_shown_as_far_as_it_goes_or_given_up() {
    // Every frame lacks its end: after some, what there is of it is shown.
    let good = data("420.jpg");
    let cut = || Step::Data(good[..good.len() - 2].to_vec());
    let mut lenient = camera(driver(PixelFormat::Mjpeg, (0..60).map(|_| cut()).collect()));
    let mut frame = Frame::default();
    let shown = (1..=60).find(|_| lenient.next(&mut frame).unwrap() == Next::Frame);
    assert_eq!(shown, Some(16));

    let garbage = || Step::Data(vec![1, 2, 3]);
    let mut hopeless = camera(driver(PixelFormat::Yuyv, (0..60).map(|_| garbage()).collect()));
    let error = (1..=60).find_map(|n| hopeless.next(&mut frame).err().map(|e| (n, e)));
    let Some((45, SourceError::Camera { camera, cause })) = error else { panic!("{error:?}") };
    assert!(camera == "camera 2 (Cam)" && cause.contains("45 frames in a row were broken"), "{cause}");
}

#[test]
fn a_picture_of_another_size_is_followed() {
    let small = data("444.jpg");
    let mut camera = camera(driver(PixelFormat::Mjpeg, vec![Step::Data(small)]));
    let mut frame = Frame::new(Size::new(1, 1)).unwrap();
    camera.next(&mut frame).unwrap();
    assert_eq!(camera.description().size, Some(frame.size()));
    // What the driver promised stays told.
    assert_eq!(camera.description().camera.unwrap().given.size, SIZE);
}

#[test]
fn silence_and_unplugging_are_told_apart() {
    let failing =
        |error| camera(driver(PixelFormat::Yuyv, vec![Step::Fail(error)])).next(&mut Frame::default()).unwrap_err();
    let silent = failing(DriverError::Silent(2));
    assert!(matches!(silent, SourceError::Silent { .. }));
    assert!(silent.to_string().starts_with("no frame from camera 2 (Cam) for 2 s"), "{silent}");
    let gone = failing(DriverError::Failed("No such device (os error 19)".into()));
    assert!(matches!(gone, SourceError::Disconnected { .. }), "{gone}");
}

#[test]
fn a_driver_that_panics_when_it_is_closed_takes_nobody_with_it() {
    let mut driver = driver(PixelFormat::Yuyv, Vec::new());
    driver.panics_at_the_end = true;
    drop(camera(driver));
}

#[test]
fn controls_take_the_nearest_value_that_they_can_have() {
    let driver = driver(PixelFormat::Yuyv, Vec::new());
    let set = Rc::clone(&driver.set);
    let mut camera = camera(driver);
    for (id, value) in [(7, 4), (7, 5), (7, -99), (7, i64::MAX), (8, 3), (9, 5)] {
        camera.set_control(id, value).unwrap();
    }
    // From -10 in steps of 10, and 35 is none of them.
    assert_eq!(*set.borrow(), [(7, 0), (7, 10), (7, -10), (7, 30), (8, 3), (9, 1)]);
    for (id, value, message) in [(8, 2, "Gain = 2"), (5, 1, "control 5")] {
        let error = camera.set_control(id, value).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("no such value"), "{error}");
    }
    assert_eq!(set.borrow().len(), 6);
}
