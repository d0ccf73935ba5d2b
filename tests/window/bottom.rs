//! The panel at the bottom, what it leaves of the picture, and a window without any panel.

use egui::{Event, Key, Modifiers, Rect, ViewportCommand, ViewportId, vec2};
use egui_kittest::kittest::Queryable;
use twinsight::app::View;
use twinsight::source::SourceRequest;

use crate::support::{Desk, Plan};

const SIZES: [[f32; 2]; 4] = [[1280.0, 800.0], [1000.0, 700.0], [1400.0, 500.0], [760.0, 420.0]];

fn desk(plan: Plan) -> Desk {
    let mut desk = Desk::new(Plan { view: Some(View::Overlay), ..plan });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80") && d.control("Fit").is_some());
    desk
}

fn picture(desk: &Desk) -> Rect {
    desk.harness.get_by_label_contains("Picture").rect()
}

#[test]
fn each_key_brings_its_tab_to_the_front_or_closes_the_panel() {
    let mut desk = desk(Plan::default());
    let whole = picture(&desk).height();
    let open = |d: &Desk| [d.control("Close history").is_some(), d.control("Close layers").is_some()];
    assert_eq!(open(&desk), [false, false]);
    for (key, expected) in [
        (Key::H, [true, false]),
        (Key::W, [false, true]),
        (Key::H, [true, false]),
        (Key::H, [false, false]),
        (Key::W, [false, true]),
        (Key::W, [false, false]),
        (Key::H, [true, false]),
    ] {
        desk.press(key);
        desk.harness.run_steps(2);
        assert_eq!(open(&desk), expected, "{key:?}");
    }
    desk.click("Layers tab");
    assert_eq!(open(&desk), [false, true]);
    desk.click("Layers tab");
    assert_eq!(open(&desk), [false, true], "it is in front already");
    desk.click("History tab");
    assert_eq!(open(&desk), [true, false]);
    assert!(desk.preferences().history, "and is open in the next run");
    desk.click("Close history");
    assert_eq!(open(&desk), [false, false]);
    assert_eq!(picture(&desk).height(), whole);
}

#[test]
fn the_picture_keeps_half_of_the_room_at_every_size() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["1.png", "2.png"] {
        image::save_buffer(dir.path().join(name), &[128; 16 * 12 * 3], 16, 12, image::ExtendedColorType::Rgb8).unwrap();
    }
    let album = Plan {
        source: SourceRequest::Still(dir.path().join("1.png")),
        files: vec![dir.path().into()],
        ..Plan::default()
    };
    for plan in [Plan::default(), album] {
        let mut desk = desk(plan);
        if !desk.opened.lock().unwrap().contains(&SourceRequest::Demo) {
            desk.until("the strip", |d| d.has("Next image"));
        }
        for size in SIZES {
            desk.harness.set_size(size.into());
            desk.harness.run_steps(3);
            let whole = picture(&desk);
            for key in [Key::H, Key::W] {
                desk.press(key);
                desk.harness.run_steps(3);
                let left = picture(&desk);
                assert!(left.height() >= whole.height() / 2.0 - 1.0, "{size:?} {key:?}: {left:?} of {whole:?}");
                assert!(whole.height() - left.height() <= size[1] * 0.45 + 1.0, "{size:?} {key:?}: {left:?}");
                assert!(left.height() < whole.height() - 60.0, "{size:?} {key:?}: there is a panel");
            }
            desk.press(Key::W);
            desk.harness.run_steps(3);
            assert_eq!(picture(&desk), whole);
        }
    }
}

