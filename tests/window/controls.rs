//! The window does what its labels say: driven by label and key, without a display.

use egui::accesskit::{Role, Toggled};
use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::{Preferences, Side, View};
use twinsight::model::ModelName;
use twinsight::source::{SourceError, SourceRequest};

use crate::support::{Desk, Plan};

#[test]
fn detections_are_listed_with_class_and_score() {
    let desk = Desk::with_picture(Plan::default());
    for label in ["person 0.90", "dog 0.50", "cat 0.30"] {
        assert!(desk.has(label), "{label}");
    }
}

#[test]
fn the_key_p_and_the_buttons_switch_the_precision() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.press(Key::P);
    desk.until("INT8's detections", |d| d.has("person 0.80") && !d.has("cat 0.30"));
    assert_eq!(desk.preferences().model(Side::A), ModelName::Int8);
    desk.click("FP32");
    desk.until("FP32's detections", |d| d.has("person 0.90"));
    assert_eq!(desk.preferences().model(Side::A), ModelName::Fp32);
}

#[test]
fn the_score_slider_needs_no_inference() {
    let mut desk = Desk::with_picture(Plan::default());
    let before = desk.runs();
    desk.set_slider("Score", 0.6);
    assert!(desk.has("person 0.90") && !desk.has("dog 0.50"));
    desk.set_slider("Score", 0.1);
    assert!(desk.has("cat 0.30"));
    assert_eq!(desk.runs(), before);
}

#[test]
fn the_nms_slider_brings_back_what_it_hid() {
    // Neighbouring cells, 32 pixels apart: boxes of 81×82 overlap with an IoU of 0.43.
    let two = vec![(crate::support::PERSON, 0.9, 30), (crate::support::PERSON, 0.7, 31)];
    let plan = Plan { sights: [(ModelName::Fp32, two)].into(), ..Plan::default() };
    let mut desk = Desk::with_picture(plan);
    assert!(desk.has("person 0.70"));
    desk.set_slider("NMS IoU", 0.3);
    assert!(!desk.has("person 0.70"));
    desk.press(Key::R);
    assert!(desk.has("person 0.70"));
}

#[test]
fn reset_brings_the_defaults_back() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.set_slider("Score", 0.8);
    assert_eq!(desk.preferences().score, 0.8);
    desk.click("Reset");
    assert_eq!(desk.preferences(), &Preferences { view: View::Single, ..Preferences::default() });
}

#[test]
fn a_slider_moves_by_keyboard_alone() {
    let mut desk = Desk::with_picture(Plan::default());
    slider(&desk, "Score").focus();
    desk.harness.run_steps(2);
    desk.press(Key::ArrowRight);
    assert!((desk.preferences().score - 0.26).abs() < 1e-4, "{}", desk.preferences().score);
}

#[test]
fn a_control_with_the_focus_keeps_space_and_leaves_the_other_keys() {
    let mut desk = Desk::with_picture(Plan { endless: true, ..Plan::default() });
    desk.harness.get_by_label("Labels").focus();
    desk.harness.run_steps(2);
    desk.press(Key::Space);
    assert!(!desk.preferences().labels, "the checkbox took it");
    assert!(desk.has_words("Pause"), "and the picture goes on");
    desk.press(Key::P);
    desk.until("INT8's detections", |d| d.has("person 0.80"));
}

#[test]
fn a_key_that_is_held_down_switches_once() {
    let mut desk = Desk::with_picture(Plan { endless: true, ..Plan::default() });
    // egui tells by itself which of these are repeats.
    for _ in 0..4 {
        desk.harness.key_down(Key::Space);
        desk.harness.run_steps(2);
    }
    desk.harness.key_up(Key::Space);
    desk.harness.run_steps(5);
    assert!(desk.has("Resume"));
}

#[test]
fn a_model_that_is_missing_is_not_passed_off_as_running() {
    let sights = Plan::default().sights.into_iter().filter(|(model, _)| *model == ModelName::Fp32).collect();
    let mut desk = Desk::with_picture(Plan { sights, ..Plan::default() });
    desk.press(Key::P);
    desk.until("the remark on the picture", |d| d.has_words("boxes shown are FP32's"));
    assert!(desk.has("⚠ INT8") && desk.has("person 0.90"));
    assert_eq!(desk.preferences().model(Side::A), ModelName::Fp32, "what does not work is not kept");
}

