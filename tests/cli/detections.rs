//! Detections as printed and as stored in golden files, and whether two sets of them agree.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One line of `twinsight detect --json`.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub source: String,
    pub width: u32,
    pub height: u32,
    pub detections: Vec<Found>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Found {
    pub class_id: usize,
    pub score: f64,
    /// x1, y1, x2, y2 in image pixels.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
}

/// By set ("fp32", "int8") and picture, as `tests/reference/pack.py` writes them.
pub type Golden = BTreeMap<String, BTreeMap<String, Vec<(usize, f64, f64, f64, f64, f64)>>>;

/// The golden detections of one set, by picture.
pub fn golden(text: &str, set: &str) -> BTreeMap<String, Vec<Found>> {
    let mut all: Golden = serde_json::from_str(text).unwrap();
    let found = |(class_id, score, x1, y1, x2, y2)| Found { class_id, score, bbox: [x1, y1, x2, y2] };
    let pictures = all.remove(set).unwrap().into_iter();
    pictures.map(|(picture, rows)| (picture, rows.into_iter().map(found).collect())).collect()
}

pub fn lines(out: &str) -> Vec<Line> {
    out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// How alike two detections of a class must be to be the same.
#[derive(Clone, Copy)]
pub struct Rule {
    pub iou: f64,
    pub score: f64,
}

/// Those of either side that have no partner on the other, where each may be the partner of one.
pub fn without_partner(ours: &[Found], theirs: &[Found], rule: Rule) -> Vec<Found> {
    let mut pairs = Vec::new();
    for (i, a) in ours.iter().enumerate() {
        for (j, b) in theirs.iter().enumerate() {
            let overlap = iou(a.bbox, b.bbox);
            if a.class_id == b.class_id && overlap >= rule.iou && (a.score - b.score).abs() <= rule.score {
                pairs.push((overlap, i, j));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut left, mut right) = (vec![false; ours.len()], vec![false; theirs.len()]);
    for (_, i, j) in pairs {
        if !left[i] && !right[j] {
            (left[i], right[j]) = (true, true);
        }
    }
    let alone = |side: &[Found], paired: &[bool]| -> Vec<Found> {
        side.iter().zip(paired).filter(|(_, paired)| !**paired).map(|(found, _)| found.clone()).collect()
    };
    [alone(ours, &left), alone(theirs, &right)].concat()
}

/// Written independently, so that a fault in the program's own code does not hide itself.
pub fn iou(a: [f64; 4], b: [f64; 4]) -> f64 {
    let area = |[x1, y1, x2, y2]: [f64; 4]| (x2 - x1).max(0.0) * (y2 - y1).max(0.0);
    let both = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    if both > 0.0 { both / (area(a) + area(b) - both) } else { 0.0 }
}
