//! One box, and where on its way through the layers it is lost.

use std::ops::ControlFlow;

use super::LayersError;
use super::heads::raw_heads;
use super::merge::merge;
use crate::detect::{CandidateId, Detection, Form, RawCandidate, RawHeads};
use crate::model::Runtime;

/// A box by its place in the raw heads, whatever became of its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: CandidateId,
    pub class_id: usize,
}

impl Target {
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

/// `input`: the letterboxed picture. `step` is called after each tensor with how many there are, and may end it.
pub fn descent(
    runtime: &Runtime,
    float: &[u8],
    int8: &[u8],
    form: &Form,
    input: &[f32],
    target: Target,
    mut step: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Descent, LayersError> {
    let merged = merge(float, int8)?;
    let inputs = [input.to_vec()];
    let score = |model: &[u8]| -> Result<f32, LayersError> {
        let heads = raw_heads(runtime, model, form, &inputs)?;
        Ok(heads.first().map_or(0.0, |heads| target.score(form, heads)))
    };
    let float = score(float)?;
    let mut up_to = Vec::with_capacity(merged.rows.len());
    for (place, row) in merged.rows.iter().enumerate() {
        up_to.push((row.tensor.clone(), score(&merged.up_to(place))?));
        if step(merged.rows.len()).is_break() {
            return Err(LayersError::Cancelled);
        }
    }
    Ok(Descent { float, up_to })
}
