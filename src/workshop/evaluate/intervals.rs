//! How sure the figures of a model are.

use super::resampling::{Correction, Halves, Interval};
use crate::compare::truth::ErrorKind;

/// Figures of precision: AP, AP50, AP75, AP small, AP medium, AP large.
const FIGURES: usize = 6;

/// Places of AP small and AP large among them.
const SMALL: usize = 3;
const LARGE: usize = 5;

/// What one model has in a row of figures: those of precision, then the losses by kind of error.
const OF_MODEL: usize = FIGURES + ErrorKind::ALL.len();

/// `None` = there is nothing of that size, or too few pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intervals {
    /// For AP, AP50, AP75, AP small, AP medium, AP large.
    pub figures: [Option<Interval>; FIGURES],
    /// Of the figure less that of the first model, both over the same pictures. A picture that is hard is hard for both, so
    /// that the difference is far surer than either.
    pub differences: [Option<Interval>; FIGURES],
    /// By [`ErrorKind::ALL`], of what the errors of each kind cost.
    pub losses: [Option<Interval>; ErrorKind::ALL.len()],
    /// The same, less that of the first model.
    pub loss_differences: [Option<Interval>; ErrorKind::ALL.len()],
}

impl Intervals {
    pub(super) fn of(halves: &Halves, model: usize) -> Self {
        let figure = |correction: Correction, at: usize| {
            halves.interval(correction, |row| row[model * OF_MODEL + at]).map(Interval::of_figure)
        };
        let difference = |correction: Correction, at: usize| {
            halves.interval(correction, |row| Some(row[model * OF_MODEL + at]? - row[at]?))
        };
        Self {
            figures: std::array::from_fn(|at| {
                let correction = match at {
                    SMALL => Correction::SMALL,
                    LARGE => Correction::LARGE,
                    _ => Correction::FIGURE,
                };
                figure(correction, at)
            }),
            differences: std::array::from_fn(|at| {
                difference(if at == SMALL { Correction::SMALL_DIFFERENCE } else { Correction::DIFFERENCE }, at)
            }),
            losses: std::array::from_fn(|kind| figure(Correction::LOSS, FIGURES + kind)),
            loss_differences: std::array::from_fn(|kind| difference(Correction::LOSS_DIFFERENCE, FIGURES + kind)),
        }
    }
}
