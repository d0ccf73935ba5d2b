//! A real V4L2 camera delivers the right pictures. `tests/camera/run` runs these in a virtual machine with the
//! kernel's own test drivers; they are ignored elsewhere, as they need that camera.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use twinsight::cli::cameras::{json, text};
use twinsight::detect::{Frame, Size};
use twinsight::source::{CameraRequest, Next, Opener, Source, SourceError, SourceRequest, cameras};
use v4l::video::Capture;

const SMALL: Size = Size::new(320, 180);

fn open(request: CameraRequest) -> Result<Box<dyn Source>, SourceError> {
    Opener::default().open(&SourceRequest::Camera(request))
}

fn frames(source: &mut dyn Source, count: u32) -> Frame {
    let mut frame = Frame::default();
    for _ in 0..count {
        assert_eq!(source.next(&mut frame).unwrap(), Next::Frame);
    }
    frame
}

/// The mean colour of a square of 9×9 pixels.
fn mean(frame: &Frame, x: u32, y: u32) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for (dx, dy) in (0..9).flat_map(|dx| (0..9).map(move |dy| (dx, dy))) {
        let pixel = frame.pixel(x + dx - 4, y + dy - 4).unwrap();
        for (sum, channel) in sum.iter_mut().zip(pixel) {
            *sum += f64::from(channel) / 81.0;
        }
    }
    sum
}

/// The bars of a 75 % colour bar test card (as ITU-R BT.471 defines them: 75 % of 255 is 191), left to right.
const BARS: [(&str, [u8; 3]); 8] = [
    ("white", [191, 191, 191]),
    ("yellow", [191, 191, 0]),
    ("cyan", [0, 191, 191]),
    ("green", [0, 191, 0]),
    ("magenta", [191, 0, 191]),
    ("red", [191, 0, 0]),
    ("blue", [0, 0, 191]),
    ("black", [0, 0, 0]),
];

