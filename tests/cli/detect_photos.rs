//! What the program detects in the two sample photos, checked against OpenCV, onnxruntime and NumPy.
//!
//! `tests/data/detect_photos.json` comes from
//!
//! ```text
//! python3 tests/reference/detect.py --model models/yolov4-tiny-416_float.onnx models/downloads/{bus,zidane}.jpg > /tmp/photos.jsonl
//! python3 tests/reference/pack.py fp32=/tmp/photos.jsonl > tests/data/detect_photos.json
//! ```
//!
//! OpenCV's JPEG decoder differs from ours in the last bits, hence the tolerances.

use crate::detections::{Rule, golden, lines, without_partner};
use crate::photos::photos;
use crate::program::twinsight;
use crate::run::Run;

#[test]
fn the_sample_photos_show_what_the_reference_sees() {
    let golden = golden(include_str!("../data/detect_photos.json"), "fp32");
    let counts: Vec<usize> = golden.values().map(Vec::len).collect();
    assert_eq!(counts, [4, 5]);
    let lines = lines(&Run::of(twinsight().args(["detect", "--json"]).args(photos())).done());
    assert_eq!(lines.len(), 2);
    for (line, (picture, theirs)) in lines.iter().zip(&golden) {
        assert!(line.source.ends_with(picture), "{} where {picture} belongs", line.source);
        let alone = without_partner(&line.detections, theirs, Rule { iou: 0.98, score: 0.01 });
        assert!(alone.is_empty(), "{picture}: on one side only {alone:#?}");
    }
}
