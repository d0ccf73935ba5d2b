//! One box, and where on its way through the layers it is lost.

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

/// The score of one box on one picture as more and more of the network is INT8.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent {
    /// In the float model.
    pub float: f32,
    /// By tensor, in the order of the graph: with all nodes up to this one in INT8, and float from there on. The
    /// last is the INT8 model's own score.
    pub up_to: Vec<(String, f32)>,
}

impl Descent {
    /// In the float model and in the INT8 model.
    pub fn ends(&self) -> [f32; 2] {
        [self.float, self.up_to.last().map_or(self.float, |(_, score)| *score)]
    }
}
