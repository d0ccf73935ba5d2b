//! What makes a frame worth keeping: A and B disagree on it, or nearly do.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::Comparison;
use crate::detect::{Detection, Thresholds};

/// Asked of each frame. Written as in "lost", "agreement<0.8".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// A has a box that B lacks.
    Lost,
    /// B has a box that A lacks.
    Gained,
    /// Both have a box there, of different classes.
    Flip,
    /// The agreement (F1) is below this.
    AgreementBelow(f64),
    /// A box of A or of B has a score less than [`Condition::MARGIN`] over its threshold.
    Uncertain,
}

/// What is no condition, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError(String);

impl Display for ConditionError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not a condition; use lost, gained, flip, uncertain, or agreement<0.8", self.0)
    }
}

impl std::error::Error for ConditionError {}

impl Condition {
    /// How far over its threshold the score of an uncertain box is at most.
    pub const MARGIN: f32 = 0.1;

    /// Those on which the two models disagree.
    pub const PARTING: [Self; 3] = [Self::Lost, Self::Gained, Self::Flip];

    /// Whether a frame is one of these; `thresholds` are those of A and of B.
    pub fn is_met(self, comparison: &Comparison, thresholds: [Thresholds; 2]) -> bool {
        let agreement = comparison.agreement();
        match self {
            Self::Lost => agreement.lost > 0,
            Self::Gained => agreement.gained > 0,
            Self::Flip => agreement.flips > 0,
            Self::AgreementBelow(least) => agreement.f1() < least,
            Self::Uncertain => {
                let sides: [(&[Detection], Thresholds); 2] =
                    [(comparison.a(), thresholds[0]), (comparison.b(), thresholds[1])];
                sides.iter().any(|(found, at)| found.iter().any(|d| d.score - at.score < Self::MARGIN))
            }
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("lost"),
            Self::Gained => f.write_str("gained"),
            Self::Flip => f.write_str("flip"),
            Self::AgreementBelow(least) => write!(f, "agreement<{least}"),
            Self::Uncertain => f.write_str("uncertain"),
        }
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let below = || {
            let least: f64 =
                text.strip_prefix("agreement")?.trim_start().strip_prefix('<')?.trim_start().parse().ok()?;
            // Agreement is from 0 to 1, so that nothing is below 0.
            (least > 0.0 && least <= 1.0).then_some(Self::AgreementBelow(least))
        };
        match text {
            "lost" => Ok(Self::Lost),
            "gained" => Ok(Self::Gained),
            "flip" => Ok(Self::Flip),
            "uncertain" => Ok(Self::Uncertain),
            _ => below().ok_or_else(|| ConditionError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Comparer;

    #[test]
    fn a_condition_is_read_as_it_is_written() {
        for text in ["lost", "gained", "flip", "uncertain", "agreement<0.8", "agreement<1"] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        assert_eq!("agreement < 0.5".parse(), Ok(Condition::AgreementBelow(0.5)));
        for text in
            ["", "Lost", "agreement", "agreement<", "agreement>0.8", "agreement<0", "agreement<1.1", "agreement<NaN"]
        {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_condition_holds_where_it_says() {
        let met = |a: f32, b: f32| {
            let comparer = Comparer::of_person([a, b]);
            let thresholds = [a, b].map(|score| Thresholds { score, ..Thresholds::LIVE });
            let all = [
                Condition::Lost,
                Condition::Gained,
                Condition::Flip,
                Condition::AgreementBelow(0.8),
                Condition::Uncertain,
            ];
            all.map(|condition| condition.is_met(comparer.comparison(), thresholds))
        };
        // The box has the score 0.987.
        assert_eq!(met(0.25, 0.25), [false, false, false, false, false]);
        assert_eq!(met(0.25, 0.995), [true, false, false, true, false]);
        assert_eq!(met(0.995, 0.25), [false, true, false, true, false]);
        assert_eq!(met(0.25, 0.9), [false, false, false, false, true]);
        assert_eq!(met(0.995, 0.995), [false; 5]);
    }
}
