//! What one INT8 node alone does to the boxes.

use std::collections::HashMap;

use super::int8_side::RowValues;
use super::{Descent, LayerModels, Layers, LayersError, Target};
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
/// `inputs`: letterboxed pictures; `target` is a box of the first. `step` is called after each tensor of each picture with
/// how many these are, and may end it.
pub fn try_layers(
    runtime: &Runtime,
    models: LayerModels<'_>,
    inputs: &[Vec<f32>],
    target: Option<Target>,
    step: impl FnMut(usize) -> Result<(), Stopped>,
) -> Result<Trials, LayersError> {
    Layers::new(runtime, models)?.try_layers(models.form, inputs, target, step)
}

impl Layers {
    /// [`try_layers`] with models that are ready to be run. `form` is the float model's.
    pub fn try_layers(
        &mut self,
        form: &Form,
        inputs: &[Vec<f32>],
        target: Option<Target>,
        mut step: impl FnMut(usize) -> Result<(), Stopped>,
    ) -> Result<Trials, LayersError> {
        let steps = self.tensors() * inputs.len();
        let Self { rows, chain, int8, .. } = self;
        let mut finder = Finder::new(form);
        let score = |heads: &RawHeads| target.map_or(0.0, |target| target.score(form, heads));
        let mut trials: Vec<Trial> = rows.iter().map(|_| Trial::new(form)).collect();
        let (mut sees, mut descent) = (false, None);
        for (picture, input) in inputs.iter().enumerate() {
            chain.run(input)?;
            let heads = chain.heads()?;
            let reference = finder.boxes(&heads, Thresholds::LIVE.score);
            sees |= !reference.is_empty();
            let followed = target.filter(|_| picture == 0);
            if reference.is_empty() && followed.is_none() {
                (0..trials.len()).try_for_each(|_| step(steps))?;
                continue;
            }
            let mut up_to = Vec::new();
            // Of the INT8 model, up to here.
            let mut given: Vec<Vec<f32>> = Vec::new();
            int8.run(input, chain, &mut |chain, RowValues { row, propagated, isolated, .. }| {
                if followed.is_some() {
                    given.push(propagated.to_vec());
                    let given = given.iter().map(Vec::as_slice).enumerate().collect();
                    up_to.push((rows[row].tensor.clone(), score(&chain.after(&given)?)));
                }
                if let Some(isolated) = isolated {
                    let heads = chain.after(&HashMap::from([(row, isolated)]))?;
                    trials[row].rounds = true;
                    finder.add(&reference, &heads, &mut trials[row].sums);
                    if followed.is_some() {
                        trials[row].target = Some(score(&heads));
                    }
                }
                Ok(step(steps)?)
            })?;
            if followed.is_some() {
                descent = Some(Descent { float: score(&heads), up_to });
            }
        }
        if !sees && target.is_none() {
            return Ok(Trials::default());
        }
        let rounding = rows.iter().zip(&trials).filter(|(_, trial)| trial.rounds);
        let losses = rounding.map(|(row, trial)| {
            let [iou_loss, score_change] = trial.means();
            BoxLoss { tensor: row.tensor.clone(), iou_loss, score_change, seen: sees, target: trial.target }
        });
        Ok(Trials { losses: losses.collect(), descent })
    }
}

/// What one layer alone does, over the pictures so far.
struct Trial {
    rounds: bool,
    /// Of each head: what its boxes lose of their overlap, how far their scores move, and how many they are.
    sums: Vec<[f64; 3]>,
    target: Option<f32>,
}

impl Trial {
    fn new(form: &Form) -> Self {
        Self { rounds: false, sums: vec![[0.0; 3]; form.heads.len()], target: None }
    }

    /// The figures of a [`BoxLoss`].
    fn means(&self) -> [f64; 2] {
        let moved = self.sums.iter().filter(|[_, score_change, _]| *score_change > 0.0);
        let [iou_loss, score_change, count] =
            moved.fold([0.0; 3], |all, head| std::array::from_fn(|i| all[i] + head[i]));
        let count = f64::max(count, 1.0);
        [iou_loss / count, score_change / count]
    }
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

    /// Adds what a layer does to the boxes of a picture.
    fn add(&mut self, reference: &Boxes, heads: &RawHeads, sums: &mut [[f64; 3]]) {
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

    fn boxes(&mut self, heads: &RawHeads, score: f32) -> Boxes {
        let found = self.decoder.run(self.form, heads, &self.letterbox, score);
        let inside = |d: &Detection| Some(((d.id, d.class_id), (d.bbox.clipped_to(self.form.input)?, d.score)));
        found.iter().filter_map(inside).collect()
    }
}
