//! The camera in the window: its panel, its faults, and how it disappears and returns.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::accesskit::{Role, Toggled};
use egui::{Key, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::{Clip, Preferences};
use twinsight::detect::{Frame, Size};
use twinsight::source::{CameraInfo, CameraSelector, Orientation, PixelFormat, SourceRequest, Turn};

use crate::support::fake_camera::{FakeCamera, FakeOpener, Mood, NAME, id, info, request};
use crate::support::{Desk, Plan};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

type Plugged = Arc<Mutex<Vec<CameraInfo>>>;

/// A window that looks through the fake camera.
fn window(source: SourceRequest, preferences: Preferences) -> (Desk, Arc<FakeCamera>, Plugged) {
    let camera = FakeCamera::new();
    let plugged: Plugged = Arc::new(Mutex::new(vec![info()]));
    let (desk, plugged) = window_on(&camera, plugged, source, preferences);
    (desk, camera, plugged)
}

fn window_on(
    camera: &Arc<FakeCamera>,
    plugged: Plugged,
    source: SourceRequest,
    preferences: Preferences,
) -> (Desk, Plugged) {
    let plan = Plan {
        source,
        preferences,
        cameras: Arc::clone(&plugged),
        opener: Some(Arc::new(FakeOpener(Arc::clone(camera)))),
        clipboard: Some(Err(())),
        ..Plan::default()
    };
    let mut desk = Desk::new(plan);
    // Wide enough for the thresholds beside the panel.
    desk.harness.set_size(vec2(1500.0, 800.0));
    (desk, plugged)
}

/// The same, showing its picture and with its panel open.
fn panel() -> (Desk, Arc<FakeCamera>, Plugged) {
    let (mut desk, camera, plugged) = window(request(), Preferences::default());
    desk.until("the picture", |d| d.has("person 0.90"));
    desk.press(Key::C);
    desk.until("the panel", |d| d.control("Camera size").is_some() && d.has_slider("Brightness"));
    (desk, camera, plugged)
}

/// Chooses an entry of a list.
fn choose(desk: &mut Desk, list: &str, entry: &str) {
    desk.click(list);
    desk.click(entry);
}

/// The current picture, without boxes.
fn picture(desk: &mut Desk) -> Frame {
    desk.set_slider("Score", 0.95);
    *desk.copied.lock().unwrap() = Some(Err(()));
    desk.press_command(Key::C);
    let copied = |desk: &Desk| match &*desk.copied.lock().unwrap() {
        Some(Ok(Clip::Picture(frame))) => Some(frame.clone()),
        _ => None,
    };
    desk.until("the copy", |d| copied(d).is_some());
    desk.set_slider("Score", 0.25);
    copied(desk).unwrap()
}

/// Waits until the picture's corners have these colours: left and right above, left and right below.
fn await_corners(desk: &mut Desk, what: &str, expected: [[u8; 3]; 4]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let frame = picture(desk);
        let (right, bottom) = (frame.width() - 10, frame.height() - 10);
        let corners = [(10, 10), (right, 10), (10, bottom), (right, bottom)].map(|(x, y)| frame.pixel(x, y).unwrap());
        if corners == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {corners:?}");
    }
}

fn await_size(desk: &mut Desk, size: Size) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while picture(desk).size() != size {
        assert!(Instant::now() < deadline, "the picture never was {size}");
    }
}

fn is_chosen(desk: &Desk, label: &str) -> bool {
    desk.control(label).is_some_and(|node| node.accesskit_node().toggled() == Some(Toggled::True))
}

#[test]
fn the_settings_are_there_for_cameras_only() {
    let (mut desk, ..) = window(request(), Preferences::default());
    desk.until("the picture", |d| d.has("person 0.90"));
    desk.click("Camera settings");
    desk.until("the panel", |d| d.control("Pixel format").is_some());
    desk.harness.check_accessibility();
    desk.press(Key::Questionmark);
    assert!(desk.has("Show or hide the camera settings"));
    desk.press(Key::Escape);
    desk.click("Close camera settings");
    assert!(desk.control("Pixel format").is_none());
    let mut demo = Desk::with_picture(Plan { preferences: desk.preferences().clone(), ..Plan::default() });
    demo.press(Key::C);
    assert_eq!(demo.preferences().camera, desk.preferences().camera);
    assert!(demo.control("Camera settings").is_none() && demo.control("Pixel format").is_none());
}

