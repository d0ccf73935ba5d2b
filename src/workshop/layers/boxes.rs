//! What one INT8 node alone does to the boxes.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::heads::raw_heads;
use super::merge::merge;
use super::{LayersError, Target};
use crate::detect::{BBox, CandidateId, Decoder, Form, Letterbox, RawHeads, Thresholds};
use crate::model::Runtime;

/// Of one node of the INT8 model, with everything else in float.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxLoss {
    /// The tensor that the node puts out, as the float model names it.
    pub tensor: String,
    /// Mean of 1 − IoU between the float model's boxes and those in the same cells of the raw heads, over the boxes
    /// of those heads that the node can move at all: a head's own convolution moves no box of another head.
    pub iou_loss: f64,
    /// Mean of the differences of their scores, over the same boxes.
    pub score_change: f64,
    /// The score that the one box that is looked at then has; `None` = there is none.
    pub target: Option<f32>,
}

/// The float model's boxes with a score of 0.25 and more are looked for in the same cells, for every node that
/// rounds, in the order of the graph. `inputs`: letterboxed pictures; `target` is a box of the first. `step` is
/// called after each node with how many there are, and may end it.
pub fn box_losses(
    runtime: &Runtime,
    float: &[u8],
    int8: &[u8],
    form: &Form,
    inputs: &[Vec<f32>],
    target: Option<Target>,
    mut step: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<BoxLoss>, LayersError> {
    let merged = merge(float, int8)?;
    let mut finder = Finder::new(form);
    let reference: Vec<Boxes> = raw_heads(runtime, float, form, inputs)?
        .iter()
        .map(|heads| finder.boxes(heads, Thresholds::LIVE.score))
        .collect();
    if reference.iter().all(HashMap::is_empty) && target.is_none() {
        return Err(LayersError::NoBoxes);
    }
    let of = merged.rows.iter().filter(|row| row.isolated.is_some()).count();
    let mut losses = Vec::with_capacity(of);
    for row in &merged.rows {
        let Some(model) = merged.alone(row) else { continue };
        let heads = raw_heads(runtime, &model, form, inputs)?;
        // Of each head: sums, and how many boxes.
        let mut sums = vec![[0.0; 3]; form.heads.len()];
        for (reference, heads) in reference.iter().zip(&heads) {
            // Low enough that a box is found whatever became of its score.
            let found = finder.boxes(heads, 1e-4);
            for (place, (bbox, score)) in reference {
                let (other, other_score) = found.get(place).copied().unwrap_or((BBox::default(), 0.0));
                let sum = &mut sums[usize::from(place.0.head)];
                sum[0] += 1.0 - f64::from(bbox.iou(&other));
                sum[1] += f64::from((score - other_score).abs());
                sum[2] += 1.0;
            }
        }
        let moved = sums.into_iter().filter(|[_, score_change, _]| *score_change > 0.0);
        let [iou_loss, score_change, count] =
            moved.fold([0.0; 3], |all, head| std::array::from_fn(|i| all[i] + head[i]));
        let count = f64::max(count, 1.0);
        losses.push(BoxLoss {
            tensor: row.tensor.clone(),
            iou_loss: iou_loss / count,
            score_change: score_change / count,
            target: target.zip(heads.first()).map(|(target, heads)| target.score(form, heads)),
        });
        if step(of).is_break() {
            return Err(LayersError::Cancelled);
        }
    }
    Ok(losses)
}

/// Of each picture: box and score by its place in the raw heads and its class.
type Boxes = HashMap<(CandidateId, usize), (BBox, f32)>;

struct Finder<'a> {
    form: &'a Form,
    decoder: Decoder,
    /// Boxes stay in pixels of the input.
    letterbox: Letterbox,
}

impl<'a> Finder<'a> {
    fn new(form: &'a Form) -> Self {
        Self { form, decoder: Decoder::default(), letterbox: Letterbox::new(form.input, form.input) }
    }

    fn boxes(&mut self, heads: &RawHeads, score: f32) -> Boxes {
        let found = self.decoder.run(self.form, heads, &self.letterbox, score);
        found.iter().map(|d| ((d.id, d.class_id), (d.bbox, d.score))).collect()
    }
}
