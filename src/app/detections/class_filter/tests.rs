//! The list of classes without a window around it: by label and key.

use egui::accesskit::Toggled;
use egui::{Key, ScrollArea, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::compare::truth::TruthBox;
use crate::detect::{BBox, CandidateId};

struct State {
    filter: ClassFilter,
    classes: Classes,
    counts: ClassCounts,
    chosen: ClassSet,
    live: bool,
    actions: Vec<Action>,
}

fn detection(class_id: usize) -> Detection {
    let id = CandidateId { head: 0, anchor: 0, cell: 0 };
    Detection { class_id, score: 0.5, bbox: BBox::new(0.0, 0.0, 9.0, 9.0), id }
}

fn bench() -> Harness<'static, State> {
    let classes = Classes::coco();
    let mut counts = ClassCounts::default();
    let [a, b] = [vec![16, 2, 2], vec![2, 5]].map(|ids: Vec<usize>| ids.into_iter().map(detection).collect::<Vec<_>>());
    counts.count(&classes, &[&a, &b]);
    let state = State {
        filter: ClassFilter::default(),
        classes,
        counts,
        chosen: ClassSet::default(),
        live: false,
        actions: Vec::new(),
    };
    let show = |ui: &mut Ui, state: &mut State| {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            let State { filter, classes, counts, chosen, live, actions } = state;
            filter.ui(ui, classes, counts, chosen, *live, actions);
        });
    };
    let setup = |ctx: &egui::Context| theme::install(ctx);
    let mut bench = Harness::builder()
        .with_size(vec2(220.0, 500.0))
        .with_step_dt(0.02)
        .with_context_setup(setup)
        .build_ui_state(show, state);
    bench.run_steps(3);
    bench
}

fn rows(bench: &Harness<'_, State>) -> Vec<String> {
    let mut rows: Vec<_> = bench.query_all_by_role(Role::CheckBox).collect();
    rows.sort_by(|x, y| x.rect().top().total_cmp(&y.rect().top()));
    rows.iter().map(|row| row.accesskit_node().label().unwrap_or_default().replace("class ", "")).collect()
}

fn click(bench: &mut Harness<'_, State>, label: &str) {
    bench.get_by_label(label).click();
    // Longer than a double click.
    bench.run_steps(30);
}

fn search(bench: &mut Harness<'_, State>, text: &str) {
    bench.get_by_label("Search classes").focus();
    bench.run_steps(2);
    bench.get_by_label("Search classes").type_text(text);
    bench.run_steps(3);
}

#[test]
fn classes_in_sight_come_first_and_tell_how_many() {
    let bench = bench();
    assert_eq!(rows(&bench)[..6], ["car", "bus", "dog", "person", "bicycle", "motorcycle"]);
    let counts = &bench.state().counts;
    assert_eq!([2, 5, 16].map(|id| counts.text(id)), ["2 | 1", "0 | 1", "1 | 0"]);
    let mut one = ClassCounts::default();
    one.count(&Classes::coco(), &[&[detection(2), detection(2)]]);
    assert_eq!(one.text(2), "2");
    assert!(rows(&bench).len() < 30, "rows out of sight cost nothing");
}

#[test]
fn a_click_hides_a_class_and_another_shows_it() {
    let mut bench = bench();
    let ticked = |bench: &Harness<'_, State>| bench.get_by_label("class dog").accesskit_node().toggled();
    click(&mut bench, "class dog");
    assert!(!bench.state().chosen.contains(16));
    assert_eq!(ticked(&bench), Some(Toggled::False));
    bench.get_by_label("79 of 80");
    click(&mut bench, "class dog");
    assert_eq!(bench.state().chosen, ClassSet::default());
    assert_eq!(ticked(&bench), Some(Toggled::True));
}

#[test]
fn all_none_and_invert_are_about_every_class() {
    let mut bench = bench();
    click(&mut bench, "None");
    assert_eq!(bench.state().chosen, ClassSet::none(80));
    click(&mut bench, "class bus");
    click(&mut bench, "Invert");
    assert_eq!(bench.state().chosen.count(80), 79);
    assert!(!bench.state().chosen.contains(5));
    click(&mut bench, "All");
    assert_eq!(bench.state().chosen, ClassSet::default());
}

#[test]
fn while_a_search_is_on_the_buttons_are_about_what_is_found() {
    let mut bench = bench();
    search(&mut bench, "CAR");
    assert_eq!(rows(&bench), ["car", "carrot"]);
    click(&mut bench, "None");
    assert_eq!(bench.state().chosen.count(80), 78);
    click(&mut bench, "class car");
    click(&mut bench, "Invert");
    assert!(!bench.state().chosen.contains(2) && bench.state().chosen.contains(51));
    click(&mut bench, "All");
    assert_eq!(bench.state().chosen, ClassSet::default());
    search(&mut bench, "xyz");
    assert!(bench.query_by_label_contains("No class matches").is_some() && rows(&bench).is_empty());
}

#[test]
fn escape_ends_the_search() {
    let mut bench = bench();
    search(&mut bench, "zebra");
    assert_eq!(rows(&bench), ["zebra"]);
    bench.key_press(Key::Escape);
    bench.run_steps(3);
    assert_eq!(rows(&bench)[0], "car");
}

