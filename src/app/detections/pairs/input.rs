//! Input of the inspector.

use crate::compare::truth::{JudgedBoxes, PairTruth};
use crate::compare::{Comparison, Explanation, ModelInput, Verdict};
use crate::detect::{ClassSet, Classes, Thresholds};

/// What is shown. All of it is of one frame.
#[derive(Clone, Copy)]
pub struct PairsInput<'a> {
    pub comparison: &'a Comparison,
    /// A's and B's boxes against what is known to be in the frame; `None` = nothing is known.
    pub judged: Option<&'a [JudgedBoxes; 2]>,
    /// A and B, as they were compared.
    pub sides: [ModelInput<'a>; 2],
    /// Short names of A and B.
    pub names: [&'a str; 2],
    pub chosen_classes: &'a ClassSet,
    /// Index of the verdict that is pointed at, in the picture or here.
    pub highlighted: Option<usize>,
    /// Index of the verdict whose details are shown.
    pub selected: Option<usize>,
    /// A pair is selected that this frame does not have; the next one may have it again.
    pub missing: bool,
    /// Another frame comes soon.
    pub live: bool,
}

impl<'a> PairsInput<'a> {
    pub fn classes(&self) -> &'a Classes {
        &self.sides[0].form.classes
    }

    pub fn thresholds(&self) -> [Thresholds; 2] {
        self.sides.map(|side| side.thresholds)
    }

    /// What is known of a verdict's boxes.
    pub fn truth(&self, verdict: &Verdict) -> PairTruth {
        self.judged.map_or_else(PairTruth::default, |judged| PairTruth::new(verdict, judged))
    }

    /// The same in a sentence without its full stop: "INT8 lost a true person". `None` = nothing is known.
    pub fn truth_sentence(&self, verdict: &Verdict) -> Option<String> {
        let class = |found: Option<usize>| found.map_or("", |class_id| self.classes().name(class_id));
        let a = verdict.a().and_then(|a| self.comparison.a().get(a)).map(|found| found.class_id);
        let b = verdict.b().and_then(|b| self.comparison.b().get(b)).map(|found| found.class_id);
        self.truth(verdict).sentence(verdict.kind(), self.names, [class(a), class(b)])
    }

    pub fn explanation(&self) -> Explanation<'a> {
        Explanation {
            comparison: self.comparison,
            classes: self.classes(),
            names: self.names,
            thresholds: self.thresholds(),
        }
    }
}
