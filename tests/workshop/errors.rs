//! Kinds of error, checked against TIDE's own program.
//!
//! `tests/data/tide.json` and `tide_coco.json` come from `tests/reference/tide.py`, with tidecv 1.0.1.

use std::collections::BTreeMap;

use serde::Deserialize;
use twinsight::compare::truth::ErrorKind;
use twinsight::workshop::evaluate::{Evaluation, ScoreSweep};

use crate::evaluate::{Case, coco};

#[derive(Deserialize)]
struct Errors {
    ap50: f64,
    counts: [usize; 6],
    losses: [f64; 6],
}

fn check(evaluation: &Evaluation, model: usize, theirs: &Errors, what: &str) {
    let ours = evaluation.errors(model);
    assert_eq!(ours.counts, theirs.counts, "{what}");
    assert!((ours.ap50 - theirs.ap50).abs() < 1e-9, "{what}: {} and not {}", ours.ap50, theirs.ap50);
    for (kind, (ours, theirs)) in ErrorKind::ALL.iter().zip(ours.losses.iter().zip(theirs.losses)) {
        assert!((ours - theirs).abs() < 1e-9, "{what}, {}: {ours} and not {theirs}", kind.name());
    }
}

#[test]
fn kinds_of_error_and_what_they_cost_are_those_of_tidecv() {
    let golden: BTreeMap<String, Errors> = serde_json::from_str(include_str!("../data/tide.json")).unwrap();
    let case = Case::read();
    let evaluation = case.evaluate(0..case.truth.images.len());
    assert_eq!(golden.len(), 2);
    for (model, theirs) in golden.values().enumerate() {
        check(&evaluation, model, theirs, &format!("set {model}"));
    }
}

#[test]
fn on_coco_itself_kinds_of_error_are_those_of_tidecv() {
    let golden: BTreeMap<String, Errors> = serde_json::from_str(include_str!("../data/tide_coco.json")).unwrap();
    for (set, evaluation) in coco("TIDE's errors on COCO") {
        check(&evaluation, 0, &golden[&set], &set);
    }
}

/// Whatever is counted at the working point must add up.
#[test]
fn at_the_working_point_every_object_and_every_box_is_in_one_place() {
    let case = Case::read();
    let evaluation = case.evaluate(0..case.truth.images.len());
    for (model, set) in case.sets.iter().enumerate() {
        let point = evaluation.working_point(model);
        let objects = case.truth.images.iter().flat_map(|image| &image.boxes).filter(|b| !b.crowd).count();
        assert_eq!(point.objects(), objects);
        let of_objects: usize =
            point.confusion.iter().filter(|((object, _), _)| object.is_some()).map(|(_, count)| count).sum();
        assert_eq!(of_objects, objects);
        // One picture has more than are evaluated.
        let kept = |image: usize| {
            let mut scores: Vec<f32> = case.found(model, image).iter().map(|found| found.score).collect();
            scores.sort_by(|a, b| b.total_cmp(a));
            scores.iter().take(100).filter(|score| **score > 0.25).count()
        };
        let boxes: usize = (0..case.truth.images.len()).map(kept).sum();
        assert!(boxes < set.found.len());
        assert_eq!(point.right + point.wrong() + point.ignored, boxes);
        let on_the_diagonal: usize =
            point.confusion.iter().filter(|((object, found), _)| object == found).map(|(_, count)| count).sum();
        assert_eq!(on_the_diagonal, point.right);
        let wrong: usize = point.errors[..5].iter().sum();
        assert_eq!(wrong, point.wrong());
        let ScoreSweep { recall, precision, best, .. } = evaluation.score_sweep(model);
        assert!((recall[25] - point.right as f64 / objects as f64).abs() < 1e-12);
        let share = point.right as f64 / (point.right + point.wrong()) as f64;
        assert!((precision[25].unwrap() - share).abs() < 1e-12);
        assert!(best.unwrap().f1 > 0.3);
    }
}
