//! One frame compared, from raw heads to verdicts.

use super::{Agreement, Explainer, Pairing, Reason, Verdict};
use crate::detect::{Detection, Form, Letterbox, Postprocessor, RawHeads, Thresholds};

/// What one model made of a frame, and at which thresholds a person looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub form: &'a Form,
    pub heads: &'a RawHeads,
    pub letterbox: &'a Letterbox,
    pub thresholds: Thresholds,
}

/// A frame's boxes on both sides and what became of each. One that is empty is that of two models that see nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    a: Vec<Detection>,
    b: Vec<Detection>,
    verdicts: Vec<Verdict>,
    /// For each box of B its place in `verdicts`.
    of_b: Vec<usize>,
    agreement: Agreement,
}

impl Comparison {
    /// A's detections, highest score first.
    pub fn a(&self) -> &[Detection] {
        &self.a
    }

    /// B's detections, highest score first.
    pub fn b(&self) -> &[Detection] {
        &self.b
    }

    /// One for each box: first those of A in their order, then those that only B has, in theirs.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// What became of a box of A, by its index.
    pub fn of_a(&self, a: usize) -> Option<&Verdict> {
        self.verdicts.get(a).filter(|verdict| verdict.a().is_some())
    }

    /// What became of a box of B, by its index.
    pub fn of_b(&self, b: usize) -> Option<&Verdict> {
        self.verdicts.get(*self.of_b.get(b)?)
    }

    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }
}

/// Compares frame after frame in memory that is used again.
#[derive(Debug, Default)]
pub struct Comparer {
    postprocessor: Postprocessor,
    pairing: Pairing,
    explainer: Explainer,
    /// Places of the unpaired in the verdicts, by class.
    unpaired: Vec<usize>,
    comparison: Comparison,
}

impl Comparer {
    pub fn run(&mut self, a: &Side<'_>, b: &Side<'_>) -> &Comparison {
        for (side, kept) in [(a, &mut self.comparison.a), (b, &mut self.comparison.b)] {
            kept.clear();
            kept.extend_from_slice(self.postprocessor.run(side.form, side.heads, side.letterbox, side.thresholds));
        }
        self.judge();
        self.explain(a, b);
        self.comparison.agreement = self.comparison.verdicts.iter().collect();
        &self.comparison
    }

    /// The last result.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    fn judge(&mut self) {
        let Comparison { a, b, verdicts, of_b, .. } = &mut self.comparison;
        self.pairing.run(a, b);
        let reason = Reason::NoCandidate;
        verdicts.clear();
        verdicts.extend((0..a.len()).map(|a| Verdict::Lost { a, reason }));
        of_b.clear();
        of_b.resize(b.len(), usize::MAX);
        for pair in self.pairing.matched() {
            verdicts[pair.a] = Verdict::matched(pair, a, b);
            of_b[pair.b] = pair.a;
        }
        for pair in self.pairing.flips() {
            verdicts[pair.a] = Verdict::class_flip(pair, a, b);
            of_b[pair.b] = pair.a;
        }
        for (b, place) in of_b.iter_mut().enumerate().filter(|(_, place)| **place == usize::MAX) {
            *place = verdicts.len();
            verdicts.push(Verdict::Gained { b, reason });
        }
    }

    fn explain(&mut self, side_a: &Side<'_>, side_b: &Side<'_>) {
        let Comparison { a, b, verdicts, of_b, .. } = &mut self.comparison;
        self.explainer.begin();
        self.unpaired.clear();
        self.unpaired.extend((0..a.len()).filter(|i| verdicts[*i].b().is_none()));
        self.unpaired.sort_unstable_by_key(|i| (a[*i].class_id, *i));
        for &i in &self.unpaired {
            verdicts[i] = Verdict::Lost { a: i, reason: self.explainer.reason(side_b, b, &a[i]) };
        }
        self.explainer.begin();
        self.unpaired.clear();
        self.unpaired.extend((0..b.len()).filter(|j| verdicts[of_b[*j]].a().is_none()));
        self.unpaired.sort_unstable_by_key(|j| (b[*j].class_id, *j));
        for &j in &self.unpaired {
            let reason = self.explainer.reason(side_a, a, &b[j]);
            verdicts[of_b[j]] = Verdict::Gained { b: j, reason };
        }
    }
}
