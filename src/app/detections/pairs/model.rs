//! The rows: which verdicts are listed, and in which order.

use std::cmp::Ordering;

use super::selection::Selection;
use crate::app::detections::held_order::HeldOrder;
use crate::compare::truth::{JudgedBoxes, PairTruth};
use crate::compare::{Comparison, Verdict, VerdictKind, difference_text, score_text, thousandths};
use crate::detect::{ClassSet, Classes, Detection, Thresholds};

/// One verdict in figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairRow {
    /// Index of the verdict.
    pub verdict: usize,
    pub kind: VerdictKind,
    /// Class ids of A and B.
    pub classes: [Option<usize>; 2],
    /// Of A and B. Where a side lacks the box, the score it gives its candidate there; `None` = it has none.
    pub scores: [Option<f32>; 2],
    pub iou: Option<f32>,
    /// What is known of the boxes.
    pub truth: PairTruth,
}

impl PairRow {
    pub fn new(comparison: &Comparison, index: usize, verdict: &Verdict, truth: PairTruth) -> Self {
        let a = verdict.a().and_then(|i| comparison.a().get(i));
        let b = verdict.b().and_then(|i| comparison.b().get(i));
        let given = verdict.reason().and_then(|reason| reason.score());
        let score = |found: Option<&Detection>| found.map(|d| d.score).or(given);
        let classes = [a, b].map(|found| found.map(|d| d.class_id));
        let scores = [score(a), score(b)];
        Self { verdict: index, kind: verdict.kind(), classes, scores, iou: verdict.iou(), truth }
    }

    /// B's score less A's.
    pub fn delta(&self) -> Option<f32> {
        Some(self.scores[1]? - self.scores[0]?)
    }

    /// A side's score as it is shown, in thousandths.
    fn shown(&self, side: usize, thresholds: [Thresholds; 2]) -> Option<i32> {
        self.scores[side].map(|score| thousandths(score, thresholds[side].score))
    }

    /// "0.912"; on its own side of the side's threshold.
    pub fn score_text(&self, side: usize, thresholds: [Thresholds; 2]) -> Option<String> {
        self.shown(side, thresholds).map(score_text)
    }

    /// "+0.030": the difference of the scores as they are shown.
    pub fn delta_text(&self, thresholds: [Thresholds; 2]) -> Option<String> {
        Some(difference_text(self.shown(1, thresholds)? - self.shown(0, thresholds)?))
    }

    /// A's class where A has the box, else B's.
    pub fn class_id(&self) -> Option<usize> {
        self.classes[0].or(self.classes[1])
    }

    /// "dog", or "dog → cat".
    pub fn class_text(&self, classes: &Classes) -> String {
        match self.classes {
            [Some(a), Some(b)] if a != b => format!("{} → {}", classes.name(a), classes.name(b)),
            [Some(one), _] | [None, Some(one)] => classes.name(one).to_owned(),
            [None, None] => String::new(),
        }
    }
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairSortKey {
    /// Severity: lost, gained and flips, the highest score first, then the matched, the largest |Δscore| first.
    #[default]
    Verdict,
    Class,
    /// What the truth makes a damage first: a right box that went or became wrong, a wrong one that came.
    Truth,
    ScoreA,
    ScoreB,
    Delta,
    Iou,
}

/// A key and whether its order is turned round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub key: PairSortKey,
    /// Against the key's own order, in which what is worth a look comes first.
    pub reversed: bool,
}

impl Sort {
    /// What a click on a column's title does.
    pub fn click(&mut self, key: PairSortKey) {
        *self = Self { key, reversed: self.key == key && !self.reversed };
    }

    /// Whether the figures rise from the top down.
    pub fn rises(self) -> bool {
        matches!(self.key, PairSortKey::Class | PairSortKey::Truth | PairSortKey::Delta | PairSortKey::Iou)
            != self.reversed
    }

    fn compare(self, x: &PairRow, y: &PairRow, classes: &Classes) -> Ordering {
        let name = |row: &PairRow| row.class_id().map(|id| classes.name(id));
        let groups = match self.key {
            PairSortKey::Verdict => x.kind.cmp(&y.kind),
            PairSortKey::Class => name(x).cmp(&name(y)),
            PairSortKey::Truth => x.truth.rank().cmp(&y.truth.rank()),
            PairSortKey::ScoreA | PairSortKey::ScoreB | PairSortKey::Delta | PairSortKey::Iou => Ordering::Equal,
        };
        self.turned(groups).then_with(|| match (self.figure(x), self.figure(y)) {
            (Some(x), Some(y)) => self.turned(x.total_cmp(&y)),
            // What has none comes last either way.
            (x, y) => y.is_some().cmp(&x.is_some()),
        })
    }

