//! An INT8 model, ready to run.

use std::collections::HashMap;

use super::byte_map::ByteMap;
use super::conv::Conv;
use super::grid::Grid;
use super::tensor::Tensor;
use super::window::Window;

/// An INT8 model in ONNX's QOperator form, or rewritten to it from the QDQ form, as a plan: what is computed from what,
/// in which order.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) tensors: Vec<Tensor>,
    pub(super) places: HashMap<String, usize>,
    /// For each buffer: the first tensor stored in it.
    pub(super) buffers: Vec<usize>,
    pub(super) steps: Vec<Step>,
    pub(super) input: usize,
    pub(super) outputs: Vec<usize>,
}

/// One node, one output of a `Split`, or one input of a concatenation. `input` and `output` are tensor indices.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub node: String,
    pub op: Op,
    pub input: usize,
    pub output: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Op {
    /// float32 to bytes.
    Quantize(Grid),
    /// Bytes to float32.
    Dequantize(Grid),
    Conv(Box<Conv>),
    Map(Box<ByteMap>),
    MaxPool(Window),
    /// Factors along the height and along the width.
    Upsample([usize; 2]),
    Pad(Padding),
    /// Channels of the input from `start` on to channels of the output from `to` on, as many as both have.
    Channels {
        start: usize,
        to: usize,
        map: Option<Box<ByteMap>>,
    },
}

/// One value around a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Padding {
    /// Rows above the input and columns to its left.
    pub corner: [usize; 2],
    /// The value, of a tensor of bytes or of floats.
    pub byte: u8,
    pub float: f32,
}

impl Network {
    /// In graph order: the input, then each node's outputs.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.places.get(name).map(|place| &self.tensors[*place])
    }

    /// `[1, channels, height, width]` in float32.
    pub fn input(&self) -> &Tensor {
        &self.tensors[self.input]
    }

    /// In the order of the model.
    pub fn outputs(&self) -> impl Iterator<Item = &Tensor> {
        self.outputs.iter().map(|place| &self.tensors[*place])
    }
}
