//! Truth in three forms, and labels that are written.

use std::path::{Path, PathBuf};

use serde_json::json;
use twinsight::compare::truth::{FoundBox, Judgement, TruthBox, judge_boxes};
use twinsight::detect::{BBox, CandidateId, Classes, Detection, Size};
use twinsight::workshop::evaluate::Truth;
use twinsight::workshop::labels::{
    LabelError, LabelSources, LabelledPicture, coco_labels, find_annotations, read_annotations, voc_label, yolo_label,
    yolo_names,
};

const NAMES: [&str; 3] = ["gate", "a & b", "drone"];
const SIZE: Size = Size { width: 640, height: 427 };

/// Class, left, top, right, bottom.
type Object = (usize, [f64; 4]);

/// Two pictures with objects, and one without.
fn objects() -> [(&'static str, Vec<Object>); 3] {
    [
        ("one.jpg", vec![(2, [10.0, 20.5, 110.25, 220.0]), (0, [300.0, 100.0, 420.0, 201.0])]),
        ("three.png", Vec::new()),
        ("two.jpg", vec![(1, [0.0, 0.0, 640.0, 427.0]), (2, [15.0, 25.0, 20.0, 31.0]), (0, [600.0, 1.0, 640.0, 90.0])]),
    ]
}

/// Right ones, moved ones, of other classes, twice, and where nothing is.
fn found() -> Vec<Vec<FoundBox>> {
    let of_picture = |(_, objects): (&str, Vec<Object>)| {
        let mut found = vec![FoundBox { category: 1, score: 0.2, xywh: [500.0, 300.0, 20.0, 20.0] }];
        for (place, (class, [x1, y1, x2, y2])) in objects.into_iter().enumerate() {
            let (w, h) = (x2 - x1, y2 - y1);
            let mut add =
                |category: usize, score: f32, x: f64| found.push(FoundBox { category, score, xywh: [x, y1, w, h] });
            add(class, 0.9 - place as f32 / 10.0, x1 + w * 0.05);
            add(class, 0.5, x1 + w * 0.1);
            add((class + 1) % 3, 0.6, x1);
            add(class, 0.4, x1 + w * 0.6);
        }
        found
    };
    objects().into_iter().map(of_picture).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(dir)
    }

    fn read(&self, annotations: &str) -> Result<Truth, LabelError> {
        self.read_with(annotations, None)
    }

    fn read_with(&self, annotations: &str, classes: Option<&Classes>) -> Result<Truth, LabelError> {
        let images = self.0.path().join("images");
        let pictures: Vec<PathBuf> = objects().iter().map(|(name, _)| images.join(name)).collect();
        let size = |_: &Path| Some(SIZE);
        let sources = LabelSources { images: &images, pictures: &pictures, classes, size: &size };
        read_annotations(&self.0.path().join(annotations), &sources)
    }
}

fn yolo() -> Vec<(&'static str, String)> {
    let line = |(class, [x1, y1, x2, y2]): &(usize, [f64; 4])| {
        let (w, h) = (f64::from(SIZE.width), f64::from(SIZE.height));
        format!(
            "{class} {:.6} {:.6} {:.6} {:.6}",
            (x1 + x2) / 2.0 / w,
            (y1 + y2) / 2.0 / h,
            (x2 - x1) / w,
            (y2 - y1) / h
        )
    };
    let [one, three, two] = objects().map(|(_, objects)| objects.iter().map(line).collect::<Vec<_>>().join("\n"));
    vec![("labels/one.txt", one), ("labels/three.txt", three), ("labels/two.txt", two), ("data.yaml", yaml())]
}

fn yaml() -> String {
    "path: .\nnames:\n  0: gate\n  1: 'a & b'\n  2: drone\n".to_owned()
}

