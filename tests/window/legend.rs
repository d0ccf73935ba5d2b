//! What the picture says of itself: the legend, what a click does, and the readout at the pointer.

use egui::{Key, Pos2, vec2};
use egui_kittest::kittest::Queryable;
use twinsight::app::{Preferences, View};

use crate::support::{Desk, Plan};

const CLICK: &str = "Click a box to see why it differs";

fn comparing(view: View, preferences: Preferences) -> Desk {
    let mut desk = Desk::new(Plan { view: Some(view), preferences, ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80") && d.control("Fit").is_some());
    desk
}

/// The middle of the person's box: cell 30 of 13×13 is column 4, row 2.
fn person(desk: &Desk) -> Pos2 {
    let picture = desk.harness.get_by_label_contains("Picture").rect();
    let side = picture.height().min(picture.width());
    picture.center() - vec2(side, side) / 2.0 + vec2(4.5, 2.5) / 13.0 * side
}

#[test]
fn a_view_that_compares_says_what_its_lines_mean() {
    let mut desk = comparing(View::Overlay, Preferences::default());
    assert!(desk.has_words("Legend: A FP32 thick, B INT8 thin, lost dashed"), "{}", desk.names("Legend"));
    desk.press(Key::Num3);
    assert!(desk.has_words("Legend: matched solid, lost dashed"), "{}", desk.names("Legend"));
    desk.press(Key::Num1);
    desk.until("one model", |d| d.has("person 0.90") && !d.has_words("Legend: "));
}

#[test]
fn the_legend_can_be_hidden_for_good_and_brought_back() {
    let mut desk = comparing(View::Overlay, Preferences::default());
    desk.click("Hide legend");
    assert!(!desk.has_words("Legend: ") && !desk.preferences().legend);
    let mut next = comparing(View::Overlay, desk.preferences().clone());
    assert!(!next.has_words("Legend: "));
    next.click("Legend");
    assert!(next.has_words("Legend: ") && next.preferences().legend);
}

#[test]
fn a_click_on_the_legend_is_none_on_the_picture() {
    let mut desk = comparing(View::Overlay, Preferences::default());
    desk.press(Key::ArrowDown);
    assert!(desk.has("Close details"));
    let legend = desk.harness.get_by_label_contains("Legend: ").rect();
    desk.click_at(legend.left_center() + vec2(12.0, 0.0));
    assert!(desk.has("Close details"), "beside all boxes it would have been deselected");
}

#[test]
fn what_a_click_does_is_told_until_it_was_done() {
    let ways: [fn(&mut Desk); 2] = [
        |d| d.press(Key::ArrowDown),
        |d| {
            let place = person(d);
            d.click_at(place);
        },
    ];
    for way in ways {
        let mut desk = comparing(View::Overlay, Preferences::default());
        assert!(desk.has_words(CLICK));
        // Beside all boxes nothing is learnt.
        let corner = desk.harness.get_by_label_contains("Picture").rect().right_top();
        desk.click_at(corner + vec2(-5.0, 60.0));
        assert!(desk.has_words(CLICK));
        way(&mut desk);
        assert!(!desk.has_words(CLICK) && desk.preferences().knows_clicks);
        assert!(!comparing(View::Split, desk.preferences().clone()).has_words(CLICK));
    }
}

#[test]
fn a_box_under_the_pointer_tells_what_both_models_say() {
    let mut desk = comparing(View::Overlay, Preferences::default());
    let place = person(&desk);
    assert!(!desk.has("A · FP32") && !desk.has("B · INT8"));
    desk.harness.hover_at(place);
    desk.harness.run_steps(4);
    assert!(desk.has("A · FP32") && desk.has("B · INT8"), "{}", desk.names("FP32"));
    assert!(desk.has_words("0.900") && desk.has_words("0.800"));
    desk.harness.remove_cursor();
    desk.harness.run_steps(4);
    assert!(!desk.has("A · FP32"));
}
