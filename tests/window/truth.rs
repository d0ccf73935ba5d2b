//! What annotations say of the pictures in sight: words, outlines, filter, totals; and nothing of it where there are none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use twinsight::app::View;
use twinsight::engine::Open;
use twinsight::source::{Opener, Source, SourceError, SourceRequest};

use crate::support::{CAT, DOG, Desk, PERSON, Plan};

/// Real sources: pictures have files.
struct Sources;

impl Open for Sources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Opener::default().open(request)
    }
}

/// Where the models of the desk see a thing in this cell of 13×13: middle and sides as parts of the picture.
fn place(cell: usize) -> [f64; 4] {
    let [x, y] = [cell % 13, cell / 13].map(|at| (at as f64 + 0.5) / 13.0);
    [x, y, 81.0 / 416.0, 82.0 / 416.0]
}

/// YOLO's label of these objects.
fn label(objects: &[(usize, usize)]) -> String {
    let line = |(class, cell): &(usize, usize)| {
        let [x, y, w, h] = place(*cell);
        format!("{class} {x} {y} {w} {h}\n")
    };
    objects.iter().map(line).collect()
}

fn picture(path: &Path) {
    image::RgbImage::from_pixel(416, 416, image::Rgb([90; 3])).save(path).unwrap();
}

/// In each picture FP32 sees a person, a dog and a cat, and INT8 the person and the dog. In the first there are the person
/// and the cat; in the second the dog, and a person where nobody sees one.
const FIRST: [(usize, usize); 2] = [(PERSON, 30), (CAT, 120)];
const SECOND: [(usize, usize); 2] = [(DOG, 60), (PERSON, 100)];

fn folder() -> (TempDir, [PathBuf; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a.png", "b.png"].map(|name| dir.path().join(name));
    for (path, objects) in paths.iter().zip([FIRST, SECOND]) {
        picture(path);
        std::fs::write(path.with_extension("txt"), label(&objects)).unwrap();
    }
    (dir, paths)
}

fn plan(first: &Path, files: Vec<PathBuf>) -> Plan {
    Plan {
        source: SourceRequest::Still(first.into()),
        files,
        opener: Some(Arc::new(Sources)),
        view: Some(View::Overlay),
        ..Plan::default()
    }
}

fn shown(desk: &Desk) -> Option<&str> {
    desk.harness.state().as_ref()?.shown_name()
}

const OF_FIRST: &str = "Truth: 2 objects · A finds 2 · B finds 1";
const OF_SECOND: &str = "Truth: 2 objects · A finds 1 · B finds 1";

#[test]
fn labels_beside_the_pictures_say_which_boxes_are_right_and_go_with_their_picture() {
    let (dir, paths) = folder();
    let mut desk = Desk::new(plan(&paths[0], vec![dir.path().into()]));
    desk.until("the truth", |d| d.has_words(OF_FIRST));
    for words in ["INT8 lost a true cat", "Both found a true person", "Both found a false dog", "truth long-dashed"] {
        assert!(desk.has_words(words), "{words}: {}", desk.names("found a"));
    }
    assert!(desk.has("2 true") && desk.has("1 false"));
    // To and fro: nothing that is said is of the other picture.
    for n in 0..6 {
        desk.press(if n % 2 == 0 { Key::PageDown } else { Key::PageUp });
        let (name, here, there) = if n % 2 == 0 {
            ("b.png", OF_SECOND, "INT8 lost a true cat")
        } else {
            ("a.png", OF_FIRST, "INT8 lost a false cat")
        };
        desk.until("its truth", |d| {
            assert!(shown(d) != Some(name) || !d.has_words(there), "{there} under {name}");
            shown(d) == Some(name) && d.has_words(here)
        });
    }
}

#[test]
fn a_key_and_a_button_hide_all_of_it() {
    let (_dir, paths) = folder();
    let mut desk = Desk::new(plan(&paths[0], Vec::new()));
    desk.until("the truth", |d| d.has_words(OF_FIRST));
    desk.press(Key::U);
    desk.until("nothing of it", |d| {
        !d.has_words("Truth: ") && !d.has_words("INT8 lost a true cat") && !d.has("2 true")
    });
    assert!(!desk.preferences().truth && desk.control("Sort by truth").is_none());
    desk.click("Truth");
    desk.until("it again", |d| d.has_words(OF_FIRST) && d.has_words("INT8 lost a true cat"));
    assert!(desk.preferences().truth);
}

#[test]
fn pairs_are_filtered_and_sorted_by_it() {
    let (_dir, paths) = folder();
    let mut desk = Desk::new(plan(&paths[1], Vec::new()));
    desk.until("the truth", |d| d.has_words(OF_SECOND));
    let top = |desk: &Desk, words: &str| desk.harness.get_by_label_contains(words).rect().top();
    desk.click("Sort by truth");
    let (lost, right) = ("INT8 lost a false cat", "Both found a true dog");
    assert!(top(&desk, lost) < top(&desk, right));
    desk.click("Sort by truth");
    assert!(top(&desk, right) < top(&desk, lost));
    desk.click("2 false");
    assert!(desk.has_words(right) && !desk.has_words(lost));
}

#[test]
fn without_annotations_there_is_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    picture(&path);
    // Not everything beside a picture is a label.
    std::fs::write(dir.path().join("notes.txt"), "shot on Monday").unwrap();
    let mut desk = Desk::new(plan(&path, Vec::new()));
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    desk.harness.run_steps(20);
    assert!(desk.control("Truth").is_none() && desk.control("Sort by truth").is_none());
    assert!(!desk.has_words("Truth") && !desk.has_words("truth long-dashed"), "{}", desk.names("ruth"));
    desk.press(Key::U);
    assert!(desk.said().contains("No annotations of these pictures are known."), "{}", desk.said());
}

