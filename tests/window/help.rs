//! The help fits the smallest window, and says what is where.

use egui::{Key, Role};
use egui_kittest::kittest::Queryable;

use crate::support::{Desk, Plan};

fn opened(size: [f32; 2]) -> Desk {
    let mut desk = Desk::with_picture(Plan::default());
    desk.harness.set_size(size.into());
    desk.press(Key::Questionmark);
    desk.harness.run_steps(4);
    desk
}

#[test]
fn it_has_groups_the_mouse_the_legend_and_what_a_and_b_are() {
    let desk = opened([1280.0, 800.0]);
    for heading in ["View", "Models and thresholds", "Boxes and pairs", "Pause and history", "Lines of the boxes"] {
        assert!(desk.has(heading), "{heading}");
    }
    for words in ["Swap A and B", "Click a box", "Double-click", "only A found the box", "A and B are two models"] {
        assert!(desk.has_words(words), "{words}");
    }
}

#[test]
fn it_fits_the_smallest_window() {
    for size in [[760.0, 420.0], [1280.0, 800.0]] {
        let desk = opened(size);
        let window = desk.harness.get_by_role_and_label(Role::Window, "Help").rect();
        let [width, height] = size;
        assert!(window.min.x >= 0.0 && window.max.x <= width, "{size:?}: {window:?}");
        assert!(window.min.y >= 0.0 && window.max.y <= height, "{size:?}: {window:?}");
        // Both columns lie beside each other, within it.
        let [left, right] = ["View", "Lines of the boxes"].map(|heading| desk.harness.get_by_label(heading).rect());
        assert!(right.min.x > left.max.x && right.min.x < window.max.x - 100.0, "{left:?} {right:?} {window:?}");
    }
    let desk = opened([1280.0, 800.0]);
    let window = desk.harness.get_by_role_and_label(Role::Window, "Help").rect();
    assert!(window.height() > 600.0, "it takes the room that there is: {window:?}");
    let desk = opened([760.0, 420.0]);
    let [first, last] = ["View", "A and B are two models"];
    let first = desk.harness.get_by_label(first).rect();
    let last = desk.harness.query_all_by_label_contains(last).next().unwrap().rect();
    assert!(last.bottom() - first.top() > 420.0, "it needs its scroll bar there");
}
