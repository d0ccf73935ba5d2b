//! COCO metrics, checked against pycocotools.
//!
//! `tests/data/evaluate.json` comes from `tests/reference/evaluate.py --golden`: generated annotations with crowds,
//! sizes on a boundary, equal scores and more detections than are counted, two sets of detections, and the results of
//! pycocotools 2.0.11.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use twinsight::detect::Classes;
use twinsight::workshop::evaluate::{ClassMap, Evaluation, Figures, FoundBox, Resampling, Truth, TruthId};

use crate::not_checked::not_checked;

#[derive(Deserialize)]
struct Golden {
    truth: serde_json::Value,
    sets: Vec<Set>,
}

#[derive(Deserialize)]
pub struct Set {
    /// Image id, category id, score, left, top, width, height.
    pub found: Vec<(i64, i64, f32, f64, f64, f64, f64)>,
    figures: [f64; 12],
    /// AP, AP50, AP75 by category id.
    classes: BTreeMap<i64, [f64; 3]>,
    /// At all thresholds, at 0.5, at 0.75.
    curves: [Vec<f64>; 3],
}

pub struct Case {
    pub truth: Truth,
    pub sets: Vec<Set>,
}

impl Case {
    pub fn read() -> Self {
        let Golden { truth, sets } = serde_json::from_str(include_str!("../data/evaluate.json")).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), truth.to_string()).unwrap();
        Self { truth: Truth::read(file.path()).unwrap(), sets }
    }

    pub fn found(&self, set: usize, image: usize) -> Vec<FoundBox> {
        let of_image = self.sets[set].found.iter().filter(|f| TruthId::from(f.0) == self.truth.images[image].id);
        of_image
            .map(|&(_, category, score, x, y, w, h)| {
                let category = self.truth.categories.iter().position(|c| c.id == TruthId::from(category)).unwrap();
                FoundBox { category, score, xywh: [x, y, w, h] }
            })
            .collect()
    }

    /// Both sets over those pictures, in any order.
    pub fn evaluate(&self, images: impl Iterator<Item = usize>) -> Evaluation {
        let mut evaluation = Evaluation::new(&self.truth, 2);
        for image in images {
            evaluation.add(&self.truth, image, &[self.found(0, image), self.found(1, image)]);
        }
        evaluation
    }

    fn all(&self) -> Evaluation {
        self.evaluate((0..self.truth.images.len()).rev())
    }
}

const CLOSE: f64 = 1e-9;

#[test]
fn the_twelve_figures_are_those_of_pycocotools() {
    let case = Case::read();
    let evaluation = case.all();
    assert_eq!(evaluation.pictures(), 24);
    for (model, set) in case.sets.iter().enumerate() {
        let ours = evaluation.figures(model).to_array();
        for ((name, ours), theirs) in Figures::NAMES.iter().zip(ours).zip(set.figures) {
            assert!((ours.unwrap() - theirs).abs() < CLOSE, "set {model}, {name}: {ours:?}, and not {theirs}");
        }
    }
}

#[test]
fn classes_and_curves_are_those_of_pycocotools() {
    let case = Case::read();
    let evaluation = case.all();
    for (model, set) in case.sets.iter().enumerate() {
        for (category, ours) in case.truth.categories.iter().zip(evaluation.classes(model)) {
            let theirs = set.classes.iter().find(|(id, _)| TruthId::from(**id) == category.id);
            match theirs.map(|(_, theirs)| theirs) {
                Some(theirs) => {
                    let ours = [ours.ap, ours.ap50, ours.ap75].map(Option::unwrap);
                    assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < CLOSE), "{ours:?} {theirs:?}");
                }
                None => assert_eq!((ours.things, ours.ap), (0, None), "{}", category.name),
            }
        }
        let ours = evaluation.curves(model);
        for (ours, theirs) in [ours.mean, ours.at_50, ours.at_75].iter().zip(&set.curves) {
            assert_eq!(ours.len(), theirs.len());
            assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < CLOSE), "{ours:?}\n{theirs:?}");
        }
    }
}

