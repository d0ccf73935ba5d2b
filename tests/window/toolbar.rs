//! The toolbar at every width of the window: nothing lies on anything else, nothing leaves the window, and everything can
//! be reached.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::kittest::{NodeT, Queryable, by};
use twinsight::app::{Preferences, Side, View};
use twinsight::detect::{Frame, Size};
use twinsight::engine::Open;
use twinsight::model::ModelName::{self, Fp32, Int8};
use twinsight::source::{CameraInfo, CameraRequest, Description, Next, Source, SourceError, SourceRequest};

use crate::support::{Desk, PERSON, Plan, fake_camera};

const WIDTHS: [f32; 12] = [760.0, 780.0, 800.0, 830.0, 900.0, 1000.0, 1120.0, 1200.0, 1280.0, 1400.0, 1600.0, 1920.0];

/// The toolbar's height, in points.
const HEIGHT: f32 = 48.0;

const LONG: &str =
    "a very long name of a photograph that somebody has taken at the end of a long day in the mountains (copy 2).jpg";

/// Gives frames for ever, under a long name.
struct LongNames;

impl Open for LongNames {
    fn open(&self, _: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(LongName))
    }
}

struct LongName;

impl Source for LongName {
    fn description(&self) -> Description {
        Description { name: LONG.into(), size: Some(Size::new(416, 416)), ..Description::default() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        frame.resize(Size::new(416, 416))?;
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        false
    }
}

fn file(name: &str) -> ModelName {
    ModelName::File(format!("{name}.onnx").into())
}

/// A window with long names everywhere.
fn window(source: SourceRequest, models: [ModelName; 2]) -> Desk {
    let mut plan = Plan { source, opener: Some(Arc::new(LongNames)), ..Plan::default() };
    for model in &models {
        plan.sights.insert(model.clone(), vec![(PERSON, 0.9, 30)]);
    }
    plan.models = models.map(Some);
    Desk::with_picture(plan)
}

fn still() -> SourceRequest {
    SourceRequest::Still(format!("/home/ann/pictures/{LONG}").into())
}

fn camera() -> SourceRequest {
    let info = CameraInfo { name: LONG.into(), ..fake_camera::info() };
    SourceRequest::Camera(CameraRequest::of(&info))
}

/// The controls in the toolbar.
fn controls(desk: &Desk) -> Vec<(String, Rect)> {
    let is_control = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
        matches!(node.role(), Role::Button | Role::ComboBox | Role::CheckBox | Role::Slider | Role::TextInput)
    };
    let found = desk.harness.query_all(by().predicate(is_control));
    let named = found.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()));
    named.filter(|(_, rect)| rect.min.y < HEIGHT).collect()
}

/// What must be found in the row or in the menu.
fn functions(view: View, has_camera: bool, paused: bool) -> Vec<&'static str> {
    let mut all = vec![
        "Source",
        "Open files…",
        "Single",
        "Split",
        "Side by side",
        "Overlay",
        if paused { "Resume" } else { "Pause" },
        "Record",
        "History panel",
        "Layers panel",
        "Toggle dark/light theme",
        "Help",
    ];
    if has_camera {
        all.push("Camera settings");
    }
    if view != View::Single {
        all.extend(["Model A", "Model B", "Swap A and B"]);
    }
    all
}

fn check(desk: &mut Desk, view: View, width: f32, has_camera: bool, paused: bool) {
    desk.harness.set_size(vec2(width, 600.0));
    desk.harness.run_steps(3);
    let at = format!("{view:?} at {width}, camera: {has_camera}, paused: {paused}");
    let row = controls(desk);
    for (i, (name, rect)) in row.iter().enumerate() {
        assert!(!name.is_empty(), "a control has no name: {rect:?} in {at}");
        assert!(rect.min.x >= 0.0 && rect.max.x <= width, "{name} {rect:?} leaves the window: {at}");
        assert!(rect.max.y <= HEIGHT, "{name} {rect:?} leaves the toolbar: {at}");
        for (other, b) in &row[i + 1..] {
            assert!(!rect.shrink(0.5).intersects(b.shrink(0.5)), "{name} {rect:?} lies on {other} {b:?}: {at}");
        }
    }
    let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
    let missing: Vec<_> = functions(view, has_camera, paused).into_iter().filter(|f| !names.contains(f)).collect();
    if missing.is_empty() {
        return;
    }
    assert!(names.contains(&"More"), "{missing:?} are nowhere: {at}");
    desk.click("More");
    for function in missing {
        assert!(desk.control(function).is_some(), "{function} is nowhere: {at}");
    }
    // The popup takes the key for itself.
    desk.press(Key::Escape);
    desk.harness.run_steps(2);
}

