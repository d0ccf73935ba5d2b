//! What the program detects in COCO images, checked against OpenCV, onnxruntime and NumPy.
//!
//! The images belong to their photographers and are not in this repository: if they are not beside it, the tests
//! check nothing and say so. Of the 250 in `tests/data/detect_coco.json` every third is looked at. That file comes from
//!
//! ```text
//! P=../shared/coco/val M=models/yolov4-tiny-416
//! python3 tests/reference/detect.py --model ${M}_float.onnx $P/*.jpg > /tmp/fp32.jsonl
//! python3 tests/reference/detect.py --model ${M}_int8_qop.onnx $P/*.jpg > /tmp/int8.jsonl
//! python3 tests/reference/pack.py fp32=/tmp/fp32.jsonl int8=/tmp/int8.jsonl > tests/data/detect_coco.json
//! ```
//!
//! OpenCV decodes JPEG with libjpeg-turbo and we with zune-jpeg, and the two differ in the last bits. A detection
//! near the threshold may therefore end up on the other side of it, and where two candidates for one object are about
//! equally strong, NMS may keep the other one. With identical pixels nothing differs (`tests/reference/README.md`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::detections::{Found, Rule, golden, lines, without_partner};
use crate::not_checked::not_checked;
use crate::photos::photos;
use crate::program::{root, twinsight};
use crate::run::Run;

const GOLDEN: &str = include_str!("../data/detect_coco.json");

/// Scores over this cannot come near the threshold of 0.25 by a decoder's last bits.
const CLEAR: f64 = 0.27;

#[test]
fn fp32_sees_what_the_reference_sees() {
    let theirs = some_of(golden(GOLDEN, "fp32"));
    let Some(ours) = detect("fp32", &theirs) else { return };
    let rule = Rule { iou: 0.98, score: 0.01 };
    let (mut total, mut clear) = (Share::default(), Share::default());
    for (picture, theirs) in &theirs {
        let ours = &ours[picture];
        let alone = without_partner(ours, theirs, rule);
        let is_clear = |side: &[Found]| side.iter().filter(|d| d.score > CLEAR).count();
        total.add(alone.len(), ours.len() + theirs.len());
        clear.add(is_clear(&alone), is_clear(ours) + is_clear(theirs));
    }
    assert!(total.of > 650, "only {} detections", total.of);
    assert!(total.fraction() <= 0.01, "{} of {} detections have no partner", total.part, total.of);
    assert!(clear.fraction() <= 0.006, "{} of {} away from the threshold have no partner", clear.part, clear.of);
}

/// Coarse steps flip with the last bits of the input: of INT8 only much the same can be asked.
#[test]
fn int8_sees_much_the_same_as_the_reference() {
    let theirs = some_of(golden(GOLDEN, "int8"));
    let Some(ours) = detect("int8", &theirs) else { return };
    let (mut share, mut counts) = (Share::default(), [0, 0]);
    for (picture, theirs) in &theirs {
        let ours = &ours[picture];
        let alone = without_partner(ours, theirs, Rule { iou: 0.5, score: 1.0 });
        share.add(alone.len(), ours.len() + theirs.len());
        counts = [counts[0] + ours.len(), counts[1] + theirs.len()];
    }
    let [ours, theirs] = counts;
    assert!(theirs > 300, "only {theirs} detections");
    assert!((ours as f64 / theirs as f64 - 1.0).abs() <= 0.05, "{ours} detections, and the reference has {theirs}");
    assert!(share.fraction() <= 0.1, "{} of {} detections have no partner", share.part, share.of);
}

#[derive(Default)]
struct Share {
    part: usize,
    of: usize,
}

impl Share {
    fn add(&mut self, part: usize, of: usize) {
        self.part += part;
        self.of += of;
    }

    fn fraction(&self) -> f64 {
        self.part as f64 / self.of as f64
    }
}

/// Every third picture: all of them take a minute.
fn some_of(golden: BTreeMap<String, Vec<Found>>) -> BTreeMap<String, Vec<Found>> {
    assert_eq!(golden.len(), 250);
    golden.into_iter().step_by(3).collect()
}

/// What the program finds in the golden file's pictures, by picture; `None` where they are not here.
fn detect(precision: &str, golden: &BTreeMap<String, Vec<Found>>) -> Option<BTreeMap<String, Vec<Found>>> {
    let dir = root().join("../shared/coco/val");
    if !dir.is_dir() {
        not_checked(format!("{precision} on COCO against the reference"), format!("{} is missing", dir.display()));
        return None;
    }
    // So that set-up's files are told of when they are missing.
    photos();
    let pictures: Vec<PathBuf> = golden.keys().map(|name| dir.join(name)).collect();
    let run = Run::of(twinsight().args(["detect", "--json", "--precision", precision]).args(&pictures));
    let lines = lines(&run.done());
    assert_eq!(lines.len(), pictures.len());
    let name = |source: &str| source.rsplit('/').next().unwrap_or_default().to_owned();
    Some(lines.into_iter().map(|line| (name(&line.source), line.detections)).collect())
}