/// Each bar within 6 of 255, near the bottom, where the card has no writing.
fn assert_bars(frame: &Frame, what: &str) {
    for (place, (name, expected)) in BARS.iter().enumerate() {
        let x = (2 * place as u32 + 1) * frame.width() / 16;
        let got = mean(frame, x, frame.height() * 9 / 10);
        println!("{what} {name:<8} {:>3.0} {:>3.0} {:>3.0}, expected {expected:?}", got[0], got[1], got[2]);
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - f64::from(*expected)).abs() <= 6.0, "{what} {name} is {got:?}, not {expected:?}");
        }
    }
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_shows_its_test_card() {
    let list = cameras().unwrap();
    print!("{}{}", text(&list), json(&list));
    let camera = list.first().expect("vivid is listed");
    assert_eq!((camera.index, &camera.problem), (0, &None));
    assert!(camera.modes.iter().any(|mode| mode.size == SMALL), "{:?}", camera.modes);

    for format in ["YUYV", "NV12", "RGB", "BGR"] {
        if !camera.modes.iter().any(|mode| mode.format.name() == format) {
            assert!(!matches!(format, "YUYV" | "NV12"), "vivid has {format}");
            println!("vivid offers no {format}");
            continue;
        }
        let request = CameraRequest { size: Some(SMALL), format: Some(format.into()), ..CameraRequest::default() };
        let mut source = open(request).unwrap();
        let description = source.description();
        println!("{description:?}");
        assert_eq!(description.format.as_deref(), Some(format));
        assert!(source.is_live());
        let frame = frames(source.as_mut(), 2);
        assert_eq!(frame.size(), SMALL);
        assert_bars(&frame, format);
    }
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_is_listed_while_it_delivers_and_refuses_what_it_has_not() {
    let request = CameraRequest { size: Some(SMALL), ..CameraRequest::default() };
    let mut source = open(request.clone()).unwrap();
    frames(source.as_mut(), 1);
    let list = cameras().unwrap();
    assert!(list[0].problem.is_none() && !list[0].modes.is_empty(), "{list:?}");
    source.discard().unwrap();
    frames(source.as_mut(), 1);
    drop(source);

    let unknown = open(CameraRequest { size: Some(Size::new(123, 45)), ..CameraRequest::default() }).err().unwrap();
    println!("{unknown}");
    assert!(matches!(unknown, SourceError::NoMode { .. }));
    let missing = open(CameraRequest { index: 7, ..CameraRequest::default() }).err().unwrap();
    println!("{missing}");
    assert!(matches!(missing, SourceError::NoSuchCamera { index: 7 }));
    // Given back whole: it opens again.
    frames(open(request).unwrap().as_mut(), 1);
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_is_opened_whatever_rate_it_was_left_with() {
    let listed = cameras().unwrap().remove(0).modes;
    let hd: Vec<u32> = listed.iter().filter(|mode| mode.size == Size::new(1280, 720)).map(|mode| mode.rate).collect();
    // vivid has 2/25 s here, which is no whole rate, and must not be listed as 25/s.
    assert!(!hd.is_empty() && !hd.contains(&25), "{hd:?}");
    let device = v4l::Device::new(0).unwrap();
    let odd = v4l::video::capture::Parameters::new(v4l::Fraction::new(2, 25));
    device.set_format(&v4l::Format::new(1280, 720, v4l::FourCC::new(b"YUYV"))).unwrap();
    let left = device.set_params(&odd).unwrap();
    assert_eq!((left.interval.numerator, left.interval.denominator), (2, 25));
    // Listing must leave the device as it is.
    cameras().unwrap();
    assert_eq!(device.params().unwrap().interval.denominator, 25);
    assert_eq!(device.format().unwrap().width, 1280);
    drop(device);
    let mut source = open(CameraRequest::default()).unwrap();
    println!("{:?}", source.description());
    frames(source.as_mut(), 1);
}

#[test]
#[ignore = "needs a vivid camera that is pulled out: tests/camera/run"]
fn a_camera_that_is_pulled_out_says_so() {
    let request = CameraRequest { size: Some(SMALL), ..CameraRequest::default() };
    let mut source = open(request).unwrap();
    let mut frame = Frame::default();
    let error = (0..10_000).find_map(|_| source.next(&mut frame).err()).expect("the camera is pulled out");
    println!("{error}");
    assert!(matches!(error, SourceError::Disconnected { .. }), "{error:?}");
    drop(source);
    assert!(matches!(Opener::default().open(&SourceRequest::Auto).err(), Some(SourceError::NoDemo { .. })));
}

#[test]
#[ignore = "needs a webcam that plays zidane.jpg as MJPEG: tests/camera/run"]
fn an_mjpeg_webcam_shows_the_photo_it_plays() {
    let photo = format!("{}/models/downloads/zidane.jpg", env!("CARGO_MANIFEST_DIR"));
    let photo =
        twinsight::source::load(photo.as_ref()).expect("models/downloads/zidane.jpg is missing: run make setup");
    let mut source = open(CameraRequest::default()).unwrap();
    println!("{:?}", source.description());
    assert_eq!(source.description().format.as_deref(), Some("MJPEG"));
    let frame = frames(source.as_mut(), 2);
    assert_eq!(frame.size(), Size::new(640, 480));
    // 1280×720 in 640×480: half the size, with 60 black rows above and below.
    assert!(mean(&frame, 320, 20).iter().all(|channel| *channel < 8.0));
    let mut worst = 0.0f64;
    for (x, y) in (0..15).flat_map(|x| (0..8).map(move |y| (20 + 40 * x, 70 + 44 * y))) {
        let got = mean(&frame, x, y);
        // The same field in the photo is 18×18 pixels.
        let mut expected = [0.0; 3];
        for (dx, dy) in (0..18).flat_map(|dx| (0..18).map(move |dy| (dx, dy))) {
            let pixel = photo.pixel(2 * (x - 4) + dx, 2 * (y - 64) + dy).unwrap();
            for (sum, channel) in expected.iter_mut().zip(pixel) {
                *sum += f64::from(channel) / 324.0;
            }
        }
        worst = got.iter().zip(expected).map(|(got, expected)| (got - expected).abs()).fold(worst, f64::max);
    }
    println!("the photo's colours are off by at most {worst:.1}");
    assert!(worst <= 12.0, "{worst}");
}