#[test]
fn a_model_of_ones_own_stays_among_the_choices() {
    let own = ModelName::File("own.onnx".into());
    let mut plan = Plan::default();
    plan.sights.insert(own.clone(), vec![(crate::support::PERSON, 0.7, 30)]);
    plan.models = [Some(own), None];
    let mut desk = Desk::new(plan);
    desk.until("its detections", |d| d.has("person 0.70"));
    desk.press(Key::P);
    desk.until("FP32's detections", |d| d.has("person 0.90"));
    desk.click("Model A");
    // Not the text that says so, which may still stand beside it.
    desk.until("the choices", |d| d.control("own").is_some());
    desk.click("own");
    desk.until("its detections again", |d| d.has("person 0.70"));
}

#[test]
fn space_pauses_and_goes_on() {
    let mut desk = Desk::with_picture(Plan { endless: true, ..Plan::default() });
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has_words("Resume"));
    // What was under way may finish; then nothing more.
    for _ in 0..20 {
        desk.harness.step();
    }
    let before = desk.runs();
    for _ in 0..20 {
        desk.harness.step();
    }
    assert!(desk.runs() <= before + 1);
    desk.press(Key::Space);
    desk.until("new inferences", move |d| d.runs() > before + 3);
    assert!(desk.has_words("Pause"));
}

#[test]
fn a_paused_frame_takes_another_precision() {
    let mut desk = Desk::with_picture(Plan { endless: true, ..Plan::default() });
    desk.press(Key::Space);
    desk.press(Key::P);
    desk.until("INT8's detections of the paused frame", |d| d.has("person 0.80"));
    assert!(desk.has_words("Resume"));
}

#[test]
fn pointing_at_a_row_and_at_its_box_is_the_same() {
    let mut desk = Desk::with_picture(Plan::default());
    let lit =
        |desk: &Desk, label: &str| desk.harness.get_by_label(label).accesskit_node().toggled() == Some(Toggled::True);
    desk.harness.get_by_label("dog 0.50").hover();
    desk.harness.run_steps(3);
    assert!(lit(&desk, "dog 0.50") && !lit(&desk, "person 0.90"));
    // The person's box is centred in cell 30 of 13×13: column 4, row 2.
    let picture = desk.harness.get_by_label("Picture").rect();
    let side = picture.height().min(picture.width());
    let corner = picture.center() - vec2(side, side) / 2.0;
    desk.harness.hover_at(corner + vec2(4.5, 2.5) / 13.0 * side);
    desk.harness.run_steps(3);
    assert!(lit(&desk, "person 0.90") && !lit(&desk, "dog 0.50"));
}

#[test]
fn the_picture_zooms_by_key_wheel_and_double_click() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.press(Key::Z);
    assert!(desk.has("100 %"));
    desk.press(Key::F);
    assert!(!desk.has("100 %"));
    let picture = desk.harness.get_by_label("Picture").rect().center();
    desk.harness.hover_at(picture);
    for _ in 0..60 {
        let wheel = Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: vec2(0.0, 60.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        desk.harness.event(wheel);
        desk.harness.step();
    }
    desk.harness.run_steps(30);
    assert!(desk.has("800 %"), "the wheel goes to 800 % and no further");
}

#[test]
fn a_dropped_file_is_opened() {
    let mut desk = Desk::with_picture(Plan::default());
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    let path = file.path().to_owned();
    desk.drop_files([path.as_path()]);
    let wanted = SourceRequest::Still(path);
    desk.until("the file to be opened", move |d| d.opened.lock().unwrap().contains(&wanted));
}

/// A window whose source cannot be opened.
fn failed() -> Desk {
    let failure = || SourceError::Busy { camera: "Camera 0".into(), cause: "EBUSY".into() };
    let source = SourceRequest::Still("x.png".into());
    let mut desk = Desk::new(Plan { source, failure: Some(failure), ..Plan::default() });
    desk.until("the message", |d| d.has_words("in use by another program"));
    desk
}

#[test]
fn a_source_that_fails_says_why_and_offers_a_way_out() {
    let mut desk = failed();
    let before = desk.opened.lock().unwrap().len();
    desk.click("Try again");
    desk.until("another try", move |d| d.opened.lock().unwrap().len() > before);
    desk.click("Show the demo");
    desk.until("the demo's detections", |d| d.has("person 0.90"));
}

