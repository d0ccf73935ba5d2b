//! Letterbox, decode and NMS, checked against OpenCV and NumPy.
//!
//! `tests/data/*.json` come from `tests/reference/goldens.py`, which is written from the model card. Both sides
//! generate the same input from an integer formula.

use serde::Deserialize;
use twinsight::detect::{
    Decoder, Form, Frame, Letterbox, Letterboxer, Postprocessor, RawCandidate, RawHeads, Size, Thresholds, sigmoid,
};

#[derive(Deserialize)]
struct LetterboxCase {
    image: [u32; 2],
    scaled: [u32; 2],
    /// Left, top.
    corner: [u32; 2],
    /// x, y, red, green, blue.
    pixels: Vec<[u32; 5]>,
}

#[derive(Deserialize)]
struct DecodeCase {
    seed: u32,
    image: [u32; 2],
    score: f32,
    nms_iou: f32,
    candidates: usize,
    detections: Vec<(usize, f32, f32, f32, f32, f32)>,
}

/// Of 255: the same value.
const COLOUR_TOLERANCE: f32 = 1e-3;

/// In pixels. The reference computes in double precision, and a step of single precision at 1280 is 0.0001.
const CORNER_TOLERANCE: f32 = 1e-3;

const SCORE_TOLERANCE: f32 = 1e-6;

#[test]
fn letterbox_matches_opencv() {
    let cases: Vec<LetterboxCase> = serde_json::from_str(include_str!("../data/letterbox.json")).unwrap();
    assert_eq!(cases.len(), 6);
    let input = Size::new(416, 416);
    // One for all, as in a program that changes its source.
    let mut letterboxer = Letterboxer::new(input);
    for case in cases {
        let size = Size::new(case.image[0], case.image[1]);
        let place = letterboxer.fill(&picture(size));
        assert_eq!(place, Letterbox::new(size, input));
        assert_eq!((place.scaled, place.left, place.top), {
            (Size::new(case.scaled[0], case.scaled[1]), case.corner[0], case.corner[1])
        });
        for [x, y, rgb @ ..] in case.pixels {
            for (channel, expected) in rgb.into_iter().enumerate() {
                let at = channel * 416 * 416 + y as usize * 416 + x as usize;
                let got = letterboxer.tensor()[at] * 255.0;
                let off = (got - expected as f32).abs();
                assert!(off <= COLOUR_TOLERANCE, "{size} at {x},{y}, channel {channel}: {got}, OpenCV has {expected}");
            }
        }
    }
}

#[test]
fn decode_and_nms_match_numpy() {
    let cases: Vec<DecodeCase> = serde_json::from_str(include_str!("../data/decode.json")).unwrap();
    assert_eq!(cases.len(), 2);
    let form = Form::yolov4_tiny_416();
    let mut postprocessor = Postprocessor::default();
    for case in cases {
        let heads = synthetic_heads(case.seed);
        let letterbox = Letterbox::new(Size::new(case.image[0], case.image[1]), form.input);
        let candidates = Decoder::default().run(&form, &heads, &letterbox, case.score).len();
        assert_eq!(candidates, case.candidates, "candidates of seed {}", case.seed);
        let thresholds = Thresholds { score: case.score, nms_iou: case.nms_iou };
        let detections = postprocessor.run(&form, &heads, &letterbox, thresholds);
        assert_eq!(detections.len(), case.detections.len());
        for (got, &(class_id, score, x1, y1, x2, y2)) in detections.iter().zip(&case.detections) {
            let off = got.bbox.to_array().into_iter().zip([x1, y1, x2, y2]).map(|(a, b)| (a - b).abs());
            let same = got.class_id == class_id
                && (got.score - score).abs() <= SCORE_TOLERANCE
                && off.fold(0.0, f32::max) <= CORNER_TOLERANCE;
            assert!(same, "{got:?}, NumPy has class {class_id}, {score}, {:?}", [x1, y1, x2, y2]);
        }
    }
}

fn picture(size: Size) -> Frame {
    let mut frame = Frame::new(size).expect("a small picture");
    let width = size.width as usize;
    for (i, value) in frame.rgb_mut().iter_mut().enumerate() {
        let (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
        *value = ((x * 7 + y * 13 + c * 101 + (x * y) % 31) % 256) as u8;
    }
    frame
}

#[test]
fn what_the_raw_heads_hold_of_a_candidate_makes_its_score() {
    let form = Form::yolov4_tiny_416();
    let heads = synthetic_heads(1);
    let letterbox = Letterbox::new(form.input, form.input);
    let mut decoder = Decoder::default();
    let candidates = decoder.run(&form, &heads, &letterbox, 0.1);
    let mut looked_at = std::collections::BTreeSet::new();
    for found in candidates {
        let raw = RawCandidate::new(&form, &heads, found.id).expect("it was found there");
        assert_eq!(raw.score(found.class_id), Some(found.score), "bit for bit: {found:?}");
        let (columns, id) = (form.grid(&form.heads[usize::from(found.id.head)]).width as usize, found.id);
        assert_eq!(raw.row * columns + raw.column, id.cell as usize);
        // The box's centre may leave its cell by half of scale_x_y − 1 to either side.
        let head = &form.heads[usize::from(id.head)];
        let [tx, _, tw, _] = raw.geometry();
        let width = head.anchors[usize::from(id.anchor)][0] * tw.exp();
        let centre = (sigmoid(tx) * 1.05 - 0.025 + raw.column as f32) * head.stride as f32;
        if centre - width / 2.0 > 0.0 && centre + width / 2.0 < 416.0 {
            assert!((found.bbox.width() - width).abs() < 1e-3 && (found.bbox.x1 - (centre - width / 2.0)).abs() < 1e-3);
            looked_at.insert((id.head, id.anchor));
        }
    }
    assert!(looked_at.len() >= 4, "{looked_at:?} of {} candidates", candidates.len());
}

/// The generator of `goldens.py`, step by step.
fn synthetic_heads(seed: u32) -> RawHeads {
    let form = Form::yolov4_tiny_416();
    let mut heads = RawHeads::zeros(&form);
    let mut state = seed;
    for (values, head) in heads.heads.iter_mut().zip(&form.heads) {
        let cells = form.grid(head).area() as usize;
        for (i, value) in values.iter_mut().enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = (state >> 8) as f32 / (1u32 << 24) as f32;
            let (factor, offset) = match i / cells % form.planes() {
                0..2 => (2.0, -1.0),
                2..4 => (2.0, 0.0),
                4 => (24.0, -21.0),
                5..8 => (4.0, -2.0),
                _ => (4.0, -13.0),
            };
            *value = random * factor + offset;
        }
    }
    heads
}
