//! What became of one box.

use super::{Pair, Reason};
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
    pub(super) fn matched(pair: &Pair, a: &[Detection], b: &[Detection]) -> Self {
        let Pair { a: i, b: j, iou } = *pair;
        Self::Matched { a: i, b: j, iou, delta_score: b[j].score - a[i].score }
    }

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

    /// Whether A and B see the same thing.
    pub fn agrees(&self) -> bool {
        matches!(self, Self::Matched { .. })
    }
}
