//! Runs a network, node by node.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::byte_map::Table;
use super::conv::{ByteOutput, Scratch};
use super::moves;
use super::network::{Network, Op, Step};
use super::sums::Sums;
use super::tensor::{Buffer, Shape, Values};
use super::{ConvOverflow, IntegerError};

/// A network and the memory of all its tensors, allocated once.
pub struct Executor {
    pub(super) network: Arc<Network>,
    pub(super) buffers: Vec<Buffer>,
    scratch: Scratch,
    /// Whether the tensors hold the values of a run.
    pub(super) has_run: bool,
}

impl Executor {
    pub fn new(network: Arc<Network>) -> Self {
        let buffers = network.buffers.iter().map(|tensor| Buffer::new(&network.tensors[*tensor])).collect();
        let mut scratch = Scratch::default();
        for step in &network.steps {
            if let Op::Conv(conv) = &step.op {
                conv.reserve(&mut scratch);
            }
        }
        Self { network, buffers, scratch, has_run: false }
    }

    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// `input` is `[1, channels, height, width]`, as the model expects it.
    pub fn run(&mut self, input: &[f32], sums: Sums) -> Result<(), IntegerError> {
        let network = Arc::clone(&self.network);
        let tensor = network.input();
        let wanted = tensor.shape.values();
        if input.len() != wanted {
            return Err(IntegerError::Input { given: input.len(), wanted, dims: tensor.dims() });
        }
        if let Buffer::Floats(floats) = &mut self.buffers[tensor.buffer] {
            moves::channels_last(input, tensor.shape, floats);
        }
        for step in &network.steps {
            _ = self.step(&network, step, sums, None);
        }
        self.has_run = true;
        Ok(())
    }

    /// A tensor's values after the last run, in the order of its dimensions; `None` if there is no such tensor or
    /// nothing has been run.
    pub fn values(&self, tensor: &str) -> Option<Values> {
        let tensor = self.network.tensor(tensor).filter(|_| self.has_run)?;
        Some(self.buffers[tensor.buffer].values(tensor))
    }

    /// How often pairs of products left int16 in each convolution and matrix product of the last run, in graph order.
    /// It examines the activations of that run, however they were summed.
    pub fn overflows(&mut self) -> Vec<ConvOverflow> {
        let Self { network, buffers, scratch, has_run } = self;
        let mut found = Vec::new();
        for step in network.steps.iter().filter(|_| *has_run) {
            let [input, output] = [step.input, step.output].map(|tensor| &network.tensors[tensor]);
            if let (Op::Conv(conv), Buffer::Bytes(bytes)) = (&step.op, &buffers[input.buffer]) {
                found.push(ConvOverflow {
                    node: step.node.clone(),
                    tensor: output.name.clone(),
                    pairs: conv.pairs(output.shape),
                    overflowing: conv.overflowing((bytes, input.shape), output.shape, scratch),
                });
            }
        }
        found
    }

    /// Computes a step. `wanted`: of a convolution, which breaks where its bytes are others.
    pub(super) fn step(
        &mut self,
        network: &Network,
        step: &Step,
        sums: Sums,
        wanted: Option<&[u8]>,
    ) -> ControlFlow<()> {
        let [input, output] = [step.input, step.output].map(|tensor| &network.tensors[tensor]);
        // Taken out of the list while the input is borrowed from it: no step reads what it writes.
        let mut buffer = std::mem::take(&mut self.buffers[output.buffer]);
        let (from, into) = (input.shape, output.shape);
        let mut flow = ControlFlow::Continue(());
        // The reader guarantees that each operation gets the types it supports.
        match (&self.buffers[input.buffer], &mut buffer) {
            (Buffer::Floats(floats), Buffer::Bytes(bytes)) => {
                if let Op::Quantize(grid) = step.op {
                    bytes.iter_mut().zip(floats).for_each(|(byte, value)| *byte = grid.quantize(*value));
                }
            }
            (Buffer::Bytes(bytes), Buffer::Floats(floats)) => match &step.op {
                Op::Dequantize(grid) => {
                    floats.iter_mut().zip(bytes).for_each(|(value, byte)| *value = grid.dequantize(*byte));
                }
                Op::Conv(conv) => conv.to_floats((bytes, from), sums, &mut self.scratch, (floats, into)),
                _ => {}
            },
            (Buffer::Bytes(bytes), Buffer::Bytes(output)) => match &step.op {
                Op::Conv(conv) => {
                    let output = ByteOutput { bytes: output, shape: into, wanted };
                    flow = conv.to_bytes((bytes, from), sums, &mut self.scratch, output);
                }
                Op::Map(map) => {
                    output.iter_mut().zip(bytes).for_each(|(output, byte)| *output = map.table[usize::from(*byte)]);
                }
                Op::MaxPool(window) => moves::max_pool((bytes, from), window, (output, into)),
                Op::Pad(padding) => moves::pad((bytes, from), padding.corner, padding.byte, (output, into)),
                op => moved((bytes, from), op, (output, into), |byte, table| table[usize::from(byte)]),
            },
            (Buffer::Floats(floats), Buffer::Floats(output)) => {
                if let Op::Pad(padding) = &step.op {
                    moves::pad((floats, from), padding.corner, padding.float, (output, into));
                }
                moved((floats, from), &step.op, (output, into), |value, _| value);
            }
        }
        self.buffers[output.buffer] = buffer;
        flow
    }
}

/// Operations that work on values of any type; the reader creates no others between tensors of the same type.
fn moved<T: Copy>(input: (&[T], Shape), op: &Op, output: (&mut [T], Shape), map: impl Fn(T, &Table) -> T) {
    match op {
        Op::Upsample(factor) => moves::upsample(input, *factor, output),
        Op::Channels { start, to, map: None } => moves::channels(input, *start, output, *to, |value| value),
        Op::Channels { start, to, map: Some(by) } => {
            moves::channels(input, *start, output, *to, |value| map(value, &by.table));
        }
        _ => {}
    }
}
