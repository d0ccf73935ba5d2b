//! All that can be said of the layers over a few pictures, in one go.

use super::{BoxLoss, LayerModels, LayerNoise, Layers, LayersError, Overflow, Target};
use crate::model::Runtime;
use crate::workshop::progress::Progress;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// In the order of the graph.
    pub layers: Vec<Studied>,
    pub pictures: usize,
    /// What processors without VNNI would make of it, or why that is not known; `None`: it was not counted.
    pub overflow: Option<Result<Overflow, LayersError>>,
    /// The score of the one box in the float model and in the INT8 model; `None` = none was asked for.
    pub target: Option<[f32; 2]>,
}

/// One tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Studied {
    pub layer: LayerNoise,
    /// What its node alone does to the boxes; `None`: it rounds nothing, or there are no boxes.
    pub loss: Option<BoxLoss>,
    /// The part of the `iou_loss` of all nodes, in 0..=1.
    pub share: Option<f64>,
    /// The score of the one box with everything up to here in INT8.
    pub up_to: Option<f32>,
    /// Of a million pairs of products, how many leave 16 bits; `None`: it has none, or it is not known.
    pub overflowing: Option<f64>,
}

impl Studied {
    /// How far this node alone takes the one box's score from the float model's; below 0 where it falls.
    pub fn change(&self, float: f32) -> Option<f32> {
        self.loss.as_ref()?.target.map(|score| score - float)
    }
}

/// Measures everything. `inputs`: letterboxed pictures, each `[1, 3, H, W]` in 0..=1; `target` is a box of the first.
pub fn study(
    runtime: &Runtime,
    models: LayerModels<'_>,
    inputs: &[Vec<f32>],
    target: Option<Target>,
    progress: &dyn Progress,
) -> Result<Study, LayersError> {
    let mut layers = Layers::new(runtime, models)?;
    layers.count_overflows(models.int8);
    let of = (layers.tensors() + 1) * inputs.len();
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress.step("Measuring", done, of)
    };
    for (picture, input) in inputs.iter().enumerate() {
        layers.add_and_try(input, target.filter(|_| picture == 0), &mut step)?;
        // Its overflows.
        step()?;
    }
    Ok(Study::of(&layers))
}

impl Study {
    /// All that has been measured so far.
    pub fn of(layers: &Layers) -> Self {
        let overflow = layers.overflow();
        let losses: Vec<Option<BoxLoss>> = layers.losses().collect();
        let total: f64 = losses.iter().flatten().map(|loss| loss.iou_loss).sum();
        let rest = losses.into_iter().zip(layers.descent());
        let studied = |(layer, (loss, up_to)): (LayerNoise, (Option<BoxLoss>, Option<f32>))| {
            let seen = loss.as_ref().filter(|loss| loss.seen);
            let share = seen.map(|loss| if total > 0.0 { loss.iou_loss / total } else { 0.0 });
            let known = overflow.as_ref().and_then(|found| found.as_ref().ok());
            let overflowing = known.and_then(|found| found.per_million(&layer.node));
            Studied { layer, loss, share, up_to, overflowing }
        };
        Self {
            layers: layers.layers().into_iter().zip(rest).map(studied).collect(),
            pictures: layers.pictures(),
            target: layers.target_scores(),
            overflow,
        }
    }
}