#[test]
fn a_chosen_size_opens_the_camera_with_it_and_is_kept() {
    let (mut desk, camera, plugged) = panel();
    assert_eq!(camera.openings(), 1);
    choose(&mut desk, "Camera size", "832×416");
    desk.until("the camera to be opened anew", |_| camera.openings() == 2);
    let asked = camera.asked();
    assert_eq!((asked.size, asked.format, asked.rate), (Some(Size::new(832, 416)), None, None));
    assert_eq!(asked.which, CameraSelector::This { name: NAME.into(), id: id() }, "and no other camera");
    desk.until("what the driver gives, and what comes", |d| d.names("832×416").matches("832×416").count() >= 2);
    await_size(&mut desk, Size::new(832, 416));

    let kept = Preferences::from_json(&desk.preferences().to_json());
    // As on the next start: by itself, and then in the mode that was kept.
    let (mut next, _) = window_on(&camera, Arc::clone(&plugged), SourceRequest::Auto, kept.clone());
    next.until("the kept size", |_| camera.asked().size == Some(Size::new(832, 416)) && camera.openings() == 4);
    // What the command line says goes before.
    let SourceRequest::Camera(said) = request() else { unreachable!() };
    let said = SourceRequest::Camera(twinsight::source::CameraRequest { format: Some(PixelFormat::Yuyv), ..said });
    let (mut flagged, _) = window_on(&camera, plugged, said.clone(), kept);
    flagged.until("the picture", |d| d.has("person 0.90"));
    flagged.harness.run_steps(20);
    assert_eq!(camera.opened.lock().unwrap().last(), Some(&said));
}

#[test]
fn only_what_the_camera_has_is_offered() {
    let (mut desk, camera, _) = panel();
    choose(&mut desk, "Pixel format", "YUYV");
    desk.until("YUYV", |_| camera.asked().format == Some(PixelFormat::Yuyv));
    desk.click("Frame rate");
    desk.until("the rates", |d| d.control("15/s").is_some());
    assert!(desk.control("25/s").is_none(), "there is no such rate in YUYV");
    desk.click("15/s");
    desk.until("15/s", |_| camera.asked().rate.is_some());
    // This size is there in neither: both give way.
    choose(&mut desk, "Camera size", "832×416");
    desk.until("the size", |_| camera.asked().size.is_some());
    let asked = camera.asked();
    assert_eq!((asked.format, asked.rate), (None, None));
    choose(&mut desk, "Camera size", "Automatic (416×416)");
    desk.until("any size", |_| camera.asked().size.is_none());
}

#[test]
fn a_control_that_moves_reaches_the_camera_and_goes_back() {
    let (mut desk, camera, _) = panel();
    desk.set_slider("Brightness", 150.0);
    desk.until("the brightness", |_| camera.value(1) == 150);
    desk.click("Reset Brightness");
    desk.until("the default", |_| camera.value(1) == 100);
    choose(&mut desk, "Power Line Frequency", "60 Hz");
    desk.until("the entry", |_| camera.value(4) == 2);
    // Without effect while the camera chooses it.
    assert!(desk.control("Exposure Time").unwrap().accesskit_node().is_disabled());
    desk.click("Auto Exposure");
    desk.until("the exposure time to be free", |d| !d.control("Exposure Time").unwrap().accesskit_node().is_disabled());
    desk.set_slider("Exposure Time", 1000.0);
    desk.until("the exposure time", |_| camera.value(3) == 1000);
    desk.set_slider("Brightness", 50.0);
    desk.until("the brightness", |_| camera.value(1) == 50);
    desk.click("Reset all");
    desk.until("the defaults", |_| [1, 2, 4].map(|id| camera.value(id)) == [100, 1, 1]);
    desk.until("nothing to reset", |d| d.control("Reset Brightness").unwrap().accesskit_node().is_disabled());
    assert!(!desk.has_words("did not accept"), "{}", desk.names("did not accept"));
    assert_eq!(camera.openings(), 1, "all in one and the same stream");
}

#[test]
fn tab_goes_from_a_control_to_its_reset() {
    let (mut desk, camera, _) = panel();
    desk.click("Auto Exposure");
    desk.until("the switch", |_| camera.value(2) == 0);
    desk.harness.run_steps(3);
    desk.tab_through(&["Auto Exposure", "Reset Auto Exposure"]);
}

