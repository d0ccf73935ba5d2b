//! What one INT8 node alone does to the boxes.

use std::collections::HashMap;

use super::LayersError;
use super::merge::merge;
use crate::detect::{BBox, CandidateId, Decoder, Form, Letterbox, RawHeads, Thresholds};
use crate::model::{RawSession, Runtime};

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
}

/// The float model's boxes with a score of 0.25 and more are looked for in the same cells, for every node that
/// rounds, in the order of the graph. `inputs`: letterboxed pictures. `step` is called after each node with how
/// many there are.
pub fn box_losses(
    runtime: &Runtime,
    float: &[u8],
    int8: &[u8],
    form: &Form,
    inputs: &[Vec<f32>],
    mut step: impl FnMut(usize),
) -> Result<Vec<BoxLoss>, LayersError> {
    let merged = merge(float, int8)?;
    let reference = boxes(runtime, float, form, inputs, Thresholds::LIVE.score)?;
    let count: usize = reference.iter().map(HashMap::len).sum();
    if count == 0 {
        return Err(LayersError::NoBoxes);
    }
    let of = merged.rows.iter().filter(|row| row.isolated.is_some()).count();
    let mut losses = Vec::with_capacity(of);
    for row in &merged.rows {
        let Some(model) = merged.alone(row) else { continue };
        // Low enough that a box is found whatever became of its score.
        let found = boxes(runtime, &model, form, inputs, 1e-4)?;
        // Of each head: sums, and how many boxes.
        let mut sums = vec![[0.0; 3]; form.heads.len()];
        for (reference, found) in reference.iter().zip(&found) {
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
        });
        step(of);
    }
    Ok(losses)
}

/// Of each picture: box and score by its place in the raw heads and its class.
type Boxes = HashMap<(CandidateId, usize), (BBox, f32)>;

fn boxes(
    runtime: &Runtime,
    model: &[u8],
    form: &Form,
    inputs: &[Vec<f32>],
    score: f32,
) -> Result<Vec<Boxes>, LayersError> {
    let mut session = RawSession::from_bytes(runtime, model, crate::model::threads()).map_err(LayersError::Run)?;
    let (mut heads, mut decoder) = (RawHeads::zeros(form), Decoder::default());
    let letterbox = Letterbox::new(form.input, form.input);
    let mut all = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut filled = 0;
        session
            .run(input, |_, shape, values| {
                let fits = |wanted: [usize; 4]| shape.iter().map(|s| *s as usize).eq(wanted);
                if let Some(place) = form.heads.iter().position(|head| fits(form.shape(head))) {
                    heads.heads[place].copy_from_slice(values);
                    filled += 1;
                }
            })
            .map_err(LayersError::Run)?;
        if filled != form.heads.len() {
            return Err(LayersError::Float("its outputs are not the raw heads of its form".into()));
        }
        let found = decoder.run(form, &heads, &letterbox, score);
        all.push(found.iter().map(|d| ((d.id, d.class_id), (d.bbox, d.score))).collect());
    }
    Ok(all)
}
