//! What the annotations say of a box, in a word.

use super::{BoxJudgement, ErrorKind, TruthOutcome};

/// What the annotations say of one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoxTruth {
    True,
    /// A stronger box of the same model has the object already.
    Duplicate,
    WrongClass,
    BadlyPlaced,
    /// Of another class, and badly placed.
    WrongClassAndPlace,
    /// Nothing is there.
    False,
    /// In a crowd of its class: neither right nor wrong.
    Ignored,
    /// The annotations do not know its class: neither right nor wrong.
    NotAnnotated,
}

impl BoxTruth {
    /// The box finds an object.
    pub fn is_right(self) -> bool {
        self == Self::True
    }

    /// The box finds none, or none that is not found already.
    pub fn is_wrong(self) -> bool {
        !matches!(self, Self::True | Self::Ignored | Self::NotAnnotated)
    }

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Duplicate => "duplicate",
            Self::WrongClass => "wrong class",
            Self::BadlyPlaced => "badly placed",
            Self::WrongClassAndPlace => "wrong class and place",
            Self::False => "false",
            Self::Ignored => "in a crowd",
            Self::NotAnnotated => "not annotated",
        }
    }

    /// For people, where there is little room: a sign, or what is wrong.
    pub fn short(self) -> &'static str {
        match self {
            Self::True => "✔",
            Self::Duplicate => "twice",
            Self::WrongClass => "class",
            Self::BadlyPlaced => "place",
            Self::WrongClassAndPlace => "both",
            Self::False => "✖",
            Self::Ignored => "crowd",
            Self::NotAnnotated => "–",
        }
    }

    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Duplicate => "duplicate",
            Self::WrongClass => "wrong_class",
            Self::BadlyPlaced => "badly_placed",
            Self::WrongClassAndPlace => "wrong_class_and_place",
            Self::False => "false",
            Self::Ignored => "ignored",
            Self::NotAnnotated => "not_annotated",
        }
    }

    /// "a true person", "a false chair (wrong class)".
    pub fn of(self, class: &str) -> String {
        match self {
            Self::True => format!("a true {class}"),
            Self::False => format!("a false {class}"),
            Self::Duplicate => format!("a duplicate {class}"),
            Self::BadlyPlaced => format!("a badly placed {class}"),
            Self::WrongClass | Self::WrongClassAndPlace => format!("a false {class} ({})", self.word()),
            Self::Ignored => format!("an uncounted {class} (in a crowd)"),
            Self::NotAnnotated => format!("an unannotated {class}"),
        }
    }
}

impl From<&BoxJudgement> for BoxTruth {
    fn from(judged: &BoxJudgement) -> Self {
        match (judged.outcome, judged.error) {
            (TruthOutcome::True, _) => Self::True,
            (TruthOutcome::Ignored, _) => Self::Ignored,
            (TruthOutcome::False, Some(ErrorKind::Duplicate)) => Self::Duplicate,
            (TruthOutcome::False, Some(ErrorKind::Classification)) => Self::WrongClass,
            (TruthOutcome::False, Some(ErrorKind::Localization)) => Self::BadlyPlaced,
            (TruthOutcome::False, Some(ErrorKind::Both)) => Self::WrongClassAndPlace,
            (TruthOutcome::False, Some(ErrorKind::Background | ErrorKind::Missed) | None) => Self::False,
        }
    }
}
