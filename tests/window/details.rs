//! The details of the selected pair: what they say first, and how much room they take.

use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Rect, TouchPhase, vec2};
use egui_kittest::kittest::Queryable;
use twinsight::app::View;

use crate::support::{Desk, Plan};

/// A window in which the person's pair is selected.
fn selected() -> Desk {
    let mut desk = Desk::new(Plan { view: Some(View::Overlay), ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80") && d.control("Fit").is_some());
    let person = place(&desk, "person 0.90 → 0.80, matched").center();
    desk.click_at(person);
    desk.until("the details", |d| d.has("Close details"));
    desk.harness.run_steps(3);
    desk
}

fn place(desk: &Desk, words: &str) -> Rect {
    desk.harness.get_by_label_contains(words).rect()
}

/// The pane's first row, above all that scrolls.
fn head(desk: &Desk) -> Rect {
    desk.control("Close details").unwrap().rect()
}

#[test]
fn a_matched_pair_is_told_by_its_class_its_iou_and_its_scores() {
    let desk = selected();
    assert!(desk.has("Matched: same class, IoU 1.00; score 0.900 → 0.800."), "{}", desk.names("atched"));
}

#[test]
fn the_details_get_their_room_back_after_the_panel_below_was_open() {
    let mut desk = selected();
    let before = head(&desk).top();
    for key in [Key::H, Key::W] {
        desk.press(key);
        desk.harness.run_steps(3);
        assert!(head(&desk).top() < before - 40.0, "{key:?}: the panel below takes room");
        desk.press(key);
        desk.harness.run_steps(3);
        assert_eq!(head(&desk).top(), before, "{key:?}");
    }
    let ctx = desk.harness.ctx.clone();
    desk.harness.state_mut().as_mut().unwrap().observe_window(&ctx);
    let kept = &desk.preferences().window.panels;
    assert!(!kept.contains_key("pair details") && !kept.contains_key("bottom"), "nobody dragged them: {kept:?}");
}

#[test]
fn the_details_of_another_pair_begin_at_their_top() {
    let mut desk = selected();
    // With little room they scroll.
    desk.press(Key::H);
    desk.harness.run_steps(3);
    let below = |desk: &Desk, words: &str| place(desk, words).top() - head(desk).bottom();
    let at_top = below(&desk, "Matched: same class");
    let inside = head(&desk).left_bottom() + vec2(-100.0, 40.0);
    desk.harness.hover_at(inside);
    desk.harness.run_steps(2);
    desk.harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, -300.0),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    // The wheel's way is smoothed.
    desk.harness.run_steps(30);
    assert!(below(&desk, "Matched: same class") < at_top - 40.0, "they were scrolled");
    for _ in 0..2 {
        desk.press(Key::ArrowUp);
    }
    assert!(desk.has_words("cat: lost"), "the first row: {}", desk.names("cat"));
    // With a full stop it is no row of the table.
    let reason = below(&desk, "INT8 has no candidate of this class near this box.");
    assert!((reason - at_top).abs() < 1.0, "{reason} {at_top}");
    assert!(desk.has_words("cat 0.30 → lost"), "its row is in sight");
}
