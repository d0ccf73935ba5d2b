//! Runs both models, and adds up signal and noise of every tensor.

use super::float_chain::FloatChain;
use super::int8_side::{Int8Side, RowValues};
use super::merge::{Merged, MergedRow, merge};
use super::{LayerModels, LayersError};
use crate::model::Runtime;

/// Both models, ready to be run on pictures. What it measured adds up over them.
pub struct Layers {
    pub(super) rows: Vec<MergedRow>,
    pub(super) chain: FloatChain,
    pub(super) int8: Int8Side,
    sums: Vec<NoiseSums>,
    pictures: usize,
}

/// Over all pictures so far.
#[derive(Clone, Debug, Default)]
struct NoiseSums {
    shape: Vec<i64>,
    /// Squares of the float values, and of the differences from them.
    signal: f64,
    propagated: f64,
    isolated: f64,
    values: usize,
    /// Values that are not those of exact arithmetic; `None`: the arithmetic is exact, or it is not known.
    differing: Option<usize>,
    /// Bytes at the ends of the range; `None`: it is not rounded, or it is not known.
    clipped: Option<usize>,
}

/// One tensor of the INT8 model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNoise {
    /// The INT8 model's node, and its operation.
    pub node: String,
    pub op: String,
    /// The tensor, as the float model names it.
    pub tensor: String,
    /// Batch, channels, height, width.
    pub shape: Vec<i64>,
    /// Signal to quantization noise, 10·log₁₀(Σx² / Σ(x − y)²), in dB; infinite where nothing differs.
    pub propagated: f64,
    /// The same for this node alone; `None`: it rounds nothing by itself.
    pub isolated: Option<f64>,
    /// The share of its bytes that are not those of exact arithmetic, in 0..=1; `None`: the arithmetic is exact, or is
    /// this processor's, of which that is not measured.
    pub differing: Option<f64>,
    /// The share of its bytes at the ends of its range, where values are clipped, in 0..=1; `None`: its bytes are only moved,
    /// or are in float, or the arithmetic is this processor's, of which that is not measured.
    pub clipped: Option<f64>,
}

impl Layers {
    /// The INT8 model is in the QOperator form or the QDQ form, with the float model's names of tensors, and after them
    /// what quantizers add to those of bytes: see [`float_name`](crate::onnx::float_name).
    pub fn new(runtime: &Runtime, models: LayerModels<'_>) -> Result<Self, LayersError> {
        let merged = merge(&models.normal_float(), models.int8)?;
        let chain = FloatChain::new(runtime, models, &merged)?;
        let int8 = Int8Side::new(runtime, models, &merged)?;
        let Merged { rows, .. } = merged;
        let sums = vec![NoiseSums::default(); rows.len()];
        Ok(Self { rows, chain, int8, sums, pictures: 0 })
    }

    /// Takes one letterboxed picture, `[1, 3, H, W]` in 0..=1.
    pub fn add(&mut self, input: &[f32]) -> Result<(), LayersError> {
        let Self { rows, chain, int8, sums, .. } = self;
        chain.run(input)?;
        int8.run(input, chain, &mut |chain, values| {
            let RowValues { row, propagated, isolated, differing, clipped } = values;
            let (shape, float) = chain.row(row);
            if [Some(propagated), isolated].into_iter().flatten().any(|values| values.len() != float.len()) {
                let tensor = &rows[row].tensor;
                return Err(LayersError::Run(format!("{tensor} has another shape than the float model's")));
            }
            sums[row].add(shape, float, propagated, isolated);
            sums[row].count(differing, clipped);
            Ok(())
        })?;
        self.pictures += 1;
        Ok(())
    }

    /// How many tensors there are.
    pub fn tensors(&self) -> usize {
        self.rows.len()
    }

    /// How many pictures it has taken.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// In the order of the graph.
    pub fn layers(&self) -> Vec<LayerNoise> {
        let layer = |(row, sums): (&MergedRow, &NoiseSums)| LayerNoise {
            node: row.node.clone(),
            op: row.op.clone(),
            tensor: row.tensor.clone(),
            shape: sums.shape.clone(),
            propagated: sums.sqnr(sums.propagated),
            isolated: row.isolated.as_ref().map(|_| sums.sqnr(sums.isolated)),
            differing: sums.share(sums.differing),
            clipped: sums.share(sums.clipped),
        };
        self.rows.iter().zip(&self.sums).map(layer).collect()
    }
}

impl NoiseSums {
    fn add(&mut self, shape: &[i64], float: &[f32], propagated: &[f32], isolated: Option<&[f32]>) {
        if self.shape != shape {
            shape.clone_into(&mut self.shape);
        }
        self.signal += float.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>();
        self.propagated += noise(float, propagated);
        self.isolated += isolated.map_or(0.0, |isolated| noise(float, isolated));
        self.values += float.len();
    }

    fn count(&mut self, differing: Option<usize>, clipped: Option<usize>) {
        self.differing = differing.map(|differing| self.differing.unwrap_or_default() + differing);
        self.clipped = clipped.map(|clipped| self.clipped.unwrap_or_default() + clipped);
    }

    fn share(&self, of: Option<usize>) -> Option<f64> {
        of.map(|count| count as f64 / self.values.max(1) as f64)
    }

    fn sqnr(&self, noise: f64) -> f64 {
        if noise > 0.0 { 10.0 * (self.signal / noise).log10() } else { f64::INFINITY }
    }
}

fn noise(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
}
