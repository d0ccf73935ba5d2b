//! One frame compared, from raw heads to verdicts.

use super::explain::Explainer;
use super::{Agreement, ModelInput, Pairing, Reason, Verdict};
use crate::detect::{ClassSet, Detection, Postprocessor, RankedCandidates, Thresholds};

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

    /// The place of a box of B in [`Comparison::verdicts`]; that of a box of A is its own index.
    pub fn place_of_b(&self, b: usize) -> Option<usize> {
        self.of_b.get(b).copied()
    }

    /// Counts over all verdicts.
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Whether a verdict of this frame is about a chosen class. Of a class flip, one of its two is enough.
    pub fn is_chosen(&self, verdict: &Verdict, classes: &ClassSet) -> bool {
        let is_in = |found: &[Detection], i: usize| found.get(i).is_some_and(|d| classes.contains(d.class_id));
        verdict.a().is_some_and(|i| is_in(&self.a, i)) || verdict.b().is_some_and(|i| is_in(&self.b, i))
    }

    /// The agreement over the chosen classes alone.
    pub fn agreement_of(&self, classes: &ClassSet) -> Agreement {
        self.verdicts.iter().filter(|verdict| self.is_chosen(verdict, classes)).collect()
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
    /// Decodes both sides, pairs their boxes and explains those without a partner. The form of A and that of B must
    /// name the same classes.
    pub fn run(&mut self, a: &ModelInput<'_>, b: &ModelInput<'_>) -> &Comparison {
        for (side, kept) in [(a, &mut self.comparison.a), (b, &mut self.comparison.b)] {
            kept.clear();
            kept.extend_from_slice(self.postprocessor.run(side.form, side.heads, side.letterbox, side.thresholds));
        }
        self.judge();
        self.explain(a, b);
        self.comparison.agreement = self.comparison.verdicts.iter().collect();
        &self.comparison
    }

    /// The same boxes, pairs and figures from kept candidates of A and of B, where their thresholds are no lower than the
    /// candidates' floors. Nothing is explained: every [`Reason`] is `NoCandidate`, because what tells it was not kept.
    pub fn run_ranked(&mut self, sides: [(&RankedCandidates, Thresholds); 2]) -> &Comparison {
        let Comparison { a, b, .. } = &mut self.comparison;
        for ((candidates, thresholds), kept) in sides.into_iter().zip([a, b]) {
            kept.clear();
            kept.extend_from_slice(self.postprocessor.run_ranked(candidates, thresholds));
        }
        self.judge();
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

    fn explain(&mut self, side_a: &ModelInput<'_>, side_b: &ModelInput<'_>) {
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

#[cfg(test)]
impl Comparer {
    /// For tests: it has compared what one model sees at two score thresholds, which is one person with the score 0.987.
    pub(crate) fn of_person(scores: [f32; 2]) -> Self {
        let form = crate::detect::Form::yolov4_tiny_416();
        let heads = crate::detect::RawHeads::of_one(&form, 0);
        let letterbox = crate::detect::Letterbox::new(form.input, form.input);
        let [a, b] = scores.map(|score| {
            let thresholds = Thresholds { score, ..Thresholds::LIVE };
            ModelInput { form: &form, heads: &heads, letterbox: &letterbox, thresholds }
        });
        let mut comparer = Self::default();
        comparer.run(&a, &b);
        comparer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};

    #[test]
    fn the_figures_of_chosen_classes_leave_the_others_out() {
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        let detection = |class_id| Detection { class_id, score: 0.5, bbox: BBox::new(0.0, 0.0, 9.0, 9.0), id };
        let comparison = Comparison {
            a: vec![detection(0), detection(1), detection(2)],
            b: vec![detection(0), detection(7)],
            verdicts: vec![
                Verdict::Matched { a: 0, b: 0, iou: 1.0, delta_score: 0.0 },
                Verdict::ClassFlip { a: 1, b: 1, iou: 1.0, delta_score: 0.0 },
                Verdict::Lost { a: 2, reason: Reason::NoCandidate },
            ],
            ..Comparison::default()
        };
        let of = |class_id| comparison.agreement_of(&ClassSet::only(class_id, 80));
        assert_eq!((of(0).f1(), of(0).damage()), (1.0, 0));
        assert_eq!((of(1).flips, of(7).flips, of(2).lost, of(5).f1()), (1, 1, 1, 1.0));
        assert_eq!(comparison.agreement_of(&ClassSet::default()).damage(), 3);
    }
}
