//! A verdict in a few words, as it stands beside its box.

use super::{Comparison, Verdict, VerdictKind};
use crate::detect::{Classes, Detection};

/// How a label says "from A to B".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// With "→": in the window.
    Sign,
    /// In words, for typefaces without arrows: on saved pictures.
    Word,
}

impl Arrow {
    /// One model's label of a box, marked with what became of it: "− dog 0.62", or "lost: dog 0.62". A matched box
    /// has no mark.
    pub fn mark(self, kind: VerdictKind, label: String) -> String {
        match (kind, self) {
            (VerdictKind::Matched, _) => label,
            (_, Self::Sign) => format!("{} {label}", kind.sign()),
            (_, Self::Word) => format!("{}: {label}", kind.word()),
        }
    }
}

/// Both models' view of a box: "person 0.91 → 0.88", "dog 0.62 → cat 0.40", "dog 0.62 → lost", "gained chair 0.31"; or
/// "person 0.91 to 0.88", "dog 0.62 to cat 0.40", "dog 0.62 lost", "chair 0.31 gained".
pub fn label(verdict: &Verdict, comparison: &Comparison, classes: &Classes, arrow: Arrow) -> String {
    let named = |d: &Detection| format!("{} {:.2}", classes.name(d.class_id), d.score);
    let a = verdict.a().and_then(|a| comparison.a().get(a));
    let b = verdict.b().and_then(|b| comparison.b().get(b));
    let to = if arrow == Arrow::Sign { "→" } else { "to" };
    match (a, b) {
        (Some(a), Some(b)) if a.class_id == b.class_id => format!("{} {to} {:.2}", named(a), b.score),
        (Some(a), Some(b)) => format!("{} {to} {}", named(a), named(b)),
        (Some(a), None) if arrow == Arrow::Sign => format!("{} → lost", named(a)),
        (Some(a), None) => format!("{} lost", named(a)),
        (None, Some(b)) if arrow == Arrow::Sign => format!("gained {}", named(b)),
        (None, Some(b)) => format!("{} gained", named(b)),
        (None, None) => String::new(),
    }
}
