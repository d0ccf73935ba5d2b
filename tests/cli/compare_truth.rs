//! `compare` with annotations: the same verdicts of truth in every form, and what is said of them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::photos::photos;
use crate::program::twinsight;
use crate::run::Run;

/// The photos in a folder of their own, in which nothing else is.
fn pictures(dir: &Path) -> PathBuf {
    let folder = dir.join("pictures");
    std::fs::create_dir(&folder).unwrap();
    for photo in photos() {
        std::fs::copy(&photo, folder.join(photo.file_name().unwrap())).unwrap();
    }
    folder
}

/// What FP32 sees, as labels in this form: then all its boxes are right.
fn write_labels(form: &str, to: &Path, images: &Path) {
    Run::of(twinsight().args(["detect", "--labels", form, "-o"]).arg(to).arg(images)).done();
}

fn compare(words: &[&str], annotations: Option<&Path>, images: &[&Path]) -> Run {
    let mut command = twinsight();
    command.arg("compare").args(words);
    command.args(annotations.iter().flat_map(|path| ["--annotations".as_ref(), path.as_os_str()]));
    Run::of(command.args(images))
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Of each verdict of a picture: what became of it, and what is known of A's box and of B's.
fn verdicts(picture: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let verdict = |v: &Value| [text(&v["verdict"]), text(&v["truth_a"]), text(&v["truth_b"])];
    picture["verdicts"].as_array().unwrap().iter().map(verdict).collect()
}

#[test]
fn truth_in_every_form_gives_the_same_verdicts() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let mut told = Vec::new();
    for (form, file) in [("coco", "annotations.json"), ("yolo", "."), ("voc", ".")] {
        let labels = dir.path().join(form);
        write_labels(form, &labels, &images);
        let all = lines(&compare(&["--json"], Some(&labels.join(file)), &[&images]).done());
        let (totals, each) = all.split_last().unwrap();
        assert_eq!(each.len(), photos().len());
        let (mut objects, mut lost, mut gained) = (0, 0, 0);
        for picture in each {
            let truth = &picture["truth"];
            assert!(truth["objects"].as_u64().unwrap() > 0 && truth["found_a"] == truth["objects"], "{form}: {truth}");
            objects += truth["objects"].as_u64().unwrap();
            for [kind, a, b] in verdicts(picture) {
                // The labels are A's boxes.
                assert!(a == "true" || (kind == "gained" && a == "-"), "{form}: {kind} {a} {b}");
                assert_eq!(kind == "lost", b == "-", "{form}: {kind} {a} {b}");
                (lost, gained) = (lost + u64::from(kind == "lost"), gained + u64::from(kind == "gained"));
                // What A has is taken: what B has besides is wrong.
                assert!(kind != "gained" || b != "true", "{form}: {kind} {a} {b}");
            }
            let missed = truth["missed"].as_array().unwrap();
            assert!(missed.iter().all(|object| object["missed_by"] == "b"), "{form}: {missed:?}");
            let found_b = truth["objects"].as_u64().unwrap() - missed.len() as u64;
            assert_eq!(truth["found_b"].as_u64(), Some(found_b), "{form}");
        }
        let truth = &totals["totals"]["truth"];
        assert_eq!((truth["images"].as_u64(), truth["objects"].as_u64()), (Some(each.len() as u64), Some(objects)));
        assert_eq!((truth["lost"]["true"].as_u64(), truth["lost"]["false"].as_u64()), (Some(lost), Some(0)));
        assert_eq!((truth["gained"]["true"].as_u64(), truth["gained"]["false"].as_u64()), (Some(0), Some(gained)));
        for figure in ["objects", "found_a", "found_b"] {
            let of_classes = truth["classes"].as_array().unwrap().iter().map(|class| class[figure].as_u64().unwrap());
            assert_eq!(Some(of_classes.sum::<u64>()), truth[figure].as_u64(), "{form}: {figure} by class");
        }
        told.push((each.iter().map(verdicts).collect::<Vec<_>>(), truth.clone()));
    }
    assert_eq!(told[1], told[0], "YOLO's and COCO's");
    assert_eq!(told[2], told[0], "Pascal VOC's and COCO's");
}

#[test]
fn each_picture_has_its_own_truth_in_whatever_order_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let labels = dir.path().join("labels of others");
    write_labels("coco", &labels, &images);
    let truth = labels.join("annotations.json");
    let files: Vec<PathBuf> = photos().iter().map(|photo| images.join(photo.file_name().unwrap())).collect();
    let forth: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let back: Vec<&Path> = forth.iter().rev().copied().collect();
    let by_source = |order: &[&Path]| {
        let mut all = lines(&compare(&["--json"], Some(&truth), order).done());
        all.pop();
        all.sort_by_key(|picture| picture["source"].as_str().unwrap().to_owned());
        all
    };
    assert!(forth.len() > 1, "one picture has one order");
    assert_eq!(by_source(&forth), by_source(&back));
    // One alone has the same as among the others.
    let alone = by_source(&forth[1..2]);
    assert!(by_source(&forth).contains(&alone[0]));
}