#[test]
fn in_the_smallest_window_the_picture_keeps_about_half_of_each_side() {
    let small = vec2(760.0, 420.0);
    for view in [View::Single, View::Overlay] {
        // It was large before: panels that nobody dragged follow.
        let mut desk = Desk::new(Plan { view: Some(view), ..Plan::default() });
        let boxes = if view == View::Single { "person 0.90" } else { "person 0.90 → 0.80" };
        desk.until("the boxes", |d| d.has_words(boxes) && d.control("Fit").is_some());
        desk.harness.run_steps(3);
        let before = picture(&desk);
        for key in [None, Some(Key::H), Some(Key::W)] {
            desk.harness.set_size(small);
            if let Some(key) = key {
                desk.press(key);
            }
            desk.harness.run_steps(3);
            let picture = picture(&desk);
            assert!(picture.width() >= 0.48 * small.x, "{view:?} {key:?}: {picture:?}");
            assert!(picture.height() >= 0.48 * small.y, "{view:?} {key:?}: {picture:?}");
        }
        // The layers are about two models: they leave the view of one for good.
        if view != View::Single {
            desk.press(Key::W);
            desk.harness.set_size(vec2(1280.0, 800.0));
            desk.harness.run_steps(3);
            assert_eq!(picture(&desk), before, "{view:?}: in a large window they are what they were");
        }
    }
}

#[test]
fn the_history_of_one_picture_is_a_line_and_no_empty_plots() {
    let mut desk = desk(Plan::default());
    desk.press(Key::H);
    desk.until("the line", |d| d.has_words("Live cameras and videos draw"));
    for words in ["Agreement over time", "Latency over time", "boxes over time", "Worst frame"] {
        assert!(!desk.has_words(words), "{words}");
    }
}

#[test]
fn nothing_in_the_history_lies_on_anything_else() {
    let mut desk = desk(Plan { endless: true, ..Plan::default() });
    desk.until("some history", |d| d.history_len() > 1);
    desk.press(Key::H);
    for size in SIZES {
        desk.harness.set_size(size.into());
        desk.harness.run_steps(4);
        let labels = [
            "History tab",
            "Layers tab",
            "10 s",
            "1 min",
            "5 min",
            "all",
            "Close history",
            "Previous frame in history",
            "Next frame in history",
            "Worst frame",
            "Back to live",
            "Pause when agreement falls below",
            "Pause below this agreement",
        ];
        let rects = labels.map(|label| desk.control(label).unwrap_or_else(|| panic!("{label} at {size:?}")).rect());
        for (i, (a, label)) in rects.iter().zip(labels).enumerate() {
            assert!(a.min.x >= 0.0 && a.max.x <= size[0], "{label} {a:?} at {size:?}");
            for (b, other) in rects[i + 1..].iter().zip(&labels[i + 1..]) {
                assert!(!a.intersects(b.shrink(0.5)), "{label} {a:?} lies on {other} {b:?} at {size:?}");
            }
        }
    }
}

#[test]
fn a_key_leaves_nothing_but_the_picture_and_escape_brings_the_panels_back() {
    let mut desk = desk(Plan::default());
    let before = picture(&desk);
    desk.press(Key::F9);
    desk.harness.run_steps(2);
    // The harness leaves a rim of 8 points around the window.
    assert_eq!(picture(&desk), Rect::from_min_size(egui::Pos2::ZERO, vec2(1280.0, 800.0)).shrink(8.0));
    for label in ["Fit", "Help"] {
        assert!(desk.control(label).is_none(), "{label}");
    }
    desk.press(Key::Escape);
    desk.harness.run_steps(2);
    assert_eq!(picture(&desk), before);
    // A panel that is asked for comes with the others.
    for key in [Key::H, Key::F9, Key::H] {
        desk.press(key);
    }
    desk.harness.run_steps(2);
    assert!(desk.control("Close history").is_some() && desk.control("Fit").is_some());
}

#[test]
fn f11_asks_for_the_full_screen() {
    let mut desk = desk(Plan::default());
    let modifiers = Modifiers::NONE;
    desk.harness.event(Event::Key { key: Key::F11, physical_key: None, pressed: true, repeat: false, modifiers });
    desk.harness.step();
    let root = &desk.harness.output().viewport_output[&ViewportId::ROOT];
    assert!(root.commands.contains(&ViewportCommand::Fullscreen(true)), "{:?}", root.commands);
}