    /// What a row is ranked by, the least first.
    fn figure(self, row: &PairRow) -> Option<f32> {
        match (self.key, row.kind) {
            (PairSortKey::Verdict, VerdictKind::Matched) => row.delta().map(|delta| -delta.abs()),
            (PairSortKey::Verdict | PairSortKey::Class | PairSortKey::Truth, VerdictKind::Gained)
            | (PairSortKey::ScoreB, _) => row.scores[1].map(|s| -s),
            (PairSortKey::Verdict | PairSortKey::Class | PairSortKey::Truth, _) | (PairSortKey::ScoreA, _) => {
                row.scores[0].map(|s| -s)
            }
            (PairSortKey::Delta, _) => row.delta(),
            (PairSortKey::Iou, _) => row.iou,
        }
    }

    fn turned(self, order: Ordering) -> Ordering {
        if self.reversed { order.reverse() } else { order }
    }
}

/// Which kinds are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    kinds: [bool; 4],
    /// Where the truth is known: pairs with a right box, and with a wrong one.
    pub truths: [bool; 2],
}

impl Default for Shown {
    fn default() -> Self {
        Self { kinds: [true; 4], truths: [true; 2] }
    }
}

impl Shown {
    pub fn contains(self, kind: VerdictKind) -> bool {
        self.kinds[kind as usize]
    }

    pub fn of(&mut self, kind: VerdictKind) -> &mut bool {
        &mut self.kinds[kind as usize]
    }

    /// Whether pairs of which this is known are listed.
    pub fn has(self, truth: PairTruth) -> bool {
        let [right, wrong] = self.truths;
        truth.is_among(right, wrong)
    }
}

/// Rows and their inputs, so that they are rebuilt only when those change.
#[derive(Debug, Default)]
pub struct Model {
    pub shown: Shown,
    pub sort: Sort,
    rows: Vec<PairRow>,
    made_from: Option<PairRowsKey>,
    order: HeldOrder<Selection>,
}

#[derive(Debug, PartialEq)]
struct PairRowsKey {
    comparison: Comparison,
    judged: Option<[JudgedBoxes; 2]>,
    classes: Classes,
    chosen: ClassSet,
    shown: Shown,
    sort: Sort,
    /// In an order that is not that of `sort`.
    held: bool,
}

impl Model {
    /// True if the rows were rebuilt. `hold`: pairs that were there before stay in their order, though another frame would
    /// sort them otherwise.
    pub fn update(
        &mut self,
        comparison: &Comparison,
        judged: Option<&[JudgedBoxes; 2]>,
        classes: &Classes,
        chosen: &ClassSet,
        hold: bool,
    ) -> bool {
        let from = self.made_from.as_ref();
        let same = from.is_some_and(|from| {
            (from.shown, from.sort) == (self.shown, self.sort)
                && from.comparison == *comparison
                && from.judged.as_ref() == judged
                && from.classes == *classes
                && from.chosen == *chosen
        });
        // Whoever sorts sees them sorted.
        let hold = hold && from.is_some_and(|from| from.sort == self.sort && from.classes == *classes);
        match from {
            Some(from) if hold => {
                let standing = self.rows.iter().filter_map(|row| Selection::new(&from.comparison, row.verdict));
                self.order.begin(standing);
            }
            _ => self.order.release(),
        }
        let was_held = from.is_some_and(|from| from.held);
        if same && (hold || !was_held) {
            return false;
        }
        let shown = self.shown;
        let truth =
            |verdict: &Verdict| judged.map_or_else(PairTruth::default, |judged| PairTruth::new(verdict, judged));
        let is_listed = |verdict: &Verdict| {
            shown.contains(verdict.kind()) && comparison.is_chosen(verdict, chosen) && shown.has(truth(verdict))
        };
        let rows = comparison.verdicts().iter().enumerate().filter(|(_, verdict)| is_listed(verdict));
        self.rows.clear();
        self.rows.extend(rows.map(|(index, verdict)| PairRow::new(comparison, index, verdict, truth(verdict))));
        // Stable: of equals the stronger comes first, as in the comparison.
        self.rows.sort_by(|x, y| self.sort.compare(x, y, classes));
        if hold {
            let thing = |row: &PairRow| Selection::new(comparison, row.verdict);
            self.order.restore(&mut self.rows, |pair| pair.follow(comparison), |row| row.verdict, thing);
        }
        let (shown, sort) = (self.shown, self.sort);
        let (comparison, classes, chosen) = (comparison.clone(), classes.clone(), chosen.clone());
        let judged = judged.cloned();
        self.made_from = Some(PairRowsKey { comparison, judged, classes, chosen, shown, sort, held: hold });
        true
    }

    pub fn rows(&self) -> &[PairRow] {
        &self.rows
    }

    /// In which row a verdict stands; `None` = it is not listed.
    pub fn place(&self, verdict: usize) -> Option<usize> {
        self.rows.iter().position(|row| row.verdict == verdict)
    }
}