#[test]
fn labels_beside_the_pictures_are_found_and_told_in_every_output() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let outputs = |name: &str| ["csv", "html"].map(|ending| dir.path().join(format!("{name}.{ending}")));
    let run = |name: &str| {
        let [csv, html] = outputs(name);
        let words = ["--csv", csv.to_str().unwrap(), "--html", html.to_str().unwrap()];
        let text = compare(&words, None, &[&images]).done();
        (text, std::fs::read_to_string(csv).unwrap(), std::fs::read_to_string(html).unwrap())
    };
    let without = run("without");
    assert!(without.1.lines().all(|line| line.split(',').count() == 24), "{}", without.1);
    assert!(!without.0.contains("truth") && !without.2.contains("class=\"truth\""), "{}", without.0);
    assert!(!compare(&["--json"], None, &[&images]).done().contains("truth"));

    write_labels("yolo", &dir.path().join("labels"), &images);
    let (text, csv, html) = run("with");
    let all = lines(&compare(&["--json"], None, &[&images]).done());
    let (totals, each) = all.split_last().unwrap();
    let truth = &totals["totals"]["truth"];
    assert!(
        text.contains(&format!("truth: {} objects in {} images; FP32 finds", truth["objects"], each.len())),
        "{text}"
    );
    let lost = format!(
        "of the boxes that INT8 lost: {} true, 0 false; of those that it gained: 0 true",
        truth["lost"]["true"]
    );
    assert!(text.contains(&lost), "{text}");
    let kinds: Vec<[String; 3]> = each.iter().flat_map(verdicts).collect();
    for (kind, words) in [("lost", "INT8 lost a true "), ("matched", "Both found a true ")] {
        let expected = kinds.iter().filter(|[of, a, b]| of == kind && (kind == "lost" || a == b)).count();
        assert_eq!(text.matches(words).count(), expected, "{text}");
    }
    let (header, rows) = csv.split_once('\n').unwrap();
    assert!(header.ends_with(",truth_a,truth_b"), "{header}");
    let cell = |value: &str| if value == "-" { String::new() } else { value.to_owned() };
    let expected: Vec<String> = kinds.iter().map(|[_, a, b]| format!(",{},{}", cell(a), cell(b))).collect();
    assert_eq!(rows.lines().count(), expected.len());
    for (row, end) in rows.lines().zip(&expected) {
        assert!(row.ends_with(end.as_str()) && row.split(',').count() == 26, "{row} {end}");
    }
    assert!(html.contains("<h2>Truth by class</h2>"), "{html}");
    // The objects of each picture that differs are drawn; without any, none is.
    let differs = |picture: &&Value| ["class_flips", "lost", "gained"].iter().any(|of| picture["agreement"][*of] != 0);
    let drawn: u64 = each.iter().filter(differs).map(|picture| picture["truth"]["objects"].as_u64().unwrap()).sum();
    assert_eq!(html.matches("class=\"truth\"").count() as u64, drawn, "{html}");
    // They are inputs.
    let label = dir.path().join("labels/bus.txt");
    let refused = compare(&["--force", "--csv", label.to_str().unwrap()], None, &[&images]);
    assert!(refused.error().contains("this command reads it"), "{refused:?}");
}

#[test]
fn annotations_that_do_not_fit_are_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let (other, gates) = (dir.path().join("other.json"), dir.path().join("gates.json"));
    let coco = |file: &str, class: &str| {
        format!(
            r#"{{"images": [{{"id": 1, "file_name": "{file}"}}], "categories": [{{"id": 1, "name": "{class}"}}],
            "annotations": [{{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}}]}}"#
        )
    };
    std::fs::write(&other, coco("none.jpg", "person")).unwrap();
    std::fs::write(&gates, coco("bus.jpg", "gate")).unwrap();
    for (annotations, expected) in [
        (dir.path().join("missing.json"), "missing.json"),
        (other, "is among these pictures"),
        (gates, "no class in common"),
        (dir.path().to_owned(), "has no label files"),
    ] {
        let run = compare(&[], Some(&annotations), &[&images]);
        assert!(run.error().contains(expected), "{expected}: {run:?}");
    }
    // A class that the models do not know says nothing of the boxes of others.
    let both = dir.path().join("both.json");
    let person = r#""categories": [{"id": 2, "name": "person"}, "#;
    std::fs::write(&both, coco("bus.jpg", "gate").replace(r#""categories": ["#, person)).unwrap();
    let run = compare(&[], Some(&both), &[&images]);
    let told = "objects of 1 class that FP32 does not know (the first is gate)";
    assert!(run.code == 0 && run.err.contains(told) && run.out.contains("truth: 0 objects in 1 image"), "{run:?}");
    // Text beside pictures that is no label is nobody's concern.
    std::fs::write(images.join("notes.txt"), "shot on Monday").unwrap();
    assert!(!compare(&["--json"], None, &[&images]).done().contains("truth"));
}
