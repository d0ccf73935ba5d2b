//! Input of the inspector.

use crate::compare::{Comparison, Explanation, ModelInput};
use crate::detect::{ClassSet, Classes};

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
}

impl<'a> PairsInput<'a> {
    pub fn classes(&self) -> &'a Classes {
        &self.sides[0].form.classes
    }

    pub fn explanation(&self) -> Explanation<'a> {
        Explanation {
            comparison: self.comparison,
            classes: self.classes(),
            names: self.names,
            thresholds: self.sides.map(|side| side.thresholds),
        }
    }
}
