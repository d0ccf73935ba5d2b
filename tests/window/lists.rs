//! The lists of the window: pairs, detections and classes, by label and key.

use std::cell::RefCell;

use egui::{Key, OutputCommand, vec2};
use egui_kittest::kittest::{AccessKitNode, NodeT, Queryable, by};
use twinsight::app::View;
use twinsight::model::ModelName::{Fp32, Int8};

use crate::support::{CAT, DOG, Desk, PERSON, Plan};

/// FP32 sees a person, a dog and a cat; INT8 the person, the dog, and the cat too weakly.
fn plan() -> Plan {
    let fp32 = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60), (CAT, 0.3, 120)];
    let int8 = vec![(PERSON, 0.8, 30), (DOG, 0.4, 60), (CAT, 0.2, 120)];
    Plan { sights: [(Fp32, fp32), (Int8, int8)].into(), view: Some(View::Overlay), ..Plan::default() }
}

fn comparing(plan: Plan) -> Desk {
    let mut desk = Desk::new(plan);
    desk.until("the pairs", |d| d.has_words("person 0.90 →") && d.control("Fit").is_some());
    desk
}

fn search(desk: &mut Desk, text: &str) {
    desk.harness.get_by_label("Search classes").focus();
    desk.harness.run_steps(2);
    desk.harness.get_by_label("Search classes").type_text(text);
    desk.harness.run_steps(3);
}

/// What a click on this puts into the clipboard.
fn copied(desk: &mut Desk, label: &str) -> Option<String> {
    desk.control(label).unwrap().click();
    (0..8).find_map(|_| {
        desk.harness.step();
        desk.harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    })
}

