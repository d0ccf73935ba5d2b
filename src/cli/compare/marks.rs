//! Verdicts as colours and lines.

use crate::annotate::{Mark, label_text};
use crate::compare::{Comparison, Verdict};
use crate::detect::Classes;

/// sRGB, after Okabe and Ito, whose colours people tell apart whatever their sight.
pub const MATCHED: [u8; 3] = [0, 158, 115];
pub const FLIP: [u8; 3] = [204, 121, 167];
pub const LOST: [u8; 3] = [230, 159, 0];
pub const GAINED: [u8; 3] = [86, 180, 233];

/// Both sets of boxes, A's solid and B's dashed, what differs on top.
pub fn of(comparison: &Comparison, classes: &Classes) -> Vec<Mark> {
    let (a, b) = (comparison.a(), comparison.b());
    let name = |class_id: usize| classes.name(class_id);
    let mut marks = Vec::with_capacity(a.len() + b.len());
    let (differing, matched): (Vec<&Verdict>, Vec<&Verdict>) = comparison.verdicts().iter().partition(|v| !v.agrees());
    for verdict in differing.into_iter().chain(matched) {
        let (rgb, label) = match *verdict {
            Verdict::Matched { a: i, b: j, .. } => {
                (MATCHED, format!("{} → {:.2}", label_text(name(a[i].class_id), a[i].score), b[j].score))
            }
            Verdict::ClassFlip { a: i, b: j, .. } => {
                let [from, to] = [a[i], b[j]].map(|d| label_text(name(d.class_id), d.score));
                (FLIP, format!("{from} → {to}"))
            }
            Verdict::Lost { a: i, .. } => (LOST, format!("{} lost", label_text(name(a[i].class_id), a[i].score))),
            Verdict::Gained { b: j, .. } => (GAINED, format!("{} gained", label_text(name(b[j].class_id), b[j].score))),
        };
        let boxes = [(verdict.a().map(|i| a[i]), false), (verdict.b().map(|j| b[j]), true)];
        let mut label = Some(label);
        for (detection, dashed) in boxes {
            if let Some(d) = detection {
                // A pair has one label.
                marks.push(Mark { bbox: d.bbox, rgb, dashed, label: label.take().unwrap_or_default() });
            }
        }
    }
    marks
}
