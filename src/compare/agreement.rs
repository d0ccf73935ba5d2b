//! How far two models agree, in figures.

use std::ops::AddAssign;

use super::{Verdict, VerdictKind};

/// Counts of one frame, or summed over many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Boxes of A.
    pub a: usize,
    /// Boxes of B.
    pub b: usize,
    pub matched: usize,
    pub flips: usize,
    pub lost: usize,
    pub gained: usize,
    /// Over the matched.
    iou_sum: f64,
    /// Over the matched, without signs.
    delta_sum: f64,
}

impl Agreement {
    /// F1 score of the matching: 2 × matched ÷ (boxes of A + boxes of B). A changed class does not count as matched; 1 if
    /// neither has a box.
    pub fn f1(&self) -> f64 {
        match self.a + self.b {
            0 => 1.0,
            boxes => 2.0 * self.matched as f64 / boxes as f64,
        }
    }

    /// [`Agreement::f1`] as it is shown; `None` = neither has a box, so that there is nothing to agree on.
    pub fn known_f1(&self) -> Option<f64> {
        (self.a + self.b > 0).then(|| self.f1())
    }

    /// Mean IoU of the matched; `None` = none matched.
    pub fn mean_iou(&self) -> Option<f64> {
        (self.matched > 0).then(|| self.iou_sum / self.matched as f64)
    }

    /// Mean absolute difference of the scores of the matched; `None` = none matched.
    pub fn mean_delta_score(&self) -> Option<f64> {
        (self.matched > 0).then(|| self.delta_sum / self.matched as f64)
    }

    /// Boxes of either side without a match of the same class; a changed class counts two.
    pub fn damage(&self) -> usize {
        self.a + self.b - 2 * self.matched
    }

    /// How many verdicts are of this kind.
    pub fn of_kind(&self, kind: VerdictKind) -> usize {
        match kind {
            VerdictKind::Lost => self.lost,
            VerdictKind::Gained => self.gained,
            VerdictKind::Flip => self.flips,
            VerdictKind::Matched => self.matched,
        }
    }

    /// Counts one more verdict.
    pub(super) fn count(&mut self, verdict: &Verdict) {
        self.a += usize::from(verdict.a().is_some());
        self.b += usize::from(verdict.b().is_some());
        match *verdict {
            Verdict::Matched { iou, delta_score, .. } => {
                self.matched += 1;
                self.iou_sum += f64::from(iou);
                self.delta_sum += f64::from(delta_score.abs());
            }
            Verdict::ClassFlip { .. } => self.flips += 1,
            Verdict::Lost { .. } => self.lost += 1,
            Verdict::Gained { .. } => self.gained += 1,
        }
    }
}

impl<'a> FromIterator<&'a Verdict> for Agreement {
    fn from_iter<I: IntoIterator<Item = &'a Verdict>>(verdicts: I) -> Self {
        let mut agreement = Self::default();
        verdicts.into_iter().for_each(|verdict| agreement.count(verdict));
        agreement
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        let Self { a, b, matched, flips, lost, gained, iou_sum, delta_sum } = other;
        self.a += a;
        self.b += b;
        self.matched += matched;
        self.flips += flips;
        self.lost += lost;
        self.gained += gained;
        self.iou_sum += iou_sum;
        self.delta_sum += delta_sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Reason;

    #[test]
    fn flips_lost_and_gained_all_cost() {
        let verdicts = [
            Verdict::Matched { a: 0, b: 1, iou: 0.8, delta_score: -0.25 },
            Verdict::Matched { a: 1, b: 0, iou: 0.6, delta_score: 0.75 },
            Verdict::ClassFlip { a: 2, b: 2, iou: 0.9, delta_score: 0.0 },
            Verdict::Lost { a: 3, reason: Reason::NoCandidate },
            Verdict::Gained { b: 3, reason: Reason::NoCandidate },
            Verdict::Gained { b: 4, reason: Reason::NoCandidate },
        ];
        let agreement: Agreement = verdicts.iter().collect();
        assert_eq!((agreement.a, agreement.b, agreement.damage()), (4, 5, 5));
        assert_eq!(agreement.f1(), 4.0 / 9.0);
        assert!((agreement.mean_iou().unwrap() - 0.7).abs() < 1e-6);
        assert!((agreement.mean_delta_score().unwrap() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn nothing_agrees_with_nothing() {
        let agreement = Agreement::default();
        assert_eq!((agreement.f1(), agreement.mean_iou(), agreement.mean_delta_score()), (1.0, None, None));
        assert_eq!(agreement.known_f1(), None, "and it is no figure to show");
    }
}