fn check_all(mut desk: Desk, has_camera: bool) {
    for paused in [false, true] {
        if paused {
            desk.harness.set_size(vec2(1280.0, 600.0));
            desk.press(Key::Space);
            desk.until("a pause", |d| d.control("Resume").is_some());
        }
        for (key, view) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().zip(View::ALL) {
            desk.press(key);
            for width in WIDTHS {
                check(&mut desk, view, width, has_camera, paused);
            }
        }
    }
}

#[test]
fn a_still_and_two_models_with_long_names_fit_every_window() {
    let long = "yolov4-tiny-416_int8_card_float-layer_00_conv-layer_02_conv";
    check_all(window(still(), [file(long), file(&long.replace("_00_", "_04_"))]), false);
}

#[test]
fn a_camera_with_a_long_name_fits_every_window() {
    check_all(window(camera(), [file("one"), Fp32]), true);
}

#[test]
fn built_models_have_a_button_each_and_an_arithmetic_in_every_window() {
    check_all(window(still(), [Int8, Fp32]), false);
}

#[test]
fn the_whole_name_is_in_the_tooltip() {
    let mut desk = window(still(), [Int8, Fp32]);
    assert!(!desk.has_words(LONG));
    desk.harness.get_by_label("Source").hover();
    desk.until("the tooltip", |d| d.has_words(&format!("/home/ann/pictures/{LONG}")));
}

#[test]
fn the_right_hand_buttons_come_in_reading_order() {
    let mut desk = window(still(), [Int8, Fp32]);
    desk.harness.set_size(vec2(1600.0, 800.0));
    desk.harness.run_steps(3);
    let names = ["Pause", "Record", "History panel", "Layers panel", "Toggle dark/light theme", "Help"];
    desk.control("Pause").unwrap().focus();
    desk.harness.run_steps(2);
    for pair in names.windows(2) {
        let [before, after] = [pair[0], pair[1]].map(|name| desk.control(name).unwrap().rect());
        assert!(before.max.x <= after.min.x, "{pair:?}");
        desk.press(Key::Tab);
        assert!(desk.control(pair[1]).unwrap().is_focused(), "Tab goes from {} to {}", pair[0], pair[1]);
    }
}

#[test]
fn only_the_model_that_p_brings_says_so() {
    for (model, says) in [("INT8", true), ("INT8 tuned", false), ("FP32", false)] {
        let mut desk = Desk::with_picture(Plan::default());
        desk.control(model).unwrap().hover();
        let words = format!("Use the {model} model");
        desk.until("the tooltip", |d| d.has_words(&words));
        assert_eq!(desk.has_words("(P)"), says, "{model}");
    }
}

#[test]
fn models_in_buttons_have_the_menu_too() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.click("Model menu");
    desk.until("the menu", |d| d.control("Open model…").is_some());
}

#[test]
fn the_first_start_compares_both_models_and_later_ones_are_as_last_time() {
    let mut desk = Desk::new(Plan { view: None, ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    assert_eq!(desk.preferences().view, View::Overlay);
    desk.press(Key::Num1);
    let preferences = Preferences::from_json(&desk.preferences().to_json());
    let next = Desk::with_picture(Plan { view: None, preferences, ..Plan::default() });
    assert_eq!(next.preferences().view, View::Single);
}

#[test]
fn p_goes_back_and_forth_and_shift_p_through_all() {
    let mut desk = Desk::new(Plan { view: Some(View::Overlay), ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    for [a, b] in [[Int8, Fp32], [Fp32, Int8], [Int8, Fp32], [Fp32, Int8]] {
        desk.press(Key::P);
        let words = format!("A · {}", a.label());
        desk.until("the other model", |d| d.has_words(&words));
        assert_eq!([Side::A, Side::B].map(|side| desk.preferences().model(side)), [a, b]);
    }
    desk.harness.key_press_modifiers(Modifiers::SHIFT, Key::P);
    desk.harness.run_steps(2);
    // The desk has no such model, which is as good as another here.
    desk.until("the next one", |d| d.has_words("INT8 tuned"));
    desk.press(Key::P);
    desk.until("the one before", |d| d.has_words("person 0.90 → 0.80"));
}
