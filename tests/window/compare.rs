//! Two models on one frame, in the window: driven by label and key, without a display, and without a mouse where
//! noted.

use egui::Key;
use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::{Preferences, Side, View};
use twinsight::model::Arithmetic;
use twinsight::model::ModelName::{Fp32, Int8};

use crate::support::{CAT, DOG, Desk, PERSON, Plan};

/// FP32 sees a person, a dog and a cat; INT8 the person, the dog, and the cat too weakly.
fn plan(view: View) -> Plan {
    let fp32 = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60), (CAT, 0.3, 120)];
    let int8 = vec![(PERSON, 0.8, 30), (DOG, 0.4, 60), (CAT, 0.2, 120)];
    Plan { sights: [(Fp32, fp32), (Int8, int8)].into(), view: Some(view), ..Plan::default() }
}

fn comparing(plan: Plan) -> Desk {
    let mut desk = Desk::new(plan);
    // The zoom is told once the picture has been painted.
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80") && d.control("Fit").is_some());
    desk
}

fn is_on(desk: &Desk, label: &str) -> bool {
    desk.control(label).unwrap().accesskit_node().toggled() == Some(Toggled::True)
}

/// The frame that the history shows, from what is written on the picture.
fn frame_in_sight(desk: &Desk) -> Option<u64> {
    let node = desk.harness.query_all_by_label_contains("(frame ").next()?;
    let name = node.accesskit_node().label()?;
    name.split("(frame ").nth(1)?.split(')').next()?.parse().ok()
}

#[test]
fn each_view_is_one_key_away() {
    let mut desk = Desk::with_picture(plan(View::Single));
    assert!(desk.has("person 0.90") && desk.has("Picture"), "one model, nothing to compare");
    for (key, label) in
        [(Key::Num2, "Split"), (Key::Num3, "Side by side"), (Key::Num4, "Overlay"), (Key::Num1, "Single")]
    {
        desk.press(key);
        desk.until(label, |d| is_on(d, label) && (label == "Single" || d.has_words("person 0.90 → 0.80")));
        assert_eq!(desk.has("Divider"), label == "Split");
        let both = desk.has_words("Picture A: A · FP32 · 3 boxes") && desk.has_words("Picture B: B · INT8 · 2 boxes");
        assert_eq!(both, label == "Side by side");
    }
    assert!(desk.has("person 0.90") && !desk.has_words("→"));
    assert_eq!(desk.preferences().view, View::Single, "and kept for the next run");
}

#[test]
fn verdicts_are_told_with_their_reasons() {
    let desk = comparing(plan(View::Overlay));
    for words in ["dog 0.50 → 0.40", "cat 0.30 → lost", "1 lost", "2 matched", "0 gained", "0 classes changed", "0.80"]
    {
        assert!(desk.has_words(words), "{words}");
    }
}

#[test]
fn x_swaps_the_sides_and_asks_nothing_of_the_models() {
    let mut desk = comparing(plan(View::Split));
    let before = desk.runs();
    desk.press(Key::X);
    assert!(desk.has_words("person 0.80 → 0.90") && desk.has_words("1 gained") && desk.has_words("0 lost"));
    assert!(desk.has_words("A · INT8 · 2 boxes: B · FP32 · 3 boxes"));
    desk.press(Key::X);
    assert!(desk.has_words("person 0.90 → 0.80"));
    assert_eq!(desk.runs(), before);
    assert_eq!(desk.preferences().model(Side::A), Fp32);
}

#[test]
fn a_held_key_shows_one_side_alone() {
    let mut desk = comparing(plan(View::SideBySide));
    for (key, alone) in [(Key::A, "Picture: A · FP32 · 3 boxes"), (Key::B, "Picture: B · INT8 · 2 boxes")] {
        desk.harness.key_down(key);
        desk.harness.run_steps(2);
        assert!(desk.has(alone), "{alone}");
        desk.harness.key_up(key);
        desk.harness.run_steps(2);
        assert!(!desk.has(alone) && desk.has_words("Picture B: "));
    }
}

#[test]
fn thresholds_are_linked_or_each_sides_own() {
    let mut desk = comparing(plan(View::Overlay));
    let before = desk.runs();
    desk.set_slider("Score", 0.15);
    assert!(desk.has_words("cat 0.30 → 0.20"), "linked: B's too");
    desk.press(Key::K);
    assert!(desk.has_slider("Score A") && desk.has_slider("Score B") && !desk.has_slider("Score"));
    desk.set_slider("Score B", 0.45);
    assert!(desk.has_words("dog 0.50 → lost") && desk.has_words("person 0.90 → 0.80"));
    desk.press(Key::X);
    assert!(desk.has_words("dog 0.50, gained"), "a model's thresholds go with it: {}", desk.names("dog"));
    desk.press(Key::R);
    assert!(desk.has_slider("Score"), "and a reset links them again");
    assert_eq!(desk.runs(), before, "no slider asks a model");
}

