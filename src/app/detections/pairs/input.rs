//! Input of the inspector.

use crate::compare::{Comparison, Explanation, ModelInput};
use crate::detect::{ClassSet, Classes, Thresholds};

/// What is shown. All of it is of one frame.
#[derive(Clone, Copy)]
pub struct PairsInput<'a> {
    pub comparison: &'a Comparison,
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

    pub fn explanation(&self) -> Explanation<'a> {
        Explanation {
            comparison: self.comparison,
            classes: self.classes(),
            names: self.names,
            thresholds: self.thresholds(),
        }
    }
}
