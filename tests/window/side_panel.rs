//! The panel on the left: its thresholds are whole, and its list of classes is a list.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use twinsight::app::View;
use twinsight::model::ModelName::{Fp32, Int8};
use twinsight::source::SourceRequest;

use crate::support::{CAT, DOG, Desk, PERSON, Plan};

const MATCH: &str = "Match B's threshold to A";
const NOTE: &str = "Best threshold for B";

/// INT8 sees the cat too weakly.
fn plan() -> Plan {
    let fp32 = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60), (CAT, 0.3, 120)];
    let int8 = vec![(PERSON, 0.8, 30), (DOG, 0.4, 60), (CAT, 0.2, 120)];
    Plan { sights: [(Fp32, fp32), (Int8, int8)].into(), view: Some(View::Overlay), ..Plan::default() }
}

fn comparing(plan: Plan) -> Desk {
    let mut desk = Desk::new(plan);
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    desk.until("the frame in the history", |d| d.history_len() > 0);
    desk
}

/// A window on a folder with two pictures.
fn album() -> (Desk, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["1.png", "2.png"] {
        image::save_buffer(dir.path().join(name), &[128; 16 * 12 * 3], 16, 12, image::ExtendedColorType::Rgb8).unwrap();
    }
    let source = SourceRequest::Still(dir.path().join("1.png"));
    let mut desk = comparing(Plan { source, files: vec![dir.path().into()], ..plan() });
    desk.until("the first picture compared", |d| d.has_words("1 image · "));
    (desk, dir)
}

/// Where the panel's contents end: above the thumbnails or the status line, and the margins between.
fn bottom(desk: &Desk) -> f32 {
    let below = ["Compare all images", "Fit"].into_iter().find_map(|label| desk.control(label));
    below.unwrap().rect().min.y - 12.0
}

/// The sliders, and the button below them: none reaches below the place where the sections begin.
fn check_thresholds(desk: &Desk, what: &str) {
    let sections = desk.control("Show").unwrap().rect();
    let sliders = desk.harness.query_all_by_role(Role::Slider);
    let is_threshold = |label: &String| label.starts_with("Score") || label.starts_with("NMS IoU");
    let of = |node: egui_kittest::Node<'_>| {
        node.accesskit_node().label().filter(is_threshold).map(|label| (label, node.rect()))
    };
    let mut all: Vec<_> = sliders.filter_map(of).collect();
    assert!(all.len() == 2 || all.len() == 4, "{what}: {all:?}");
    all.push((MATCH.into(), desk.control(MATCH).unwrap().rect()));
    for (label, rect) in all {
        assert!(rect.max.y <= sections.min.y, "{what}: {label} {rect:?} is cut at {sections:?}");
    }
}

/// Rows of the list of classes that are whole.
fn rows(desk: &Desk) -> usize {
    let (top, bottom) = (desk.control("Copy classes as CSV").unwrap().rect().max.y, bottom(desk));
    let rows = desk.harness.query_all_by_label_contains("class ");
    let rects = rows.filter(|node| node.accesskit_node().role() == Role::CheckBox).map(|node| node.rect());
    rects.filter(|rect| rect.min.y >= top && rect.max.y <= bottom).count()
}

#[test]
fn the_thresholds_are_whole_in_a_folder_with_its_history() {
    let (mut desk, _dir) = album();
    check_thresholds(&desk, "linked");
    desk.press(Key::H);
    desk.harness.run_steps(3);
    check_thresholds(&desk, "linked, with the history");
    desk.press(Key::K);
    desk.harness.run_steps(3);
    check_thresholds(&desk, "unlinked, with the history");
}

#[test]
fn the_list_of_classes_keeps_four_rows() {
    for in_folder in [false, true] {
        let (mut desk, _dir) = if in_folder { album() } else { (comparing(plan()), tempfile::tempdir().unwrap()) };
        assert!(rows(&desk) >= 4, "in a folder: {in_folder}, linked: {} rows", rows(&desk));
        desk.press(Key::G);
        desk.until("the note", |d| d.has_words(NOTE));
        desk.harness.run_steps(20);
        assert!(!desk.preferences().linked);
        check_thresholds(&desk, "with the note");
        assert!(rows(&desk) >= 4, "in a folder: {in_folder}, with the note: {} rows", rows(&desk));
    }
}

#[test]
fn the_match_says_what_it_is_over() {
    let (album, _dir) = album();
    for (mut desk, over) in [(comparing(plan()), "over the whole history"), (album, "over the images compared so far")]
    {
        desk.control(MATCH).unwrap().hover();
        desk.until("the tooltip", |d| d.has_words(over));
    }
}