#[test]
fn what_is_told_of_the_camera_moves_nothing_under_the_pointer() {
    let (mut desk, camera, _) = panel();
    let labels = ["Camera size", "Rotate by 90°", "Reset all", "Reset Brightness", "Power Line Frequency"];
    let places = |desk: &Desk| labels.map(|label| desk.control(label).unwrap().rect().min);
    let before = places(&desk);
    camera.is(Mood::Slow);
    desk.until("the warning", |d| d.has_words("Slower than nominal"));
    assert_eq!(places(&desk), before);
    let warning = desk.harness.query_all_by_label_contains("Slower than nominal").next().unwrap().rect();
    assert!(warning.max.y <= 770.0, "it is in sight: {warning:?}");
}

#[test]
fn mirror_and_turn_change_the_picture_and_are_kept() {
    let (mut desk, camera, plugged) = panel();
    await_corners(&mut desk, "upright", [RED, BLUE, BLUE, BLUE]);
    desk.press(Key::M);
    await_corners(&mut desk, "mirrored", [BLUE, RED, BLUE, BLUE]);
    desk.click("Rotate by 90°");
    // Turned first: the red comes to the right, and the mirror brings it back to the left.
    await_corners(&mut desk, "turned and mirrored", [RED, BLUE, BLUE, BLUE]);
    assert!(is_chosen(&desk, "Rotate by 90°"));
    desk.click("Mirror");
    await_corners(&mut desk, "turned", [BLUE, RED, BLUE, BLUE]);
    assert_eq!(camera.openings(), 1);

    // Another mode, and the same source again, stay turned.
    choose(&mut desk, "Camera size", "832×416");
    desk.until("the size", |_| camera.openings() == 2);
    let turned = Orientation { turn: Turn::Quarter, mirror: false };
    assert_eq!(camera.asked().orientation, turned);
    await_size(&mut desk, Size::new(416, 832));
    let kept = Preferences::from_json(&desk.preferences().to_json());
    let (mut next, _) = window_on(&camera, plugged, SourceRequest::Auto, kept);
    await_corners_later(&mut next, [BLUE, RED, BLUE, BLUE]);
}

fn await_corners_later(desk: &mut Desk, expected: [[u8; 3]; 4]) {
    desk.until("a picture", |d| d.has("person 0.90"));
    await_corners(desk, "as last time", expected);
}

#[test]
fn a_stalled_camera_is_said_to_be_and_goes_on_when_it_gives_frames() {
    let (mut desk, camera, _) = panel();
    camera.is(Mood::Silent);
    desk.until("the stall", |d| d.has("⚠  Stalled") && d.has_words("Last picture"));
    assert!(desk.has_words("No frame from"), "{}", desk.names("Test Cam"));
    assert!(desk.has("⚠ stalled, reopening"), "{}", desk.names("stalled"));
    desk.harness.check_accessibility();
    for size in [vec2(1280.0, 800.0), vec2(760.0, 420.0)] {
        desk.harness.set_size(size);
        desk.harness.run_steps(3);
        let picture = desk.control("Picture").unwrap().rect();
        for label in ["Try again", "Show the demo"] {
            let button = desk.control(label).unwrap().rect();
            assert!(picture.contains_rect(button), "{label} {button:?} is not in {picture:?}");
        }
    }
    camera.is(Mood::Good);
    desk.until("frames again", |d| !d.has("⚠  Stalled") && !d.has_words("Last picture") && d.has("person 0.90"));
}

#[test]
fn an_unplugged_camera_is_waited_for_and_the_demo_is_one_click_away() {
    let (mut desk, camera, plugged) = panel();
    camera.is(Mood::Gone);
    plugged.lock().unwrap().clear();
    desk.until("the fault", |d| d.has("⚠  Unplugged") && d.has_words("waiting for it to return"));
    assert!(desk.has_words("Last picture") && desk.has("Not connected."));
    camera.is(Mood::Good);
    plugged.lock().unwrap().push(info());
    desk.until("the picture", |d| !d.has("⚠  Unplugged") && !d.has_words("Last picture"));
    camera.is(Mood::Gone);
    plugged.lock().unwrap().clear();
    desk.click("Show the demo");
    desk.until("the demo's opening", |_| camera.opened.lock().unwrap().last() == Some(&SourceRequest::Demo));
    desk.until("the demo", |d| !d.has_words("Last picture") && d.control("Camera settings").is_none());
}