#[test]
fn a_double_click_shows_a_class_alone_and_another_all_again() {
    let mut bench = bench();
    for expected in [ClassSet::only(5, 80), ClassSet::default()] {
        for _ in 0..2 {
            bench.get_by_label("class bus").click();
            bench.step();
        }
        bench.run_steps(60);
        assert_eq!(bench.state().chosen, expected);
    }
    let alt = egui::Modifiers::ALT;
    for expected in [ClassSet::only(5, 80), ClassSet::default()] {
        bench.get_by_label("class bus").click_modifiers(alt);
        bench.run_steps(60);
        assert_eq!(bench.state().chosen, expected);
    }
}

#[test]
fn rows_stay_where_they_are_under_the_pointer() {
    let mut bench = bench();
    bench.get_by_label("class bus").hover();
    bench.run_steps(3);
    let classes = bench.state().classes.clone();
    bench.state_mut().counts.count(&classes, &[&[detection(79)], &[]]);
    bench.run_steps(3);
    assert_eq!(rows(&bench)[0], "car");
    bench.remove_cursor();
    bench.run_steps(3);
    assert_eq!(rows(&bench)[0], "toothbrush");
}

/// Frames come, one sees a toothbrush and the next does not.
fn flicker(bench: &mut Harness<'_, State>, seen: bool) {
    let classes = bench.state().classes.clone();
    let found: Vec<Detection> = [16, 2, 79].into_iter().take(2 + usize::from(seen)).map(detection).collect();
    bench.state_mut().counts.count(&classes, &[&found, &[]]);
    bench.step();
}

#[test]
fn live_classes_keep_their_order_for_a_few_seconds() {
    let mut bench = bench();
    bench.state_mut().live = true;
    let before = rows(&bench);
    // 20 ms a step: less than a second in all.
    for i in 0..40 {
        flicker(&mut bench, i % 2 == 0);
        assert_eq!(rows(&bench), before, "frame {i}");
    }
    for _ in 0..150 {
        flicker(&mut bench, true);
    }
    assert_eq!(rows(&bench)[..3], ["car", "dog", "toothbrush"], "and then it is up to date");
}

#[test]
fn the_list_is_one_tab_stop_with_keys_of_its_own() {
    let mut bench = bench();
    bench.get_by_label("class car").focus();
    bench.run_steps(2);
    let focused = |bench: &Harness<'_, State>| {
        let mut rows = bench.query_all_by_role(Role::CheckBox);
        rows.find(|row| row.accesskit_node().is_focused()).and_then(|row| row.accesskit_node().label())
    };
    assert_eq!(focused(&bench).as_deref(), Some("class car"));
    for (key, expected) in [
        (Key::ArrowDown, "class bus"),
        (Key::ArrowDown, "class dog"),
        (Key::ArrowUp, "class bus"),
        (Key::End, "class toothbrush"),
        (Key::ArrowDown, "class toothbrush"),
        (Key::Home, "class car"),
    ] {
        bench.key_press(key);
        bench.run_steps(40);
        assert_eq!(focused(&bench).as_deref(), Some(expected), "{key:?}");
    }
    bench.key_press(Key::Space);
    bench.run_steps(2);
    assert_eq!(bench.state().chosen.count(80), 79);
    assert!(!bench.state().chosen.contains(2));
    bench.key_press(Key::Tab);
    bench.run_steps(2);
    assert_eq!(focused(&bench), None, "Tab leaves the list at once");
}

#[test]
fn the_cross_clears_the_search() {
    let mut bench = bench();
    search(&mut bench, "zebra");
    click(&mut bench, "Clear: Search classes");
    assert_eq!(rows(&bench)[0], "car");
    assert!(bench.query_by_label("Clear: Search classes").is_none());
}

#[test]
fn the_table_is_copied_as_it_stands() {
    let mut bench = bench();
    click(&mut bench, "class dog");
    click(&mut bench, "Copy classes as CSV");
    let State { filter, classes, counts, chosen, actions, .. } = bench.state();
    assert_eq!(actions[..], [Action::Pairs(PairsAction::CopyClasses)]);
    let (rows, text) = filter.csv(classes, counts, chosen);
    assert_eq!((rows, text.lines().count()), (80, 81));
    assert!(
        text.starts_with("class,shown,boxes_a,boxes_b\ncar,true,2,1\nbus,true,0,1\ndog,false,1,0\nperson,true,0,0\n")
    );
}

#[test]
fn every_control_has_a_name() {
    bench().check_accessibility();
}

#[test]
fn what_is_known_to_be_there_is_counted_too() {
    let (mut counts, classes) = (ClassCounts::default(), Classes::coco());
    let found = [detection(2)];
    counts.count(&classes, &[&found, &[]]);
    let object = |category| TruthBox { category, xywh: [0.0, 0.0, 9.0, 9.0], area: 81.0, crowd: false };
    let truth = PictureTruth { objects: vec![object(2), object(7)], known: (0..80).map(Some).collect() };
    let judged = [truth.judge(&found), truth.judge(&[])];
    counts.count_known(&classes, Some((&truth, &judged)));
    assert_eq!(counts.sentence(2), "1 | 0 boxes, A | B; truth: 1, A finds 1, B 0");
    assert_eq!(counts.sentence(7), "0 | 0 boxes, A | B; truth: 1, A finds 0, B 0");
    assert!(counts.has(7) && !counts.has(8), "what nobody found is in sight too");
    // A model that did not look, or knows other classes, missed nothing.
    counts.count_known(&classes, Some((&truth, &[truth.judge(&found), JudgedBoxes::default()])));
    assert_eq!(counts.sentence(2), "1 | 0 boxes, A | B; truth: 1, A finds 1");
    counts.count_known(&classes, None);
    assert!(!counts.has(7));
}
