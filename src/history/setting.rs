//! What figures are taken at, and taking them.

use super::{Figures, Moment};
use crate::compare::{Comparer, Comparison};
use crate::detect::{ClassSet, RawHeads, Thresholds};

/// What a person looks at A and B with. Thresholds must be numbers: NaN equals nothing, and figures taken at it would
/// be taken again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// A's, then B's.
    pub thresholds: [Thresholds; 2],
    /// False: A is the settings' first model (slot 0). True: A is the second.
    pub swapped: bool,
    pub classes: ClassSet,
}

/// Compares the models of a moment, in memory that is used again.
#[derive(Debug, Default)]
pub struct Judge {
    comparer: Comparer,
    unpacked: [RawHeads; 2],
}

impl Judge {
    /// `None` where the moment has no two models that can be compared.
    pub fn compare(&mut self, moment: &Moment, setting: &Setting) -> Option<&Comparison> {
        let [a, b] = moment.sides(setting, &mut self.unpacked)?;
        Some(self.comparer.run(&a, &b))
    }

    /// The comparison's figures over the chosen classes.
    pub fn figures(&mut self, moment: &Moment, setting: &Setting) -> Option<Figures> {
        self.compare(moment, setting).map(|comparison| Figures::of(comparison, &setting.classes))
    }
}
