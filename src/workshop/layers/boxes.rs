//! What one INT8 node alone does to the boxes.

use std::collections::HashMap;

use super::heads::raw_heads;
use super::merge::merge;
use super::rest::Known;
use super::{Descent, LayerModels, LayersError, Target};
use crate::detect::{BBox, CandidateId, Decoder, Detection, Form, Letterbox, RawHeads, Thresholds};
use crate::model::Runtime;
use crate::workshop::progress::Stopped;

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
    /// Whether there was any box; without, nothing could be moved.
    pub seen: bool,
    /// The score that the one box that is looked at then has; `None` = there is none.
    pub target: Option<f32>,
}

/// What came of trying every layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trials {
    /// Of every node that rounds, in the order of the graph. Empty: there are no boxes.
    pub losses: Vec<BoxLoss>,
    /// Of the one box that is looked at.
    pub descent: Option<Descent>,
}

/// Tries every layer alone: the float model's boxes with a score of 0.25 and more are looked for in the same cells.
/// `inputs`: letterboxed pictures; `target` is a box of the first. `step` is called after each tensor with how many
/// there are, and may end it.
pub fn try_layers(
    runtime: &Runtime,
    models: LayerModels<'_>,
    inputs: &[Vec<f32>],
    target: Option<Target>,
    mut step: impl FnMut(usize) -> Result<(), Stopped>,
) -> Result<Trials, LayersError> {
    let LayerModels { int8, form, .. } = models;
    let float = &*models.normal_float();
    let merged = merge(float, int8)?;
    let mut finder = Finder::new(form);
    let float_heads = raw_heads(runtime, float, models, inputs)?;
    let reference: Vec<Boxes> = float_heads.iter().map(|h| finder.boxes(h, Thresholds::LIVE.score)).collect();
    let sees = reference.iter().any(|boxes| !boxes.is_empty());
    let mut trials = Trials::default();
    if !sees && target.is_none() {
        return Ok(trials);
    }
    // Of one picture all tensors are kept, so that only what comes after each is computed; of more there is no room.
    let known = match inputs {
        [input] => Some(Known::new(runtime, &merged, models, input)?),
        [first, ..] if target.is_some() => Some(Known::new(runtime, &merged, models, first)?),
        _ => None,
    };
    let score = |heads: &RawHeads| target.map_or(0.0, |target| target.score(form, heads));
    let mut up_to = Vec::new();
    for (place, row) in merged.rows.iter().enumerate() {
        let mut rest = known.as_ref().map(|known| known.after(place)).transpose()?;
        if let Some(rest) = rest.as_mut().filter(|_| target.is_some()) {
            up_to.push((row.tensor.clone(), score(&rest.up_to()?)));
        }
        let alone = match &mut rest {
            Some(rest) if inputs.len() == 1 => rest.alone()?.map(|heads| vec![heads]),
            _ => merged.alone(row).map(|model| raw_heads(runtime, &model, models, inputs)).transpose()?,
        };
        if let Some(heads) = alone {
            let [iou_loss, score_change] = finder.loss(&reference, &heads);
            let target = target.and(heads.first()).map(score);
            trials.losses.push(BoxLoss { tensor: row.tensor.clone(), iou_loss, score_change, seen: sees, target });
        }
        step(merged.rows.len())?;
    }
    trials.descent = target.and(float_heads.first()).map(|heads| Descent { float: score(heads), up_to });
    Ok(trials)
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

    /// The figures of a [`BoxLoss`].
    fn loss(&mut self, reference: &[Boxes], heads: &[RawHeads]) -> [f64; 2] {
        // Of each head: sums, and how many boxes.
        let mut sums = vec![[0.0; 3]; self.form.heads.len()];
        for (reference, heads) in reference.iter().zip(heads) {
            // Low enough that a box is found whatever became of its score.
            let found = self.boxes(heads, 1e-4);
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
        [iou_loss / count, score_change / count]
    }

    fn boxes(&mut self, heads: &RawHeads, score: f32) -> Boxes {
        let found = self.decoder.run(self.form, heads, &self.letterbox, score);
        let inside = |d: &Detection| Some(((d.id, d.class_id), (d.bbox.clipped_to(self.form.input)?, d.score)));
        found.iter().filter_map(inside).collect()
    }
}