#[test]
fn annotations_that_were_named_are_used_and_told_where_they_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let (path, truth) = (dir.path().join("a.png"), dir.path().join("truth.json"));
    picture(&path);
    let [x, y, w, h] = place(120).map(|part| part * 416.0);
    let coco = serde_json::json!({
        "images": [{ "id": 1, "file_name": "b.png" }, { "id": 2, "file_name": "a.png", "width": 416, "height": 416 }],
        "categories": [{ "id": 1, "name": "cat" }],
        "annotations": [{ "id": 1, "image_id": 2, "category_id": 1, "bbox": [x - w / 2.0, y - h / 2.0, w, h] }]
    });
    std::fs::write(&truth, coco.to_string()).unwrap();
    let mut desk = Desk::new(Plan { annotations: Some(truth.clone()), ..plan(&path, Vec::new()) });
    desk.until("the truth", |d| d.has_words("Truth: 1 object · A finds 1 · B finds 0"));
    assert!(desk.has_words("INT8 lost a true cat") && desk.has_words("Both found an unannotated person"));

    std::fs::write(&truth, "[]").unwrap();
    let mut desk = Desk::new(Plan { annotations: Some(truth), ..plan(&path, Vec::new()) });
    desk.until("why not", |d| d.said().contains("Can't read the annotations: "));
    assert!(desk.said().contains("truth.json is not a COCO annotations file"), "{}", desk.said());
}

#[test]
fn one_model_alone_has_it_too() {
    let (_dir, paths) = folder();
    let mut desk = Desk::new(Plan { view: Some(View::Single), ..plan(&paths[1], Vec::new()) });
    desk.until("the truth", |d| d.has_words("Truth: 2 objects · 1 found"));
    assert!(desk.has("person 0.90, false") && desk.has("dog 0.50, true") && desk.has("cat 0.30, false"));
}

#[test]
fn all_pictures_together_say_what_was_right_of_the_damage() {
    let (dir, paths) = folder();
    let mut desk = Desk::new(plan(&paths[0], vec![dir.path().into()]));
    desk.until("the truth", |d| d.has_words(OF_FIRST) && d.control("Compare all images").is_some());
    desk.press(Key::D);
    let all = "Truth: 4 objects, A finds 3, B 2 · lost: 1 true, 1 false · gained: 0 true, 0 false";
    desk.until("the totals", |d| d.has_words(all));
    desk.press(Key::U);
    desk.until("no truth", |d| !d.has_words("Truth: 4 objects") && d.has_words("2 images · 4 matched · 2 lost"));
}
