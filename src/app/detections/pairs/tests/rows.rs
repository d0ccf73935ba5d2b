//! The rows: in which order they stand, where the focus is, and what stands in their place.

use super::*;
use crate::compare::truth::{PairTruth, PictureTruth, TruthBox};

/// The next frame of a camera: the strongest is another one.
fn next_frame(state: &mut State, sights: &[Sight]) {
    state.heads = [heads(&state.form, sights), heads(&state.form, &[])];
    state.compare(0.25);
}

#[test]
fn live_rows_stay_under_the_pointer_and_are_sorted_again_without_it() {
    let frames: [&[Sight]; 3] = [
        &[(PERSON, 0.9, 14), (DOG, 0.6, 17), (CAT, 0.5, 20)],
        // The cat is the strongest now, and a second person came.
        &[(PERSON, 0.5, 14), (DOG, 0.7, 17), (CAT, 0.95, 20), (PERSON, 0.8, 53)],
        // The dog is gone for a frame.
        &[(PERSON, 0.6, 14), (CAT, 0.5, 20), (PERSON, 0.9, 53)],
    ];
    let mut bench = Bench::new(State::new(frames[0], &[]));
    bench.0.state_mut().live = true;
    bench.0.get_by_label_contains("dog 0.60").hover();
    bench.0.run_steps(3);
    for (frame, expected) in [
        (1, ["person 0.50", "dog 0.70", "cat 0.95", "person 0.80"].as_slice()),
        (2, &["person 0.60", "cat 0.50", "person 0.90"]),
        (1, &["person 0.50", "dog 0.70", "cat 0.95", "person 0.80"]),
    ] {
        next_frame(bench.0.state_mut(), frames[frame]);
        bench.0.run_steps(1);
        assert_eq!(bench.starts(), expected, "frame {frame}");
    }
    bench.0.remove_cursor();
    // The pointer is known to be gone one step after the event.
    bench.0.run_steps(3);
    assert_eq!(bench.starts(), ["cat 0.95", "person 0.80", "dog 0.70", "person 0.50"], "without another frame, too");
}

#[test]
fn a_title_sorts_also_what_is_held() {
    let mut bench = Bench::new(State::new(&A, &B));
    bench.0.state_mut().live = true;
    bench.0.get_by_label_contains("dog 0.60").focus();
    bench.0.run_steps(3);
    bench.click("Sort by score A");
    assert_eq!(bench.starts()[0], "person 0.90");
}

#[test]
fn the_focus_goes_along_with_the_selected_row() {
    let mut bench = Bench::new(State::new(&A, &B));
    bench.0.get_by_label_contains("cat 0.50").click();
    bench.0.run_steps(3);
    let focused = |bench: &Bench| {
        let mut rows = bench.0.query_all_by_role(Role::ListItem);
        rows.find(|row| row.accesskit_node().is_focused()).and_then(|row| row.accesskit_node().label())
    };
    assert!(focused(&bench).is_some_and(|label| label.starts_with("cat 0.50")), "{:?}", focused(&bench));
    // Another place in the table.
    bench.0.state_mut().panel.model.sort.click(model::PairSortKey::ScoreA);
    bench.0.run_steps(3);
    assert!(focused(&bench).is_some_and(|label| label.starts_with("cat 0.50")), "{:?}", focused(&bench));
}

#[test]
fn enter_on_the_selected_row_asks_for_its_box() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").focus();
    bench.0.run_steps(3);
    bench.press(Key::Enter);
    assert!(bench.0.state().chosen.is_some() && bench.0.state().others.is_empty(), "the first one selects");
    bench.press(Key::Enter);
    assert_eq!(bench.0.state().others, [Action::Pairs(PairsAction::BringBack)]);
}

