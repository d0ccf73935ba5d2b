//! What a person would see at one score threshold: right and wrong boxes, by kind, by size, and class for class.

use std::collections::BTreeMap;

use super::AREAS;
use crate::compare::truth::{BoxJudgement, ErrorKind, FoundBox, Judgement, ObjectJudgement, TruthBox, TruthOutcome};

/// Sums over pictures.
#[derive(Clone, Debug, Default)]
pub struct WorkingPoint {
    /// Boxes that are right: as many objects are found.
    pub right: usize,
    /// Boxes in crowds, which are neither right nor wrong.
    pub ignored: usize,
    /// By [`ErrorKind::ALL`].
    pub errors: [usize; ErrorKind::ALL.len()],
    /// Small, medium, large.
    pub sizes: [SizeCounts; 3],
    /// How many, by the category of an object and that of its box. `None` = no box, or no object.
    pub confusion: BTreeMap<(Option<usize>, Option<usize>), usize>,
}

/// Objects by their area, and wrong boxes by their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct SizeCounts {
    pub objects: usize,
    pub found: usize,
    /// Boxes that are wrong.
    pub wrong: usize,
}

impl WorkingPoint {
    /// One picture more.
    pub fn add(&mut self, objects: &[TruthBox], found: &[FoundBox], judged: &Judgement) {
        // Of each object one box, of each box one object: wrong boxes that stand for an object are in its cell.
        let mut stands = vec![false; found.len()];
        for (object, of_it) in objects.iter().zip(&judged.objects) {
            let size = &mut self.sizes[size_of(object.area)];
            let by = match *of_it {
                ObjectJudgement::Crowd => continue,
                ObjectJudgement::Found(by) => {
                    size.found += 1;
                    Some(by)
                }
                ObjectJudgement::Mistaken(by) if judged.boxes[by].error == Some(ErrorKind::Classification) => Some(by),
                ObjectJudgement::Mistaken(_) => None,
                ObjectJudgement::Missed => {
                    self.errors[ErrorKind::Missed as usize] += 1;
                    None
                }
            };
            size.objects += 1;
            by.into_iter().for_each(|by| stands[by] = true);
            *self.confusion.entry((Some(object.category), by.map(|by| found[by].category))).or_default() += 1;
        }
        for ((found, judged), stands) in found.iter().zip(&judged.boxes).zip(stands) {
            let BoxJudgement { outcome, error, .. } = *judged;
            match outcome {
                TruthOutcome::True => self.right += 1,
                TruthOutcome::Ignored => self.ignored += 1,
                TruthOutcome::False => {
                    error.into_iter().for_each(|kind| self.errors[kind as usize] += 1);
                    let [_, _, w, h] = found.xywh;
                    self.sizes[size_of(w * h)].wrong += 1;
                    if !stands {
                        *self.confusion.entry((None, Some(found.category))).or_default() += 1;
                    }
                }
            }
        }
    }

    /// Boxes that are wrong.
    pub fn wrong(&self) -> usize {
        self.sizes.iter().map(|size| size.wrong).sum()
    }

    /// Objects, found or not.
    pub fn objects(&self) -> usize {
        self.sizes.iter().map(|size| size.objects).sum()
    }
}

/// Small, medium or large, as COCO has it; what lies just between two is of the smaller.
fn size_of(area: f64) -> usize {
    AREAS[1..].iter().position(|(_, to)| area <= *to).unwrap_or(2)
}
