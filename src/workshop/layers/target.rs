//! One box that is followed through the layers.

use crate::detect::{CandidateId, Detection, Form, RawCandidate, RawHeads};

/// A box by its place in the raw heads, whatever became of its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: CandidateId,
    pub class_id: usize,
}

impl Target {
    /// The place of this detection.
    pub fn of(detection: &Detection) -> Self {
        Self { id: detection.id, class_id: detection.class_id }
    }

    /// The score that these raw heads give it; 0 where they have no such place.
    pub fn score(&self, form: &Form, heads: &RawHeads) -> f32 {
        RawCandidate::new(form, heads, self.id).and_then(|raw| raw.score(self.class_id)).unwrap_or_default()
    }
}