#[test]
fn the_best_threshold_is_found_over_the_history() {
    let mut desk = comparing(plan(View::Overlay));
    desk.until("the frame in the history", |d| d.history_len() == 1);
    desk.press(Key::G);
    desk.until("what it found", |d| d.has_words("agreement 0.800 → 1.000, 1 frame"));
    let [a, b] = desk.preferences().thresholds();
    assert_eq!(a.score, 0.25, "A's stays");
    assert!((0.01..0.2).contains(&b.score), "{}", b.score);
    assert!(desk.has_words("cat 0.30 → 0.20") && desk.has_slider("Score B"));
}

#[test]
fn a_lost_box_is_brought_back_by_a_button() {
    let mut desk = comparing(plan(View::Overlay));
    // What differs stands first.
    desk.press(Key::ArrowDown);
    assert!(desk.has_words("at a score threshold of"), "{}", desk.names("cat"));
    let button = desk.names("Lower INT8's threshold to");
    desk.click(&button);
    assert!(desk.has_words("cat 0.30 → 0.20"));
    assert_eq!(desk.preferences().thresholds()[0].score, 0.25);
}

#[test]
fn classes_are_filtered_everywhere_alike() {
    let mut desk = comparing(plan(View::SideBySide));
    desk.click("class cat");
    assert!(!desk.has_words("cat 0.30") && desk.has_words("0 lost") && desk.has_words("A · FP32 · 2 boxes"));
    desk.click("None");
    assert!(desk.has_words("A · FP32 · 0 boxes") && desk.has_words("0 matched"));
    desk.click("Invert");
    assert!(desk.has_words("cat 0.30 → lost") && desk.has_words("2 matched"));
    desk.press(Key::Num1);
    desk.click("class person");
    desk.until("the list without persons", |d| d.has("dog 0.50") && !d.has("person 0.90"));
}

#[test]
fn a_row_is_chosen_by_keyboard_and_the_whole_picture_stays_in_sight() {
    let mut desk = comparing(plan(View::Overlay));
    assert!(is_on(&desk, "Fit"));
    desk.press(Key::ArrowDown);
    assert!(desk.has("Close details") && is_on(&desk, "Fit"));
    assert!(desk.has_words("cat: lost"), "{}", desk.names("cat"));
    desk.press(Key::ArrowDown);
    assert!(!desk.has_words("cat: lost") && desk.has("Close details"));
    desk.press(Key::ArrowUp);
    assert!(desk.has_words("cat: lost"));
    desk.press(Key::Escape);
    assert!(!desk.has("Close details") && is_on(&desk, "Fit"));
}

#[test]
fn a_box_that_is_clicked_is_chosen() {
    let mut desk = comparing(plan(View::Overlay));
    // The person's box is centred in cell 30 of 13×13: column 4, row 2.
    let picture = desk.harness.get_by_label_contains("Picture").rect();
    let side = picture.height().min(picture.width());
    let corner = picture.center() - egui::vec2(side, side) / 2.0;
    let person = corner + egui::vec2(4.5, 2.5) / 13.0 * side;
    desk.click_at(person);
    assert!(desk.has("Close details") && desk.has_words("person: matched"), "{}", desk.names("person"));
    desk.click_at(picture.right_bottom() - egui::vec2(5.0, 5.0));
    assert!(!desk.has("Close details"), "beside all boxes nothing is chosen");
}

#[test]
fn arrows_step_through_the_history_and_space_goes_on() {
    let mut desk = comparing(Plan { endless: true, ..plan(View::Overlay) });
    desk.until("some history", |d| d.history_len() >= 5);
    desk.press(Key::ArrowLeft);
    desk.until("a frame of the past", |d| frame_in_sight(d).is_some() && d.has("Resume"));
    let first = frame_in_sight(&desk).unwrap();
    desk.press(Key::ArrowLeft);
    let second = frame_in_sight(&desk).unwrap();
    assert!(second < first, "{second} is before {first}");
    assert!(desk.has_words("person 0.90 → 0.80"), "its boxes are made again");
    desk.set_slider("Score", 0.15);
    assert!(desk.has_words("cat 0.30 → 0.20"), "at the thresholds of now");
    desk.press(Key::ArrowRight);
    assert_eq!(frame_in_sight(&desk), Some(first));
    desk.press(Key::Space);
    desk.until("the newest frames", |d| frame_in_sight(d).is_none() && d.has("Pause"));
    let before = desk.runs();
    desk.until("new inferences", move |d| d.runs() > before + 4);
}

#[test]
fn another_model_lets_go_of_the_past() {
    let mut desk = comparing(Plan { endless: true, ..plan(View::Overlay) });
    desk.until("some history", |d| d.history_len() >= 3);
    desk.press(Key::ArrowLeft);
    desk.until("a frame of the past", |d| frame_in_sight(d).is_some());
    desk.press(Key::Num1);
    desk.until("one model's list", |d| d.has("person 0.90") && frame_in_sight(d).is_none());
}