#[test]
fn a_busy_camera_counts_down_to_the_next_try() {
    let (mut desk, camera, _) = panel();
    camera.is(Mood::Gone);
    desk.until("the failure", |d| d.has("⚠  Source failed"));
    camera.is(Mood::Busy);
    desk.until("the message", |d| d.has_words("is in use by another program"));
    desk.until("the countdown", |d| d.has_words("retrying in"));
    camera.is(Mood::Good);
    desk.click("Try again");
    desk.until("the picture", |d| !d.has("⚠  Source failed") && d.has("person 0.90"));
}

#[test]
fn a_camera_that_never_gave_a_picture_says_why() {
    let camera = FakeCamera::new();
    camera.is(Mood::Busy);
    let (mut desk, _) = window_on(&camera, Arc::new(Mutex::new(vec![info()])), request(), Preferences::default());
    desk.until("the message", |d| d.has_words("is in use by another program"));
    desk.until("the countdown", |d| d.has_words("etrying in"));
    camera.is(Mood::Good);
    desk.until("the picture", |d| d.has("person 0.90"));
}

#[test]
fn a_fault_in_a_driver_does_not_take_the_window_along() {
    let (mut desk, camera, _) = panel();
    camera.is(Mood::Panics);
    desk.until("the message", |d| d.has_words("failed because of a bug in Twinsight") && d.has_words("Last picture"));
    camera.is(Mood::Good);
    desk.until("the picture", |d| !d.has_words("Last picture"));
}

#[test]
fn a_camera_that_appears_is_listed_and_told() {
    let (mut desk, _, plugged) = panel();
    desk.click("Source");
    desk.until("the list", |d| d.has_words(NAME));
    assert!(!desk.has_words("Second Cam"));
    let second = CameraInfo { name: "Second Cam".into(), ..info() };
    plugged.lock().unwrap().push(second);
    let since = Instant::now();
    desk.until("the camera in the list, which stays open", |d| d.control("📷  Second Cam").is_some());
    assert!(since.elapsed() < Duration::from_secs(2));
    assert!(desk.said().contains("Second Cam is available"), "{}", desk.said());
    plugged.lock().unwrap().pop();
    desk.until("it to be gone", |d| d.control("📷  Second Cam").is_none());
}

#[test]
fn the_history_stays_in_sight_while_the_camera_is_gone() {
    let (mut desk, camera, plugged) = panel();
    desk.until("a history", |d| d.history_len() > 5);
    camera.is(Mood::Gone);
    plugged.lock().unwrap().clear();
    desk.until("the fault", |d| d.has_words("Last picture"));
    desk.press(Key::ArrowLeft);
    desk.until("a frame of the history", |d| d.has_words("History: ") && !d.has_words("Last picture"));
    assert!(desk.has("⚠ unplugged, waiting for it to return"), "the status line still tells");
}

#[test]
fn cameras_of_the_same_name_are_told_apart() {
    let (mut desk, camera, plugged) = panel();
    let twin = CameraInfo { id: twinsight::source::CameraId { place: "usb-2".into(), serial: None }, ..info() };
    plugged.lock().unwrap().push(twin.clone());
    desk.click("Source");
    desk.click("📷  Test Cam (usb-2)");
    desk.until("the other one", |_| {
        camera.asked().which == CameraSelector::This { name: NAME.into(), id: twin.id.clone() }
    });
}

#[test]
fn there_is_room_for_the_panel_in_every_window() {
    let (mut desk, ..) = panel();
    for (width, height) in [(1500.0, 900.0), (1280.0, 800.0), (760.0, 420.0)] {
        desk.harness.set_size(vec2(width, height));
        desk.harness.run_steps(3);
        let picture = desk.control("Picture").unwrap().rect();
        assert!(picture.width() > 190.0 && picture.height() > 200.0, "{picture:?}");
        assert_eq!(desk.has_slider("Score"), width > 1400.0, "the panel takes the thresholds' place");
        for label in ["Camera settings", "Camera size", "Pixel format", "Frame rate", "Rotate by 270°", "Reset all"] {
            let rect = desk.control(label).unwrap().rect();
            assert!(rect.min.x >= 0.0 && rect.max.x <= width, "{label} {rect:?} at {width}");
            assert!(!rect.intersects(picture), "{label} {rect:?} lies on {picture:?}");
        }
    }
    assert!(desk.control("Picture").unwrap().accesskit_node().role() == Role::Image);
}
