//! Runs both models, and adds up signal and noise of every tensor.

use std::collections::HashMap;

use super::merge::{MergedRow, merge};
use super::{LayerModels, LayersError};
use crate::model::{RawSession, Runtime};

/// Both models, ready to be run on pictures. What it measured adds up over them.
pub struct Layers {
    session: RawSession,
    rows: Vec<MergedRow>,
    /// By the name of an output: its row, and which of the three it is.
    outputs: HashMap<String, (usize, TensorRole)>,
    sums: Vec<NoiseSums>,
    pictures: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TensorRole {
    Float,
    Propagated,
    Isolated,
}

/// Over all pictures so far.
#[derive(Clone, Debug, Default)]
struct NoiseSums {
    shape: Vec<i64>,
    /// Squares of the float values, and of the differences from them.
    signal: f64,
    propagated: f64,
    isolated: f64,
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
}

impl Layers {
    /// The INT8 model is in the QOperator form, with the float model's names of tensors (and
    /// "_quantized" after them, as every quantizer of ONNX Runtime's writes them).
    pub fn new(runtime: &Runtime, models: LayerModels<'_>) -> Result<Self, LayersError> {
        let merged = merge(&models.normal_float(), models.int8)?;
        let session = RawSession::from_bytes(runtime, &merged.bytes(), crate::model::threads(), models.arithmetic)
            .map_err(LayersError::Run)?;
        let rows = merged.rows;
        let mut outputs = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            outputs.insert(row.float.clone(), (place, TensorRole::Float));
            outputs.insert(row.propagated.clone(), (place, TensorRole::Propagated));
            if let Some(isolated) = &row.isolated {
                outputs.insert(isolated.clone(), (place, TensorRole::Isolated));
            }
        }
        let sums = vec![NoiseSums::default(); rows.len()];
        Ok(Self { session, rows, outputs, sums, pictures: 0 })
    }

    /// Takes one letterboxed picture, `[1, 3, H, W]` in 0..=1.
    pub fn add(&mut self, input: &[f32]) -> Result<(), LayersError> {
        let Self { session, outputs, sums, .. } = self;
        // A row's float tensor comes before those that are compared with it.
        let mut float: (usize, Vec<f32>) = (usize::MAX, Vec::new());
        let mut strange = None;
        session
            .run(input, |name, shape, values| {
                let Some((row, kind)) = outputs.get(name).copied() else { return };
                if kind == TensorRole::Float {
                    float.0 = row;
                    float.1.clear();
                    float.1.extend_from_slice(values);
                    sums[row].signal(shape, values);
                } else if float.0 != row || float.1.len() != values.len() {
                    strange = Some(name.to_owned());
                } else {
                    let noise = noise(&float.1, values);
                    let sum = if kind == TensorRole::Propagated {
                        &mut sums[row].propagated
                    } else {
                        &mut sums[row].isolated
                    };
                    *sum += noise;
                }
            })
            .map_err(LayersError::Run)?;
        if let Some(name) = strange {
            return Err(LayersError::Run(format!("{name} has another shape than the float model's")));
        }
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
        };
        self.rows.iter().zip(&self.sums).map(layer).collect()
    }
}

impl NoiseSums {
    fn signal(&mut self, shape: &[i64], values: &[f32]) {
        if self.shape != shape {
            shape.clone_into(&mut self.shape);
        }
        self.signal += values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>();
    }

    fn sqnr(&self, noise: f64) -> f64 {
        if noise > 0.0 { 10.0 * (self.signal / noise).log10() } else { f64::INFINITY }
    }
}

fn noise(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
}
