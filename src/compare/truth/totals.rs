//! How many of the boxes are right, over many pictures.

use std::ops::AddAssign;

use super::{BoxTruth, JudgedBoxes, PairTruth, PictureTruth};
use crate::compare::{Comparison, VerdictKind};
use crate::detect::ClassSet;

/// Boxes by what the annotations say of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TruthCounts {
    pub right: usize,
    pub wrong: usize,
    /// In a crowd, or of a class that nobody annotated.
    pub uncounted: usize,
}

impl TruthCounts {
    fn add(&mut self, truth: BoxTruth) {
        self.right += usize::from(truth.is_right());
        self.wrong += usize::from(truth.is_wrong());
        self.uncounted += usize::from(!truth.is_right() && !truth.is_wrong());
    }

    /// "9 true, 3 false"; what does not count, only where there is some.
    pub fn text(&self) -> String {
        let uncounted = if self.uncounted > 0 { format!(", {} not counted", self.uncounted) } else { String::new() };
        format!("{} true, {} false{uncounted}", self.right, self.wrong)
    }
}

impl AddAssign for TruthCounts {
    fn add_assign(&mut self, other: Self) {
        let Self { right, wrong, uncounted } = other;
        self.right += right;
        self.wrong += wrong;
        self.uncounted += uncounted;
    }
}

/// What two models find of what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TruthFigures {
    /// Crowds are none.
    pub objects: usize,
    /// Of these, how many A finds, and B.
    pub found: [usize; 2],
    /// All boxes of A, and of B.
    pub boxes: [TruthCounts; 2],
    /// Boxes of A that B lost.
    pub lost: TruthCounts,
    /// Boxes of B that A does not have.
    pub gained: TruthCounts,
}

impl TruthFigures {
    fn count(&mut self, kind: VerdictKind, side: usize, truth: BoxTruth) {
        self.boxes[side].add(truth);
        match kind {
            VerdictKind::Lost => self.lost.add(truth),
            VerdictKind::Gained => self.gained.add(truth),
            VerdictKind::Flip | VerdictKind::Matched => {}
        }
    }
}

impl AddAssign for TruthFigures {
    fn add_assign(&mut self, other: Self) {
        let Self { objects, found, boxes, lost, gained } = other;
        self.objects += objects;
        self.found.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
        self.boxes.iter_mut().zip(boxes).for_each(|(sum, counts)| *sum += counts);
        self.lost += lost;
        self.gained += gained;
    }
}

/// Over the pictures whose truth is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TruthTotals {
    pub pictures: usize,
    pub all: TruthFigures,
    /// By class id, as far as any was seen or is there: objects of that class, and boxes that are called so.
    pub classes: Vec<TruthFigures>,
}

impl TruthTotals {
    /// Counts one more picture. `judged` are A's and B's boxes of the comparison. Only objects and boxes of the chosen classes
    /// count; of a changed class, one of its two is enough.
    pub fn add(&mut self, truth: &PictureTruth, comparison: &Comparison, judged: &[JudgedBoxes; 2], chosen: &ClassSet) {
        self.pictures += 1;
        let mut all = TruthFigures::default();
        for (place, object) in truth.objects.iter().enumerate() {
            if object.crowd || !chosen.contains(object.category) {
                continue;
            }
            let found = judged.each_ref().map(|judged| usize::from(judged.finds(place)));
            let figures = TruthFigures { objects: 1, found, ..TruthFigures::default() };
            all += figures;
            *self.class(object.category) += figures;
        }
        for verdict in comparison.verdicts().iter().filter(|verdict| comparison.is_chosen(verdict, chosen)) {
            let boxes =
                [verdict.a().and_then(|a| comparison.a().get(a)), verdict.b().and_then(|b| comparison.b().get(b))];
            let truths = PairTruth::new(verdict, judged).boxes;
            for (side, (found, truth)) in boxes.into_iter().zip(truths).enumerate() {
                if let (Some(found), Some(truth)) = (found, truth) {
                    all.count(verdict.kind(), side, truth);
                    self.class(found.class_id).count(verdict.kind(), side, truth);
                }
            }
        }
        self.all += all;
    }

    fn class(&mut self, class_id: usize) -> &mut TruthFigures {
        if self.classes.len() <= class_id {
            self.classes.resize(class_id + 1, TruthFigures::default());
        }
        &mut self.classes[class_id]
    }
}