#[test]
fn a_demo_without_photos_is_no_way_out() {
    let failure = || SourceError::NoDemo { cause: "none known".into() };
    let mut desk = Desk::new(Plan { source: SourceRequest::Auto, failure: Some(failure), ..Plan::default() });
    desk.until("the message", |d| d.has_words("the demo has no photos"));
    assert!(desk.has_words("`twinsight setup` downloads them"), "{}", desk.names("photos"));
    assert!(desk.has_words("Open an image, a folder or a video instead."), "{}", desk.names("photos"));
    assert!(desk.control("Open folder…").is_some() && desk.control("Show the demo").is_none());
}

#[test]
fn every_way_out_can_be_reached_in_a_small_window() {
    let mut desk = failed();
    desk.harness.set_size(vec2(760.0, 420.0));
    // With the panel below open, all of them have no room at once.
    desk.press(Key::H);
    desk.until("the panel", |d| d.control("Close history").is_some());
    desk.harness.run_steps(3);
    let [top, bottom] = ["Source", "Close history"].map(|label| desk.control(label).unwrap().rect());
    for label in ["Try again", "Open files…", "Open folder…", "Show the demo"] {
        let is_in_sight = |button: egui::Rect| button.min.y >= top.max.y && button.max.y <= bottom.min.y;
        // A retry hides it for a moment: then it is scrolled to again.
        desk.until(label, |d| {
            d.control(label).is_some_and(|button| {
                button.scroll_to_me();
                is_in_sight(button.rect())
            })
        });
    }
}

#[test]
fn a_dropped_file_that_is_no_picture_leaves_what_was_there() {
    let failure = || SourceError::Decode { path: "notes.txt".into(), cause: "it is text".into() };
    let mut desk = Desk::with_picture(Plan { failure: Some(failure), ..Plan::default() });
    desk.drop_files([std::path::Path::new("notes.txt")]);
    desk.until("the demo to be back", |d| {
        let opened = d.opened.lock().unwrap();
        opened.len() == 3 && opened[2] == SourceRequest::Demo
    });
    desk.until("its detections", |d| d.has("person 0.90"));
}

#[test]
fn a_missing_model_says_how_to_get_it_and_the_window_lives_on() {
    let mut desk = Desk::new(Plan { sights: Default::default(), ..Plan::default() });
    desk.until("the message", |d| d.has_words("twinsight setup"));
    desk.press(Key::T);
    desk.harness.run_steps(3);
}

#[test]
fn help_lists_the_keys_and_escape_closes_it() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.press(Key::Questionmark);
    desk.harness.run_steps(3);
    assert!(desk.has("Switch A between its last two models"));
    desk.press(Key::Escape);
    desk.harness.run_steps(10);
    assert!(!desk.has("Switch A between its last two models"));
}

#[test]
fn dark_becomes_light_and_is_kept() {
    let mut desk = Desk::with_picture(Plan::default());
    let before = desk.harness.ctx.theme();
    desk.press(Key::T);
    assert_ne!(desk.harness.ctx.theme(), before);
    assert_eq!(Preferences::from_json(&desk.preferences().to_json()), *desk.preferences());
}

#[test]
fn labels_can_be_hidden() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.click("Labels");
    assert!(!desk.preferences().labels);
    desk.press(Key::L);
    assert!(desk.preferences().labels);
}

#[test]
fn every_control_has_a_name() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.harness.check_accessibility();
    desk.press(Key::Questionmark);
    desk.harness.run_steps(3);
    desk.harness.check_accessibility();
}

#[test]
fn the_window_can_be_small() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.harness.set_size(vec2(760.0, 420.0));
    desk.harness.run_steps(3);
    let picture = desk.harness.get_by_label("Picture").rect();
    assert!(picture.width() > 200.0 && picture.height() > 200.0, "{picture:?}");
    let labels = ["Source", "Single", "Overlay", "Model A", "Pause", "History panel", "More", "Fit", "1:1"];
    let rects = labels.map(|label| desk.control(label).unwrap().rect());
    for (i, (a, label)) in rects.iter().zip(labels).enumerate() {
        assert!(a.min.x >= 0.0 && a.max.x <= 760.0, "{label} {a:?}");
        for (b, other) in rects[i + 1..].iter().zip(&labels[i + 1..]) {
            assert!(!a.intersects(b.shrink(0.5)), "{label} {a:?} lies on {other} {b:?}");
        }
    }
}

fn slider<'a>(desk: &'a Desk, label: &'a str) -> egui_kittest::Node<'a> {
    desk.harness.get_by_role_and_label(Role::Slider, label)
}
