//! Every layer tried alone, over some pictures.

use super::{BoxLoss, Descent, LayerModels, Layers, LayersError, Target};
use crate::model::Runtime;
use crate::workshop::progress::Stopped;

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
    mut step: impl FnMut(usize) -> Result<(), Stopped>,
) -> Result<Trials, LayersError> {
    let mut layers = Layers::new(runtime, models)?;
    let steps = layers.tensors() * inputs.len();
    for (picture, input) in inputs.iter().enumerate() {
        layers.add_and_try(input, target.filter(|_| picture == 0), &mut || step(steps))?;
    }
    Ok(layers.trials())
}

impl Layers {
    /// What came of all pictures on which the layers were tried ([`Layers::add_and_try`]).
    pub fn trials(&self) -> Trials {
        let [sees, follows] = self.sees;
        if !sees && !follows {
            return Trials::default();
        }
        let losses = self.rows.iter().zip(&self.sums).filter_map(|(row, sums)| sums.trial.loss(&row.tensor, sees));
        Trials { losses: losses.collect(), descent: self.descent.clone() }
    }
}