/// `tests/data/coco_forms.json` comes from `tests/reference/coco_forms.py`: annotations in the forms that other programs write,
/// with the figures of pycocotools 2.0.11 on the same file. Where pycocotools raises an error, they are of the file as mended there.
#[test]
fn other_forms_of_annotations_give_the_figures_of_pycocotools() {
    #[derive(Deserialize)]
    struct Forms {
        /// File, class, score, left, top, width, height.
        found: Vec<(String, String, f32, f64, f64, f64, f64)>,
        forms: Vec<Form>,
    }
    #[derive(Deserialize)]
    struct Form {
        name: String,
        file: String,
        /// −1 = there is nothing of that size.
        figures: [f64; 12],
    }
    let Forms { found, forms } = serde_json::from_str(include_str!("../data/coco_forms.json")).unwrap();
    assert!(forms.len() > 30);
    for Form { name, file: text, figures } in forms {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let truth = Truth::read(file.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let map = ClassMap::new("a model", &Classes::new(["person", "dog"]), &truth).unwrap();
        let mut evaluation = Evaluation::new(&truth, 1);
        for (image, about) in truth.images.iter().enumerate() {
            let of_image = found.iter().filter(|f| f.0 == about.file).map(|(_, class, score, x, y, w, h)| {
                let category = map.category(usize::from(class == "dog")).unwrap();
                FoundBox { category, score: *score, xywh: [*x, *y, *w, *h] }
            });
            evaluation.add(&truth, image, &[of_image.collect()]);
        }
        for ((figure, ours), theirs) in Figures::NAMES.iter().zip(evaluation.figures(0).to_array()).zip(figures) {
            assert!((ours.unwrap_or(-1.0) - theirs).abs() < CLOSE, "{name}, {figure}: {ours:?}, and not {theirs}");
        }
    }
}

/// As after an interruption: half of the pictures give what annotations of those alone give.
#[test]
fn pictures_that_are_not_done_do_not_count() {
    let case = Case::read();
    let half = case.evaluate((0..24).filter(|i| i % 2 == 0));
    let mut truth = case.truth.clone();
    let mut place = 0..;
    truth.images.retain(|_| place.next().unwrap() % 2 == 0);
    let alone = Case { truth, sets: Case::read().sets }.all_of_truth();
    assert_eq!(half.pictures(), 12);
    assert_eq!(half.figures(0), alone.figures(0));
    assert_ne!(half.figures(0), case.all().figures(0));
}

impl Case {
    fn all_of_truth(&self) -> Evaluation {
        self.evaluate(0..self.truth.images.len())
    }
}

#[test]
fn intervals_are_the_same_every_time_and_on_any_number_of_threads() {
    let evaluation = Case::read().all();
    let one = Resampling { resamples: 300, seed: 9, threads: 1 };
    let intervals = evaluation.intervals(&one);
    assert_eq!(intervals, evaluation.intervals(&Resampling { threads: 3, ..one }));
    assert_ne!(intervals, evaluation.intervals(&Resampling { seed: 10, ..one }));
    for (model, intervals) in intervals.iter().enumerate() {
        let figures = evaluation.figures(model).to_array();
        for (interval, figure) in intervals.figures.iter().zip(figures) {
            let (interval, figure) = (interval.unwrap(), figure.unwrap());
            // Half of the pictures flatter, so that the middle lies below what was measured.
            assert!(interval.low < figure && interval.high < 1.0, "{interval:?} {figure}");
            assert!(f64::midpoint(interval.low, interval.high) < figure + 0.03, "{interval:?} {figure}");
        }
    }
    // A model does not differ from itself; the blurred one is worse, but 24 pictures do not make that sure.
    assert!(intervals[0].differences.iter().all(|d| d.is_some_and(|d| (d.low, d.high) == (0.0, 0.0))));
    let difference = intervals[1].differences[0].unwrap();
    assert!(difference.low < difference.high && f64::midpoint(difference.low, difference.high) < 0.0, "{difference:?}");
}

#[test]
fn without_pictures_there_are_no_figures() {
    let case = Case::read();
    let evaluation = case.evaluate(std::iter::empty());
    assert_eq!(evaluation.figures(0), Figures::default());
    assert!(evaluation.intervals(&Resampling::default())[0].figures.iter().all(Option::is_none));
    assert!(evaluation.curves(0).mean.iter().all(|p| *p == 0.0));
}

/// `tests/data/evaluate_coco.json` comes from `tests/reference/evaluate.py --packed`, with pycocotools 2.0.11.
#[test]
fn coco_itself_gives_the_figures_of_pycocotools() {
    let golden: BTreeMap<String, [f64; 12]> = serde_json::from_str(include_str!("../data/evaluate_coco.json")).unwrap();
    for (set, evaluation) in coco("COCO's figures") {
        assert_eq!(evaluation.pictures(), 250);
        for ((name, ours), theirs) in
            Figures::NAMES.iter().zip(evaluation.figures(0).to_array()).zip(golden[set.as_str()])
        {
            assert!((ours.unwrap() - theirs).abs() < 1e-6, "{set}, {name}: {ours:?}, and not {theirs}");
        }
    }
}

/// Golden detections in 250 pictures of COCO, by model: 80 classes, ids with gaps, crowds. Says aloud that `what` was not checked
/// where the annotations are missing.
pub fn coco(what: &str) -> Vec<(String, Evaluation)> {
    let annotations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/coco/instances_val.json");
    if !annotations.is_file() {
        not_checked(what, format!("{} is missing", annotations.display()));
        return Vec::new();
    }
    type Rows = Vec<(usize, f32, f64, f64, f64, f64)>;
    let truth = Truth::read(&annotations).unwrap();
    let map = ClassMap::new("a model", &Classes::coco(), &truth).unwrap();
    let found: BTreeMap<String, BTreeMap<String, Rows>> =
        serde_json::from_str(include_str!("../data/detect_coco.json")).unwrap();
    let of_model = |(set, pictures): (String, BTreeMap<String, Rows>)| {
        let mut evaluation = Evaluation::new(&truth, 1);
        for (image, about) in truth.images.iter().enumerate() {
            let found = pictures[&about.file].iter().map(|&(class, score, x1, y1, x2, y2)| FoundBox {
                category: map.category(class).unwrap(),
                score,
                xywh: [x1, y1, x2 - x1, y2 - y1],
            });
            evaluation.add(&truth, image, &[found.collect()]);
        }
        (set, evaluation)
    };
    found.into_iter().map(of_model).collect()
}

#[test]
fn the_ap_of_one_picture_is_that_of_annotations_of_it_alone() {
    let case = Case::read();
    let mut evaluation = Evaluation::new(&case.truth, 2);
    for image in 0..case.truth.images.len() {
        let found = [case.found(0, image), case.found(1, image)];
        let alone = evaluation.add(&case.truth, image, &found);
        for (model, alone) in alone.into_iter().enumerate() {
            let mut one = Evaluation::new(&case.truth, 1);
            one.add(&case.truth, image, &found[model..=model]);
            let expected = one.figures(0).ap;
            assert_eq!(alone.is_some(), expected.is_some(), "{image}");
            assert!((alone.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12, "{image}: {alone:?} {expected:?}");
        }
    }
}