#[test]
fn an_empty_table_says_why_within_the_panel_and_offers_the_way_out() {
    let height = 300.0;
    let in_sight = |bench: &Bench, label: &str| {
        let rect = bench.0.get_by_label(label).rect();
        assert!(rect.top() >= 60.0 && rect.bottom() <= height, "{label}: {rect:?}");
    };
    let mut state = State::new(&A, &B);
    state.score = 0.99;
    state.compare(0.99);
    let mut bench = Bench::of_height(state, height);
    in_sight(&bench, "No detections above the score thresholds.");
    in_sight(&bench, "Reset thresholds");
    assert!(bench.has_words("–") && !bench.has_words("1.00"), "nothing agrees on nothing");
    bench.click("Reset thresholds");
    assert_eq!(bench.0.state().others, [Action::Thresholds(ThresholdsAction::Reset)]);

    // No class is shown.
    let mut state = State::new(&A, &B);
    state.classes = ClassSet::none(80);
    let mut bench = Bench::of_height(state, height);
    in_sight(&bench, "All pairs are filtered out.");
    assert!(!bench.has_words("Show all verdicts") && !bench.has_words("Reset thresholds"));
    bench.click("Show all classes");
    assert_eq!(bench.0.state().others, [Action::Pairs(PairsAction::ShowAllClasses)]);

    // No verdict is shown.
    let mut bench = Bench::of_height(State::new(&A, &B), height);
    for label in ["2 lost", "1 gained", "1 class changed", "2 matched"] {
        bench.click(label);
    }
    in_sight(&bench, "Show all verdicts");
    assert!(!bench.has_words("Show all classes"));
}

#[test]
fn scores_and_their_difference_add_up_as_they_are_shown() {
    let thresholds = [Thresholds::LIVE; 2];
    for i in 0..200 {
        let scores = [0.249 + i as f32 * 0.00037, 0.2485 + i as f32 * 0.0029];
        let row = model::PairRow {
            verdict: 0,
            kind: VerdictKind::Matched,
            classes: [Some(0); 2],
            scores: scores.map(Some),
            iou: None,
            truth: PairTruth::default(),
        };
        let [a, b] = [0, 1].map(|side| row.score_text(side, thresholds).unwrap().parse::<f64>().unwrap());
        let delta = row.delta_text(thresholds).unwrap().replace('−', "-").parse::<f64>().unwrap();
        assert!((b - a - delta).abs() < 1e-9, "{a} {b} {delta}");
    }
}

/// A dog that B lost and a person are there, and nothing else.
#[test]
fn what_is_known_is_said_counted_filtered_and_sorted_by() {
    let mut state = State::new(&A, &B);
    let object = |class_id: usize| {
        let found = state.comparison.a().iter().find(|found| found.class_id == class_id).unwrap();
        let [x1, y1, x2, y2] = found.bbox.to_array().map(f64::from);
        TruthBox { category: class_id, xywh: [x1, y1, x2 - x1, y2 - y1], area: 1.0, crowd: false }
    };
    let objects = vec![object(DOG), object(PERSON)];
    let truth = PictureTruth { objects, known: (0..80).map(Some).collect() };
    state.judged = Some([truth.judge(state.comparison.a()), truth.judge(state.comparison.b())]);
    let mut bench = Bench::new(state);
    for words in [
        "threshold of 0.25; INT8 lost a true dog",
        "near this box; INT8 lost a false person",
        "near this box; INT8 gained a false cat",
        "IoU 1.00; Both found a true person",
        "IoU 1.00; FP32 found a false cat, INT8 a false dog",
    ] {
        assert!(bench.has_words(words), "{words}: {:#?}", bench.rows());
    }
    bench.click("Sort by truth");
    let damage_first = ["dog 0.60", "cat 0.80,", "person 0.40"];
    assert_eq!(bench.starts()[..3], damage_first);
    bench.click("4 false");
    assert_eq!(bench.starts(), ["dog 0.60", "person 0.90"]);
    bench.click("2 true");
    assert!(bench.starts().is_empty());
    bench.click("Show all verdicts");
    assert_eq!(bench.0.state().others, [Action::Pairs(PairsAction::ShowAllVerdicts)]);
    // The details say it too.
    bench.click("2 true");
    bench.0.get_by_label_contains("dog 0.60").click();
    bench.0.run_steps(3);
    assert!(bench.0.query_by_label("INT8 lost a true dog.").is_some());
}

#[test]
fn where_nothing_is_known_nothing_of_it_is_in_the_way() {
    let bench = bench();
    for words in ["true", "false", "Truth", "truth"] {
        assert!(!bench.has_words(words), "{words}");
    }
}
