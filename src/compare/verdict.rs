//! What became of one box.

use super::{MIN_IOU, Pair, Reason};
use crate::detect::Detection;

/// What became of a box from A to B. `a` and `b` are indices into the detections of A and of B.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Both have it. `delta_score` is B's score less A's.
    Matched { a: usize, b: usize, iou: f32, delta_score: f32 },
    /// Both have a box there and call it different things.
    ClassFlip { a: usize, b: usize, iou: f32, delta_score: f32 },
    /// Only A has it; `reason` tells why B does not.
    Lost { a: usize, reason: Reason },
    /// Only B has it; `reason` tells why A does not. An index in it is one of A's.
    Gained { b: usize, reason: Reason },
}

impl Verdict {
    /// Of a pair of one class.
    pub(super) fn matched(pair: &Pair, a: &[Detection], b: &[Detection]) -> Self {
        let Pair { a: i, b: j, iou } = *pair;
        Self::Matched { a: i, b: j, iou, delta_score: b[j].score - a[i].score }
    }

    /// Of a pair of two classes.
    pub(super) fn class_flip(pair: &Pair, a: &[Detection], b: &[Detection]) -> Self {
        let Pair { a: i, b: j, iou } = *pair;
        Self::ClassFlip { a: i, b: j, iou, delta_score: b[j].score - a[i].score }
    }

    /// The box of A; `None` for a gained one.
    pub fn a(&self) -> Option<usize> {
        match *self {
            Self::Matched { a, .. } | Self::ClassFlip { a, .. } | Self::Lost { a, .. } => Some(a),
            Self::Gained { .. } => None,
        }
    }

    /// The box of B; `None` for a lost one.
    pub fn b(&self) -> Option<usize> {
        match *self {
            Self::Matched { b, .. } | Self::ClassFlip { b, .. } | Self::Gained { b, .. } => Some(b),
            Self::Lost { .. } => None,
        }
    }

    /// Why it has no partner; `None` where it has one.
    pub fn reason(&self) -> Option<Reason> {
        match *self {
            Self::Lost { reason, .. } | Self::Gained { reason, .. } => Some(reason),
            Self::Matched { .. } | Self::ClassFlip { .. } => None,
        }
    }

    /// What became of the box, without the details.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Matched { .. } => VerdictKind::Matched,
            Self::ClassFlip { .. } => VerdictKind::Flip,
            Self::Lost { .. } => VerdictKind::Lost,
            Self::Gained { .. } => VerdictKind::Gained,
        }
    }

    /// IoU of the two boxes; `None` where there is only one.
    pub fn iou(&self) -> Option<f32> {
        match *self {
            Self::Matched { iou, .. } | Self::ClassFlip { iou, .. } => Some(iou),
            Self::Lost { .. } | Self::Gained { .. } => None,
        }
    }

    /// B's score less A's; `None` where there is only one box.
    pub fn delta_score(&self) -> Option<f32> {
        match *self {
            Self::Matched { delta_score, .. } | Self::ClassFlip { delta_score, .. } => Some(delta_score),
            Self::Lost { .. } | Self::Gained { .. } => None,
        }
    }

    /// Whether A and B see the same thing.
    pub fn agrees(&self) -> bool {
        matches!(self, Self::Matched { .. })
    }
}

/// What became of a box, without the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictKind {
    Lost,
    Gained,
    Flip,
    Matched,
}

impl VerdictKind {
    /// What differs first.
    pub const ALL: [Self; 4] = [Self::Lost, Self::Gained, Self::Flip, Self::Matched];

    /// One character: "−", "+", "≠" or "=".
    pub fn sign(self) -> &'static str {
        match self {
            Self::Lost => "−",
            Self::Gained => "+",
            Self::Flip => "≠",
            Self::Matched => "=",
        }
    }

    /// For people: "lost", "gained", "class changed" or "matched".
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Gained => "gained",
            Self::Flip => "class changed",
            Self::Matched => "matched",
        }
    }

    /// "2 lost", "1 class changed", "3 classes changed".
    pub fn counted(self, count: usize) -> String {
        match self {
            Self::Flip if count != 1 => format!("{count} classes changed"),
            _ => format!("{count} {}", self.word()),
        }
    }

    /// For programs: as [`VerdictKind::word`], but "class_flip".
    pub fn as_str(self) -> &'static str {
        if self == Self::Flip { "class_flip" } else { self.word() }
    }

    /// A sentence without its full stop; `names` are those of A and B.
    pub fn what(self, [a, b]: [&str; 2]) -> String {
        match self {
            Self::Lost => format!("Found by {a} only"),
            Self::Gained => format!("Found by {b} only"),
            Self::Flip => format!("Found by both with different classes, IoU {MIN_IOU} or higher"),
            Self::Matched => format!("Found by both with the same class, IoU {MIN_IOU} or higher"),
        }
    }
}
