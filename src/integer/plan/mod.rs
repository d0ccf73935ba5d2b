//! A network made ready for this processor.

use std::sync::Arc;

use super::IntegerError;
use super::executor::Executor;
use super::kernel::Kernel;
use super::network::Network;
use super::sums::Sums;
use super::tensor::{Tensor, Values};

/// How a network is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    pub kernel: Kernel,
    /// Including the one that calls [`Plan::run`]; at least 1.
    pub threads: usize,
    /// Whether every tensor stays readable after a run, which takes more memory and time. Outputs always do.
    pub keeps: bool,
    /// A network for a chip has sums of its own.
    pub sums: Sums,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { kernel: Kernel::best(), threads: 1, keeps: false, sums: Sums::Exact }
    }
}

/// A network, and all that it needs to run on this processor: packed weights, memory and threads, all made once.
pub struct Plan {
    executor: Executor,
    options: PlanOptions,
    input: Vec<f32>,
    outputs: Vec<Vec<f32>>,
}

impl Plan {
    pub fn new(network: Arc<Network>, options: PlanOptions) -> Result<Self, IntegerError> {
        let outputs = network.outputs().map(|tensor| vec![0.0; tensor.shape.values()]).collect();
        let input = vec![0.0; network.input().shape.values()];
        Ok(Self { executor: Executor::new(network), options, input, outputs })
    }

    pub fn network(&self) -> &Arc<Network> {
        self.executor.network()
    }

    pub fn options(&self) -> PlanOptions {
        self.options
    }

    /// `input` is `[1, channels, height, width]`, as the model expects it.
    pub fn run(&mut self, input: &[f32]) -> Result<(), IntegerError> {
        self.executor.run(input, self.options.sums)?;
        for (output, values) in self.executor.network().outputs().zip(&mut self.outputs) {
            if let Some(Values::F32(floats)) = self.executor.values(&output.name) {
                values.copy_from_slice(&floats);
            }
        }
        Ok(())
    }

    /// The same for an input of bytes that stand for 0 to 1: `[height, width, channels]`, as in a picture.
    pub fn run_bytes(&mut self, input: &[u8]) -> Result<(), IntegerError> {
        let tensor = self.network().input();
        let (wanted, dims) = (tensor.shape.values(), tensor.dims());
        if input.len() != wanted {
            return Err(IntegerError::Input { given: input.len(), wanted, dims });
        }
        let mut floats = std::mem::take(&mut self.input);
        let (channels, plane) = (dims[1], dims[2] * dims[3]);
        for (at, byte) in input.iter().enumerate() {
            floats[at % channels * plane + at / channels] = f32::from(*byte) / 255.0;
        }
        let done = self.run(&floats);
        self.input = floats;
        done
    }

    /// After a run: each output of the model that is float32, in the model's order, with its values in the order of
    /// its dimensions.
    pub fn outputs(&self) -> impl Iterator<Item = (&Tensor, &[f32])> {
        self.network().outputs().zip(self.outputs.iter().map(Vec::as_slice))
    }

    /// A tensor's values after the last run, in the order of its dimensions; `None` if there is no such tensor, or
    /// nothing has been run, or its memory has been used again ([`PlanOptions::keeps`]).
    pub fn values(&self, tensor: &str) -> Option<Values> {
        self.executor.values(tensor)
    }
}