#[test]
fn it_pauses_where_the_models_part() {
    let preferences = Preferences { pauses: true, pause_below: 0.9, ..Preferences::default() };
    let mut desk = Desk::new(Plan { endless: true, preferences, ..plan(View::Overlay) });
    desk.until("a pause", |d| d.has_words("agreement 0.80 < 0.90") && d.has("Resume"));
    let quiet = Preferences { pauses: true, pause_below: 0.7, ..Preferences::default() };
    let mut desk = Desk::new(Plan { endless: true, preferences: quiet, ..plan(View::Overlay) });
    desk.until("inferences", |d| d.runs() > 40);
    assert!(desk.has("Pause") && !desk.has_words("Paused: agreement"));
}

#[test]
fn the_history_is_a_key_away_and_a_plot_has_a_name() {
    let mut desk = comparing(Plan { endless: true, ..plan(View::Overlay) });
    assert!(!desk.has_words("Pause when agreement falls below"));
    desk.press(Key::H);
    desk.until("the plots", |d| d.has_words("Pause when agreement falls below") && d.has_words("Agreement"));
    desk.press(Key::H);
    assert!(!desk.has_words("Pause when agreement falls below"));
}

#[test]
fn dragging_a_slider_holds_up_no_inference() {
    let mut desk = comparing(Plan { endless: true, ..plan(View::Overlay) });
    let before = desk.runs();
    for step in 0..60 {
        desk.set_slider("Score", 0.05 + f64::from(step) / 100.0);
    }
    desk.until("inferences meanwhile", move |d| d.runs() > before + 20);
    assert_eq!(desk.opened.lock().unwrap().len(), 1, "and opens no source");
}

#[test]
fn a_model_that_is_missing_leaves_the_other_and_says_so() {
    let mut plan = plan(View::Overlay);
    plan.sights.remove(&Int8);
    let mut desk = Desk::new(plan);
    desk.until("A's boxes and the reason", |d| d.has("person 0.90") && d.has_words("twinsight setup"));
    assert!(desk.has_words("B · INT8 has not processed this frame"));
}

#[test]
fn the_bar_of_the_split_moves_by_keyboard() {
    let mut desk = comparing(plan(View::Split));
    let at = |desk: &Desk| desk.harness.get_by_label("Divider").rect().center().x;
    let before = at(&desk);
    desk.harness.get_by_label("Divider").focus();
    desk.harness.run_steps(2);
    desk.press(Key::ArrowRight);
    desk.harness.run_steps(2);
    assert!(at(&desk) > before + 5.0, "{} after {before}", at(&desk));
    assert!(desk.has_words("person 0.90 → 0.80"), "the arrow was the bar's");
}

#[test]
fn every_control_of_a_comparison_has_a_name() {
    let mut desk = comparing(Plan { endless: true, ..plan(View::Split) });
    desk.press(Key::K);
    desk.press(Key::H);
    desk.press(Key::ArrowDown);
    desk.until("all of it", |d| d.has("Close details") && d.has_slider("Score B"));
    desk.harness.check_accessibility();
}

/// One model on both sides: exact, and as this processor's plain kernels compute it.
#[test]
fn a_model_is_compared_with_itself_in_the_other_arithmetic() {
    let models = [Some(Int8), Some(Int8)];
    let arithmetics = [None, Some(Arithmetic::Native)];
    let mut desk = Desk::new(Plan { models, arithmetics, ..plan(View::SideBySide) });
    desk.until("both", |d| d.has_words("B · INT8 (native) · 2 boxes"));
    assert!(desk.has_words("Picture A: A · INT8 · 2 boxes"));
    assert_eq!(desk.preferences().arithmetics, [Arithmetic::Exact, Arithmetic::Native]);
    // B's list leads to the choice; what A has comes over from there.
    desk.click("Model B");
    desk.click("Computed as…");
    desk.click("exact: as the model specifies");
    desk.until("the two change sides", |d| d.has_words("A · INT8 (native) · 2 boxes"));
    assert!(desk.has_words("B · INT8 · 2 boxes"));
}

#[test]
fn a_single_int8_model_has_its_arithmetic_beside_it() {
    let models = [Some(Int8), None];
    let mut desk = Desk::with_picture(Plan { models, ..plan(View::Single) });
    desk.until("INT8's boxes", |d| d.has("person 0.80") && d.control("Computed as (A)").is_some());
    desk.click("Computed as (A)");
    desk.click("native: this processor's kernels");
    desk.until("it is remembered", |d| d.preferences().arithmetics[0] == Arithmetic::Native);
    desk.until("the status line names it", |d| d.has_words("INT8 (native)"));
    desk.click("FP32");
    desk.until("FP32's boxes", |d| d.has("person 0.90"));
    assert!(desk.control("Computed as (A)").is_none(), "a float model has but one");
    assert!(desk.has_words("A float model: "), "the popup that is open says so");
}
