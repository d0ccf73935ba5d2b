//! The boxes that a replay must give, as a file, and what differs from them.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::output::escape::on_a_line;
use crate::detect::{BBox, Classes, Detection};
use crate::files::{FileFormat, has_keys, read_limited};
use crate::model::{Arithmetic, ModelInfo};

/// The most bytes of such a file: an hour of frames with many boxes.
const MAX_BYTES: u64 = 512 << 20;

const KIND: &str = "twinsight_expected";

/// What `replay --write-expected` writes.
pub const EXPECTED: FileFormat =
    FileFormat { name: "the expected boxes of a recording", reads: MAX_BYTES, is: |bytes| has_keys(bytes, &[KIND]) };

/// Boxes of the same class that overlap by this much are one box that has changed.
const SAME_BOX: f32 = 0.5;

/// All frames of a replay.
#[derive(Debug, Deserialize, Serialize)]
pub struct ExpectedBoxes {
    /// The version of this form: 1.
    pub twinsight_expected: u32,
    pub models: Vec<ReplayedModel>,
    pub frames: Vec<FrameBoxes>,
}

/// A model whose boxes they are.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ReplayedModel {
    pub name: String,
    pub sha256: String,
    /// A float model has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<Arithmetic>,
}

impl ReplayedModel {
    pub fn of(info: &ModelInfo) -> Self {
        Self { name: info.name.clone(), sha256: info.sha256.clone(), arithmetic: info.arithmetic.clone() }
    }
}

/// One frame: the boxes of each model, A first.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub struct FrameBoxes {
    /// In the recording, from 0.
    pub frame: u64,
    /// Since the first one.
    pub time_s: f64,
    pub models: Vec<ModelBoxes>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub struct ModelBoxes {
    /// "FP32"
    pub model: String,
    pub detections: Vec<ReplayedBox>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ReplayedBox {
    pub class_id: usize,
    pub class: String,
    pub score: f32,
    /// x1, y1, x2, y2 in pixels of the frame.
    #[serde(rename = "box")]
    pub bbox: [f32; 4],
}

impl ReplayedBox {
    pub fn of(detection: &Detection, classes: &Classes) -> Self {
        let Detection { class_id, score, bbox, .. } = *detection;
        let class = classes.name_in_files(class_id).to_owned();
        Self { class_id, class, score, bbox: bbox.to_array() }
    }

    fn iou(&self, other: &Self) -> f32 {
        let [a, b] = [self, other].map(|b| BBox::new(b.bbox[0], b.bbox[1], b.bbox[2], b.bbox[3]));
        a.iou(&b)
    }
}

impl ExpectedBoxes {
    pub const VERSION: u32 = 1;

    /// Reads a file. The message names it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = read_limited(path, MAX_BYTES).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let expected: Self = serde_json::from_slice(&bytes).map_err(|e| {
            format!("{} is not a file of `replay --write-expected`: {e}; write it again", path.display())
        })?;
        if expected.twinsight_expected != Self::VERSION {
            let version = expected.twinsight_expected;
            return Err(format!("{} has version {version} of its form; write it again", path.display()));
        }
        Ok(expected)
    }
}

/// A box that is not as it was expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxChange {
    /// Expected, and not there.
    Lost(ReplayedBox),
    /// There, and not expected.
    Gained(ReplayedBox),
    /// There, with another score or at another place.
    Changed { expected: ReplayedBox, found: ReplayedBox },
}

impl fmt::Display for BoxChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |b: &ReplayedBox| {
            let [x1, y1, x2, y2] = b.bbox;
            format!("{} {:.3} at {x1:.1} {y1:.1} {x2:.1} {y2:.1}", on_a_line(&b.class), b.score)
        };
        match self {
            Self::Lost(b) => write!(f, "lost {}", one(b)),
            Self::Gained(b) => write!(f, "gained {}", one(b)),
            Self::Changed { expected, found } => {
                write!(f, "changed {}", one(expected))?;
                if expected.score != found.score {
                    write!(f, ", score now {}", found.score)?;
                }
                let off = expected.bbox.iter().zip(found.bbox).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
                if off > 0.0 { write!(f, ", off by {off} px") } else { Ok(()) }
            }
        }
    }
}

/// What differs, in the order of the expected boxes, then of the others. Equal is what has the very same bits.
pub fn changes(expected: &[ReplayedBox], found: &[ReplayedBox]) -> Vec<BoxChange> {
    let mut left: Vec<&ReplayedBox> = found.iter().collect();
    let mut take = |is_it: &dyn Fn(&ReplayedBox) -> bool| {
        left.iter().position(|found| is_it(found)).map(|at| left.remove(at).clone())
    };
    // Those that are equal first, so that none of them is taken for a changed one.
    let missing: Vec<&ReplayedBox> =
        expected.iter().filter(|e| take(&|found: &ReplayedBox| found == *e).is_none()).collect();
    let mut changes = Vec::new();
    for expected in missing {
        let same = |found: &ReplayedBox| found.class_id == expected.class_id && found.iou(expected) > SAME_BOX;
        changes.push(match take(&same) {
            Some(found) => BoxChange::Changed { expected: expected.clone(), found },
            None => BoxChange::Lost(expected.clone()),
        });
    }
    changes.extend(left.into_iter().cloned().map(BoxChange::Gained));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(class_id: usize, score: f32, left: f32) -> ReplayedBox {
        ReplayedBox { class_id, class: format!("c{class_id}"), score, bbox: [left, 0.0, left + 10.0, 10.0] }
    }

    #[test]
    fn equal_boxes_are_equal_in_any_order_and_others_are_told() {
        let expected = [found(0, 0.9, 0.0), found(1, 0.8, 50.0), found(2, 0.7, 100.0)];
        let turned = [expected[2].clone(), expected[0].clone(), expected[1].clone()];
        assert_eq!(changes(&expected, &turned), []);
        let other = [found(0, 0.9, 0.0), found(1, 0.75, 51.0), found(3, 0.7, 100.0)];
        let told = changes(&expected, &other);
        let changed = BoxChange::Changed { expected: expected[1].clone(), found: other[1].clone() };
        assert_eq!(told, [changed, BoxChange::Lost(expected[2].clone()), BoxChange::Gained(other[2].clone())]);
        assert_eq!(told[0].to_string(), "changed c1 0.800 at 50.0 0.0 60.0 10.0, score now 0.75, off by 1 px");
        assert!(told[1].to_string().starts_with("lost c2") && told[2].to_string().starts_with("gained c3"));
    }

    #[test]
    fn a_box_comes_back_from_its_json_bit_by_bit() {
        let one = ReplayedBox { score: f32::from_bits(0x3eaa_aaab), ..found(1, 0.0, 1.0 / 3.0) };
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<ReplayedBox>(&text).unwrap(), one);
    }
}
