//! A real V4L2 camera delivers the right pictures. `tests/camera/run` runs these tests in a virtual machine with the
//! kernel's own test drivers; elsewhere they are ignored, because they need that camera.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use twinsight::cli::cameras::{json, text};
use twinsight::detect::{Frame, Size};
use twinsight::engine::{Engine, Event, Observation, Settings, SourceState};
use twinsight::live;
use twinsight::model::Catalog;
use twinsight::source::{
    CameraRequest, CameraSelector, CameraWatch, ControlKind, FrameRate, Next, Opener, Source, SourceError,
    SourceRequest, cameras,
};
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

/// Luminance falls from bar to bar, as the colours are in its order.
fn assert_gray_bars(frame: &Frame) {
    let bars: Vec<f64> =
        (0..8).map(|n| mean(frame, (2 * n + 1) * frame.width() / 16, frame.height() * 9 / 10)[0]).collect();
    println!("GRAY {bars:.0?}");
    assert!(bars.windows(2).all(|pair| pair[0] > pair[1] + 5.0), "{bars:?}");
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_shows_its_test_card() {
    let list = cameras().unwrap();
    print!("{}{}", text(&list), json(&list));
    let camera = list.first().expect("vivid is listed");
    assert_eq!((camera.index, &camera.problem), (0, &None));
    assert_eq!(camera.id.to_string(), "platform:vivid-000");
    assert!(camera.modes.iter().any(|mode| mode.size == SMALL), "{:?}", camera.modes);

    for format in ["YUYV", "UYVY", "NV12", "RGB", "BGR", "GRAY"] {
        assert!(camera.modes.iter().any(|mode| mode.format.name() == format), "vivid has {format}");
        let request =
            CameraRequest { size: Some(SMALL), format: Some(format.parse().unwrap()), ..CameraRequest::default() };
        let mut source = open(request).unwrap();
        let description = source.description();
        println!("{description:?}");
        assert_eq!(description.format.as_deref(), Some(format));
        assert!(source.is_live());
        let frame = frames(source.as_mut(), 2);
        assert_eq!(frame.size(), SMALL);
        match format {
            "GRAY" => assert_gray_bars(&frame),
            _ => assert_bars(&frame, format),
        }
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
    let missing = open(CameraRequest::index(7)).err().unwrap();
    println!("{missing}");
    assert!(matches!(missing, SourceError::NoSuchCamera { .. }));
    // Given back whole: it opens again.
    frames(open(request).unwrap().as_mut(), 1);
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_opens_rates_that_are_not_whole() {
    let listed = cameras().unwrap().remove(0).modes;
    let hd: Vec<String> =
        listed.iter().filter(|m| m.size == Size::new(1280, 720)).map(|m| m.rate.to_string()).collect();
    // vivid has 2/25 s here.
    assert!(hd.contains(&"12.5".to_owned()) && !hd.contains(&"25".to_owned()), "{hd:?}");
    // Listing must leave the device as it is.
    let device = v4l::Device::new(0).unwrap();
    device.set_format(&v4l::Format::new(1280, 720, v4l::FourCC::new(b"YUYV"))).unwrap();
    let odd = v4l::video::capture::Parameters::new(v4l::Fraction::new(2, 25));
    let left = device.set_params(&odd).unwrap();
    assert_eq!((left.interval.numerator, left.interval.denominator), (2, 25));
    cameras().unwrap();
    assert_eq!(device.params().unwrap().interval.denominator, 25);
    assert_eq!(device.format().unwrap().width, 1280);
    drop(device);
    let rate: FrameRate = "12.5".parse().unwrap();
    let mut source = open(CameraRequest { rate: Some(rate), ..CameraRequest::default() }).unwrap();
    let description = source.description();
    println!("{description:?}");
    let details = description.camera.unwrap();
    assert_eq!((details.given.rate, details.asked.rate), (rate, Some(rate)));
    frames(source.as_mut(), 1);
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_tells_which_colours_it_means() {
    // Its controls set what it tells, and its pictures follow: the colours stay the same.
    let controls = |source: &mut dyn Source| source.controls();
    for (space, encoding, range) in [("SMPTE 170M", "ITU-R 601", "Full"), ("Rec. 709", "Rec. 709", "Limited")] {
        let request = CameraRequest { size: Some(SMALL), format: Some("YUYV".parse().unwrap()), ..Default::default() };
        // What a format means is told when it is set: so the controls are set first.
        let mut first = open(request.clone()).unwrap();
        for (name, wanted) in [("Colorspace", space), ("Y'CbCr Encoding", encoding), ("Quantization", range)] {
            let list = controls(first.as_mut());
            let control = list.iter().find(|control| control.name == name).unwrap_or_else(|| panic!("{list:#?}"));
            let ControlKind::Menu(entries) = &control.kind else { panic!("{control:?}") };
            let entry =
                entries.iter().find(|(_, entry)| entry.contains(wanted)).unwrap_or_else(|| panic!("{entries:?}"));
            first.set_control(control.id, entry.0).unwrap();
        }
        drop(first);
        let mut source = open(request).unwrap();
        assert_bars(&frames(source.as_mut(), 2), &format!("{encoding} {range}"));
    }
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn vivid_has_controls_that_can_be_set_and_reset() {
    let mut source = open(CameraRequest { size: Some(SMALL), ..CameraRequest::default() }).unwrap();
    let find = |source: &mut dyn Source, name: &str| {
        let list = source.controls();
        list.iter().find(|control| control.name == name).cloned().unwrap_or_else(|| panic!("no {name} in {list:#?}"))
    };
    let brightness = find(source.as_mut(), "Brightness");
    println!("{brightness:?}");
    assert_eq!(brightness.kind, ControlKind::Range { min: 0, max: 255, step: 1 });
    let before = mean(&frames(source.as_mut(), 3), 160, 160);
    // Out of range: the nearest value that there is.
    source.set_control(brightness.id, 100_000).unwrap();
    assert_eq!(find(source.as_mut(), "Brightness").value, 255);
    let after = mean(&frames(source.as_mut(), 6), 160, 160);
    assert!(after.iter().sum::<f64>() > before.iter().sum::<f64>() + 60.0, "{before:?} {after:?}");
    source.set_control(brightness.id, brightness.default).unwrap();
    assert_eq!(find(source.as_mut(), "Brightness").value, brightness.default);
    let error = source.set_control(4242, 1).unwrap_err();
    println!("{error}");
    assert!(matches!(error, SourceError::Control { .. }));
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

/// Pulls all of vivid's cameras out, or plugs them in.
fn plug(plugged_in: bool) {
    let act = if plugged_in { "bind" } else { "unbind" };
    std::fs::write(format!("/sys/bus/platform/drivers/vivid/{act}"), "vivid.0").unwrap();
}

/// An engine without models over real cameras.
fn engine(source: SourceRequest) -> Engine {
    let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
    Engine::start(live::parts(&Catalog::find(), Arc::new(|| {})), settings).unwrap()
}

fn await_failure(engine: &Engine) -> String {
    loop {
        let event = engine.events().recv_timeout(Duration::from_secs(20)).expect("the failure is told");
        println!("{event:?}");
        if let Event::SourceFailed(error) = event {
            return error.to_string();
        }
    }
}

/// Waits for a frame that was captured from now on.
fn await_frame(engine: &Engine) -> Arc<Observation> {
    let now = Instant::now();
    loop {
        let seen = engine.wait(Duration::from_secs(20)).unwrap_or_else(|| panic!("{:?}", engine.status()));
        if seen.times.captured > now {
            return seen;
        }
    }
}

#[test]
#[ignore = "needs two vivid cameras: tests/camera/run"]
fn of_two_cameras_the_right_one_returns() {
    let list = cameras().unwrap();
    print!("{}", text(&list).lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("\n"));
    let places: Vec<_> = list.iter().map(|camera| (camera.index, camera.id.to_string())).collect();
    assert_eq!(places, [(0, "platform:vivid-000".into()), (1, "platform:vivid-001".into())]);
    // By part of the name it would be either; by identity it is one.
    let like =
        |text: &str| CameraRequest { which: CameraSelector::from_flag(text), size: Some(SMALL), ..Default::default() };
    let unclear = open(like("viv")).err().unwrap();
    println!("{unclear}");
    assert!(matches!(unclear, SourceError::Ambiguous { .. }));

    for (request, place) in [
        (SourceRequest::Camera(CameraRequest { size: Some(SMALL), ..CameraRequest::index(1) }), "platform:vivid-001"),
        (SourceRequest::Camera(like("platform:vivid-001")), "platform:vivid-001"),
        (SourceRequest::Auto, "platform:vivid-000"),
    ] {
        println!("-- {request:?}");
        let engine = engine(request);
        let camera = await_frame(&engine).description.camera.clone().unwrap();
        assert_eq!(camera.id.place, place);
        // A process that keeps /dev/video0 open keeps its number taken: the cameras come back under other ones, and the
        // index that ours had is the other's then.
        let held = File::open("/dev/video0").unwrap();
        plug(false);
        let message = await_failure(&engine);
        assert!(message.contains("unplugged") || message.contains("not plugged in"), "{message}");
        assert!(matches!(engine.status().source, SourceState::Failed { retry_in: Some(_), .. }));
        // Long enough for some tries in vain.
        assert!(engine.wait(Duration::from_secs(3)).is_none_or(|seen| seen.description.camera.is_some()));
        plug(true);
        let back = await_frame(&engine);
        let again = back.description.camera.clone().expect("a camera, not the demo");
        println!("index {} is {} now", camera.index, again.index);
        assert_eq!(again.id, camera.id);
        assert_ne!(again.index, camera.index, "the test is worth nothing without");
        assert_eq!(engine.status().source, SourceState::Live);
        assert!(engine.stop(Duration::from_secs(4)));
        // All numbers are free again.
        drop(held);
        plug(false);
        plug(true);
    }
}

#[test]
#[ignore = "needs two vivid cameras: tests/camera/run"]
fn cameras_that_come_and_go_are_listed_within_two_seconds() {
    let (changed, changes) = crossbeam_channel::bounded(16);
    let watch = CameraWatch::start(move || {
        let _ = changed.try_send(());
    })
    .unwrap();
    let wait = |count: usize| {
        let start = Instant::now();
        while watch.list().is_none_or(|list| list.unwrap().len() != count) {
            let left = Duration::from_secs(2).saturating_sub(start.elapsed());
            changes.recv_timeout(left).unwrap_or_else(|_| panic!("not {count} within 2 s but {:?}", watch.list()));
        }
        println!("{count} cameras after {:?}", start.elapsed());
    };
    wait(2);
    for _ in 0..3 {
        plug(false);
        wait(0);
        plug(true);
        wait(2);
    }
}

#[test]
#[ignore = "needs a webcam that falls silent after 8 s: tests/camera/run"]
fn a_camera_that_falls_silent_has_stalled_and_does_not_hold_anybody_up() {
    let engine = engine(SourceRequest::Camera(CameraRequest::index(0)));
    let mut last = await_frame(&engine).times.captured;
    let told = loop {
        if let Some(seen) = engine.wait(Duration::from_millis(20)) {
            last = seen.times.captured;
        }
        if engine.events().try_iter().any(|event| matches!(event, Event::SourceStalled(_))) {
            break last.elapsed();
        }
        assert!(last.elapsed() < Duration::from_secs(10), "{:?}", engine.status());
    };
    println!("told {told:?} after the last frame");
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&told), "{told:?}");
    // It is opened again and again, and no thread is left behind.
    std::thread::park_timeout(Duration::from_secs(12));
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names = threads.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    let captures = names.filter(|name| name.trim_end() == "capture").count();
    println!("{captures} capture threads; {:?}", engine.status().source);
    assert!(captures <= 2);
    assert!(matches!(engine.status().source, SourceState::Stalled { .. }), "{:?}", engine.status().source);
    let start = Instant::now();
    assert!(engine.stop(Duration::from_secs(4)), "a silent camera is let go of");
    println!("stopped after {:?}", start.elapsed());
}

#[test]
#[ignore = "needs vivid and TWINSIGHT_CAMERA_LIBRARY=nokhwa: tests/camera/run"]
fn the_library_of_other_systems_delivers_too() {
    assert_eq!(std::env::var("TWINSIGHT_CAMERA_LIBRARY").as_deref(), Ok("nokhwa"));
    for format in ["YUYV", "NV12", "RGB", "BGR"] {
        let request = CameraRequest { size: Some(SMALL), format: Some(format.parse().unwrap()), ..Default::default() };
        let mut source = open(request).unwrap();
        assert_bars(&frames(source.as_mut(), 2), format);
        let list = source.controls();
        let brightness = list.iter().find(|control| control.name == "Brightness");
        println!("{} controls, {brightness:?}", list.len());
    }
    let odd = CameraRequest { format: Some("UYVY".parse().unwrap()), ..CameraRequest::default() };
    println!("{}", open(odd).err().unwrap());
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
