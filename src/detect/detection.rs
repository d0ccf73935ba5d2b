//! One object that a model found.

use std::cmp::Ordering;

use super::BBox;

/// One object that a detector sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Index into [`Form::classes`](super::Form::classes).
    pub class_id: usize,
    /// Between 0 and 1.
    pub score: f32,
    /// In image pixels, inside the image; of a candidate it may reach out of the image.
    pub bbox: BBox,
    /// The place in the raw heads that gave it.
    pub id: CandidateId,
}

impl Detection {
    /// Which comes first: the higher score, then the earlier place in the raw heads, then the lower class.
    pub fn by_rank(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id)).then(self.class_id.cmp(&other.class_id))
    }
}

/// Where in the raw heads a detection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CandidateId {
    /// Index into [`Form::heads`](super::Form::heads).
    pub head: u8,
    /// Index into [`Head::anchors`](super::Head::anchors).
    pub anchor: u8,
    /// Cell of the grid, row-major.
    pub cell: u32,
}
