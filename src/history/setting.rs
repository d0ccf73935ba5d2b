//! The setting for which figures are computed, and computing them.

use super::{Figures, Moment};
use crate::compare::{Comparer, Comparison};
use crate::detect::{ClassSet, RawHeads, Thresholds};

/// Thresholds, order and classes with which A and B are compared. Thresholds must be numbers: NaN equals nothing, so
/// the figures would be recomputed for ever.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// A's, then B's.
    pub thresholds: [Thresholds; 2],
    /// False: A is the settings' first model (slot 0). True: A is the second.
    pub swapped: bool,
    pub classes: ClassSet,
}

/// Compares the models of a moment, reusing memory.
#[derive(Debug, Default)]
pub struct Judge {
    comparer: Comparer,
    unpacked: [RawHeads; 2],
}

impl Judge {
    /// `None` if the moment has no two comparable models.
    pub fn compare(&mut self, moment: &Moment, setting: &Setting) -> Option<&Comparison> {
        let [a, b] = moment.sides(setting, &mut self.unpacked)?;
        Some(self.comparer.run(&a, &b))
    }

    /// The comparison's figures for the selected classes.
    pub fn figures(&mut self, moment: &Moment, setting: &Setting) -> Option<Figures> {
        self.compare(moment, setting).map(|comparison| Figures::of(comparison, &setting.classes))
    }
}