fn focused(desk: &Desk) -> Option<String> {
    let mut nodes = desk.harness.query_all(by().predicate(|node: &AccessKitNode<'_>| node.is_focused()));
    nodes.next().and_then(|node| node.accesskit_node().label())
}

#[test]
fn an_empty_table_is_not_cut_and_offers_the_way_out() {
    for size in [vec2(1280.0, 800.0), vec2(760.0, 420.0)] {
        let mut desk = comparing(plan());
        desk.harness.set_size(size);
        desk.harness.run_steps(3);
        desk.set_slider("Score", 0.95);
        let why = desk.harness.get_by_label("No detections above the score thresholds.").rect();
        let way = desk.control("Reset thresholds").unwrap().rect();
        for rect in [why, way] {
            // The status line is 30 points high.
            assert!(
                rect.bottom() < size.y - 30.0 && rect.right() < size.x && rect.top() > 48.0,
                "{rect:?} of {size:?}"
            );
        }
        assert!(
            why.bottom() <= way.top() && desk.has_words("–") && !desk.has_words("1.00"),
            "nothing agrees on nothing"
        );
        desk.click("Reset thresholds");
        assert!(desk.has_words("person 0.90 → 0.80"));
    }
}

#[test]
fn an_empty_list_of_one_model_is_not_cut_either() {
    let mut desk = Desk::with_picture(Plan::default());
    desk.set_slider("Score", 0.95);
    let way = desk.control("Reset thresholds").unwrap().rect();
    assert!(way.bottom() < 770.0 && way.left() > 900.0, "{way:?}");
    desk.click("Reset thresholds");
    desk.until("the detections", |d| d.has("person 0.90"));
    desk.click("None");
    desk.click("Show all classes");
    desk.until("the detections", |d| d.has("person 0.90"));
}

#[test]
fn escape_in_the_search_clears_it_and_nothing_else() {
    let mut desk = comparing(plan());
    desk.press(Key::ArrowDown);
    assert!(desk.has("Close details"));
    search(&mut desk, "per");
    assert!(desk.control("class person").is_some() && desk.control("class dog").is_none());
    desk.press(Key::Escape);
    desk.harness.run_steps(2);
    assert!(desk.control("class dog").is_some(), "the search is over");
    assert!(desk.control("Clear: Search classes").is_none() && desk.has("Close details"));
    desk.press(Key::Escape);
    assert!(!desk.has("Close details"), "the next one is the window's");
}

#[test]
fn live_rows_stay_under_the_pointer() {
    // In every other picture INT8 has lost the person, which then comes first.
    let others = [(Int8, vec![(DOG, 0.6, 60)])].into();
    let mut desk = comparing(Plan { endless: true, others, ..plan() });
    let dog = |desk: &Desk| desk.harness.get_by_label_contains("dog 0.50").rect().top();
    desk.harness.get_by_label_contains("dog 0.50").hover();
    desk.harness.run_steps(3);
    let (tops, before) = (RefCell::new(Vec::new()), desk.runs());
    desk.until("some frames", |d| {
        tops.borrow_mut().push(dog(d));
        d.runs() > before + 60
    });
    let tops = tops.into_inner();
    assert!(tops.iter().all(|top| *top == tops[0]), "{tops:?}");
}

#[test]
fn a_click_on_a_live_row_follows_it_and_says_how_to_pause() {
    let others = [(Int8, vec![(DOG, 0.6, 60)])].into();
    let mut desk = comparing(Plan { endless: true, others, ..plan() });
    // Rates and notes come with the first frames.
    let before = desk.runs();
    desk.until("some frames", |d| d.runs() > before + 10);
    // A person looks where the row is when they press. A click here is two frames of the window, and on a machine that
    // is busy a note that comes or goes between them moves the row away: then it is clicked again.
    for _ in 0..10 {
        desk.harness.get_by_label_contains("dog 0.50").click();
        desk.harness.run_steps(4);
        if desk.has_words("dog: matched") {
            break;
        }
    }
    assert!(desk.has_words("dog: matched"), "{}", desk.names("dog"));
    let before = desk.runs();
    let lost = RefCell::new(Vec::new());
    desk.until("some frames", |d| {
        if !focused(d).is_some_and(|label| label.starts_with("dog 0.50")) {
            lost.borrow_mut().push(focused(d));
        }
        d.runs() > before + 40
    });
    assert!(desk.has_words("dog: matched") && desk.has_words("Space to pause"), "{}", desk.names("dog"));
    assert!(lost.borrow().is_empty(), "the focus is on the row: {lost:?}");
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has("Resume"));
    assert!(desk.has("Close details"), "and the pair stays selected");
}

#[test]
fn keys_that_can_do_nothing_say_why() {
    let mut desk = comparing(plan());
    for (key, why) in [
        (Key::C, "No camera is open."),
        (Key::Period, "No video is open."),
        (Key::M, "No camera is open."),
        (Key::PageDown, "No folder is open."),
        (Key::Y, "Select a pair first: click it, or press ↓."),
    ] {
        desk.press(key);
        assert_eq!(desk.said(), why, "{key:?}");
    }
}

#[test]
fn page_keys_in_a_list_are_the_lists() {
    let mut desk = comparing(plan());
    desk.harness.get_by_label("class person").focus();
    desk.harness.run_steps(2);
    desk.press(Key::PageDown);
    desk.harness.run_steps(20);
    let label = focused(&desk).unwrap_or_default();
    assert!(label.starts_with("class ") && label != "class person", "{label}");
    assert_eq!(desk.said(), "", "no word of a folder");
}

#[test]
fn enter_brings_the_selected_box_back() {
    let mut desk = comparing(plan());
    desk.press(Key::ArrowDown);
    assert!(desk.has_words("cat: lost"));
    desk.press(Key::Enter);
    desk.harness.run_steps(2);
    assert!(desk.has_words("cat 0.30 → 0.20"));
    assert_eq!(desk.preferences().thresholds()[0].score, 0.25, "A's stays");
    desk.press(Key::Enter);
    assert_eq!(desk.said(), "Both models found this box.");
}

#[test]
fn tables_are_copied_with_the_columns_of_the_command_line() {
    let mut desk = comparing(plan());
    let pairs = copied(&mut desk, "Copy table as CSV").unwrap();
    let lines: Vec<&str> = pairs.lines().collect();
    assert_eq!(lines[0], twinsight::compare::csv::PAIR_COLUMNS);
    assert!(lines[1].starts_with("fake,lost,cat,"), "as listed, what differs first: {}", lines[1]);
    assert_eq!(lines.len(), 4);
    assert!(lines[1].contains(",below_threshold,") && lines[1].ends_with(",,exact,,onnxruntime"), "{}", lines[1]);
    assert!(desk.said().contains("Copied 3 rows"));
    let classes = copied(&mut desk, "Copy classes as CSV").unwrap();
    assert!(classes.starts_with("class,shown,boxes_a,boxes_b\nperson,true,1,1\n"), "{classes}");
    desk.press(Key::Num1);
    desk.until("one model's list", |d| d.has("person 0.90"));
    let boxes = copied(&mut desk, "Copy table as CSV").unwrap();
    assert!(boxes.starts_with("source,class,score,x1,y1,x2,y2,arithmetic\nfake,person,0."), "{boxes}");
}

#[test]
fn thresholds_stay_in_sight_and_facts_open_above_the_classes() {
    let mut desk = comparing(plan());
    assert!(!desk.has_words("SHA-256"));
    desk.click("Source and models");
    desk.harness.run_steps(10);
    assert!(desk.has_words("SHA-256") && desk.has_slider("Score"));
}
