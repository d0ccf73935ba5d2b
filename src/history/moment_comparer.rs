//! The comparison of a moment's models.

use super::{FrameFigures, Moment};
use crate::compare::{CompareSettings, Comparer, Comparison};
use crate::detect::RawHeads;

/// Compares the models of a moment, in memory that is used again.
#[derive(Debug, Default)]
pub struct MomentComparer {
    comparer: Comparer,
    unpacked: [RawHeads; 2],
}

impl MomentComparer {
    /// `None` where the moment has no two models that can be compared.
    pub fn compare(&mut self, moment: &Moment, setting: &CompareSettings) -> Option<&Comparison> {
        let [a, b] = moment.sides(setting, &mut self.unpacked)?;
        Some(self.comparer.run(&a, &b))
    }

    /// The comparison's figures over the chosen classes.
    pub fn figures(&mut self, moment: &Moment, setting: &CompareSettings) -> Option<FrameFigures> {
        self.compare(moment, setting).map(|comparison| FrameFigures::of(comparison, &setting.classes))
    }
}
