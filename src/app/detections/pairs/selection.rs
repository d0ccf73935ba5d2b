//! A selection that outlives the frame and the thresholds that it was made at.

use crate::compare::{Comparison, MIN_IOU, Verdict};
use crate::detect::Detection;

/// A selected pair by its boxes, because indices of verdicts change with every slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    a: Option<Detection>,
    b: Option<Detection>,
}

impl Selection {
    /// `None` for an index that the comparison does not have.
    pub fn new(comparison: &Comparison, verdict: usize) -> Option<Self> {
        let (a, b) = boxes(comparison, comparison.verdicts().get(verdict)?);
        Some(Self { a, b })
    }

    /// Where the pair is in a comparison of the *same frame*, perhaps at other thresholds: a box of the same candidate
    /// and class, on A's side first.
    pub fn find(&self, comparison: &Comparison) -> Option<usize> {
        let same = |mine: Option<Detection>, theirs: Option<Detection>| {
            mine.zip(theirs).is_some_and(|(x, y)| x.id == y.id && x.class_id == y.class_id)
        };
        let position = |holds: &dyn Fn(Option<Detection>, Option<Detection>) -> bool| {
            comparison.verdicts().iter().position(|verdict| {
                let (a, b) = boxes(comparison, verdict);
                holds(a, b)
            })
        };
        position(&|a, _| same(self.a, a)).or_else(|| position(&|_, b| same(self.b, b)))
    }

    /// Where the pair is in the comparison of the *next frame*: the same candidate, or else the box of the same class
    /// that overlaps it most. The selection becomes what was found.
    pub fn follow(&mut self, comparison: &Comparison) -> Option<usize> {
        let found = self.find(comparison).filter(|i| self.overlap(comparison, *i) >= MIN_IOU);
        let found = found.or_else(|| {
            let overlaps = (0..comparison.verdicts().len()).map(|i| (i, self.overlap(comparison, i)));
            overlaps.filter(|(_, iou)| *iou >= MIN_IOU).max_by(|x, y| x.1.total_cmp(&y.1)).map(|(i, _)| i)
        })?;
        *self = Self::new(comparison, found)?;
        Some(found)
    }

    /// The largest IoU of any of the boxes here with any there of the same class.
    fn overlap(&self, comparison: &Comparison, verdict: usize) -> f32 {
        let Some(verdict) = comparison.verdicts().get(verdict) else { return 0.0 };
        let (a, b) = boxes(comparison, verdict);
        let theirs = [a, b].into_iter().flatten();
        let overlap = |y: Detection| {
            let mine = [self.a, self.b].into_iter().flatten().filter(|x| x.class_id == y.class_id);
            mine.map(|x| x.bbox.iou(&y.bbox)).fold(0.0, f32::max)
        };
        theirs.map(overlap).fold(0.0, f32::max)
    }
}

fn boxes(comparison: &Comparison, verdict: &Verdict) -> (Option<Detection>, Option<Detection>) {
    let of = |found: &[Detection], index: Option<usize>| found.get(index?).copied();
    (of(comparison.a(), verdict.a()), of(comparison.b(), verdict.b()))
}