fn voc() -> Vec<(&'static str, String)> {
    let object = |(class, [x1, y1, x2, y2]): &(usize, [f64; 4])| {
        let name = NAMES[*class].replace('&', "&amp;");
        format!(
            "<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        )
    };
    let [one, _, two] = objects().map(|(_, objects)| {
        format!(
            "<annotation><filename>old.jpg</filename>{}</annotation>",
            objects.iter().map(object).collect::<String>()
        )
    });
    vec![("Annotations/one.xml", one), ("Annotations/two.xml", two)]
}

fn coco() -> Vec<(&'static str, String)> {
    let (mut images, mut annotations) = (Vec::new(), Vec::new());
    for ((name, objects), image) in objects().into_iter().zip(1..) {
        images.push(json!({"id": image, "file_name": name}));
        for (class, [x1, y1, x2, y2]) in objects {
            let bbox = [x1, y1, x2 - x1, y2 - y1];
            annotations.push(json!({"image_id": image, "category_id": 70 - class, "bbox": bbox}));
        }
    }
    let categories: Vec<_> =
        NAMES.iter().enumerate().map(|(class, name)| json!({"id": 70 - class, "name": name})).collect();
    vec![("truth.json", json!({"images": images, "annotations": annotations, "categories": categories}).to_string())]
}

/// With classes as in [`NAMES`], whatever the numbers of the form.
fn judged(truth: &Truth) -> Vec<(String, Judgement)> {
    let class = |category: usize| NAMES.iter().position(|name| *name == truth.categories[category].name).unwrap();
    let of_picture = |(image, found): (&twinsight::workshop::evaluate::TruthImage, Vec<FoundBox>)| {
        let boxes: Vec<TruthBox> = image.boxes.iter().map(|b| TruthBox { category: class(b.category), ..*b }).collect();
        let mut judged = judge_boxes(&boxes, &found);
        // Six digits of a part of the picture are less than a thousandth of a pixel.
        judged.boxes.iter_mut().for_each(|judged| judged.iou = (judged.iou * 1e3).round() / 1e3);
        (image.file.clone(), judged)
    };
    truth.images.iter().zip(found()).map(of_picture).collect()
}

#[test]
fn truth_in_every_form_gives_the_same_verdicts() {
    let [yolo, voc, coco] = [yolo(), voc(), coco()].map(|files| Folder::new(&files));
    let expected = judged(&coco.read("truth.json").unwrap());
    let kinds: std::collections::BTreeSet<_> =
        expected.iter().flat_map(|(_, judged)| &judged.boxes).map(|judged| judged.error).collect();
    assert!(kinds.len() >= 4, "{kinds:?}");
    assert_eq!(judged(&yolo.read("labels").unwrap()), expected);
    assert_eq!(judged(&yolo.read("data.yaml").unwrap()), expected);
    let read = voc.read("Annotations").unwrap();
    assert_eq!(read.remarks, ["1 picture has no label file, and counts as empty"]);
    assert_eq!(judged(&read), expected);
}

#[test]
fn labels_that_are_written_are_read_as_they_were() {
    let classes = Classes::new(NAMES);
    let id = CandidateId { head: 0, anchor: 0, cell: 0 };
    let pictures = objects().map(|(name, objects)| LabelledPicture {
        file: name.to_owned(),
        size: SIZE,
        detections: objects
            .into_iter()
            .map(|(class_id, corners)| {
                let [x1, y1, x2, y2] = corners.map(|v| v as f32);
                Detection { class_id, score: 0.5, bbox: BBox::new(x1, y1, x2, y2), id }
            })
            .collect(),
    });
    let expected = judged(&Folder::new(&coco()).read("truth.json").unwrap());
    let stems = ["one", "three", "two"];
    let label_files = |ending: &str, text: &dyn Fn(&LabelledPicture) -> String| -> Vec<(String, String)> {
        stems.iter().zip(&pictures).map(|(stem, picture)| (format!("out/{stem}.{ending}"), text(picture))).collect()
    };
    let mut yolo = label_files("txt", &yolo_label);
    yolo.push(("out/classes.txt".into(), yolo_names(&classes)));
    let voc = label_files("xml", &|picture| voc_label(picture, &classes));
    let coco = vec![("out/annotations.json".to_owned(), coco_labels(&classes, &pictures).unwrap())];
    for (files, annotations) in [(yolo, "out"), (voc, "out"), (coco, "out/annotations.json")] {
        let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        assert_eq!(judged(&Folder::new(&files).read(annotations).unwrap()), expected, "{files:?}");
    }
}

#[test]
fn names_come_from_a_file_or_from_the_model() {
    let mut files = yolo();
    files.pop();
    let without = Folder::new(&files);
    assert!(matches!(without.read("labels"), Err(LabelError::NoNames(_))));
    let names = |truth: Truth| truth.categories.into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(names(without.read_with("labels", Some(&Classes::new(NAMES))).unwrap()), NAMES);
    for place in ["labels/classes.txt", "obj.names", "images/things.names"] {
        let mut files = files.clone();
        files.push((place, NAMES.join("\n")));
        assert_eq!(names(Folder::new(&files).read("labels").unwrap()), NAMES, "{place}");
    }
}

#[test]
fn what_is_wrong_with_labels_is_told() {
    let error =
        |files: &[(&str, String)], annotations: &str| Folder::new(files).read(annotations).unwrap_err().to_string();
    let label = |text: &str| [("labels/one.txt", text.to_owned()), ("data.yaml", yaml())];
    for (text, expected) in [
        ("0 1 2 3", "one.txt: line 1 has 4 values"),
        ("7 0.5 0.5 0.1 0.1", "one.txt: line 1 is of class 7, but there are only 3 names"),
        ("0 50 50 10 10", "one.txt: line 1: 50 is not between 0 and 1"),
        ("", "have no boxes: there is nothing to measure against"),
        ("0 0.5 0.5\u{0} 0.1 0.1", "one.txt: line 1 is not UTF-8"),
    ] {
        let error = error(&label(text), "labels");
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert!(error(&[("labels/classes.txt", "gate".into())], "labels").contains("has no label files"));
    let stray = error(&[("labels/other.txt", "0 0.5 0.5 0.1 0.1".into()), ("data.yaml", yaml())], "labels");
    assert!(stray.contains("belongs to a picture in") && stray.contains("other.txt"), "{stray}");
    assert!(error(&[("Annotations/one.xml", "<annotation>".into())], "Annotations").contains("one.xml: it is not XML"));
    assert!(error(&[], "none.json").contains("cannot read the annotations"));
    assert_eq!(find_annotations(Path::new("/nowhere")), None);
}
