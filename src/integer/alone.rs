//! One tensor at a time: what its node makes of values that came from elsewhere, as from a board.

use super::executor::Executor;
use super::moves;
use super::network::Network;
use super::sums::Sums;
use super::tensor::{Axes, Buffer, Tensor, Values};

impl Network {
    /// The tensors that are read to compute this one; none for the network's input, and for a tensor that only gives
    /// another one a second name or other axes.
    pub fn inputs_of<'a>(&'a self, tensor: &str) -> impl Iterator<Item = &'a Tensor> + use<'a> {
        let place = self.places.get(tensor).copied();
        self.steps.iter().filter(move |step| Some(step.output) == place).map(|step| &self.tensors[step.input])
    }
}

impl Executor {
    /// Replaces a tensor's values, and with them those of tensors that share its memory. `false`: there is no such
    /// tensor, or it has another type or another number of values.
    pub fn set(&mut self, tensor: &str, values: &Values) -> bool {
        let Some(tensor) = self.network.tensor(tensor) else { return false };
        let done = match (&mut self.buffers[tensor.buffer], values) {
            (Buffer::Floats(floats), Values::F32(values)) => put(values, tensor, floats),
            (Buffer::Bytes(bytes), Values::U8(values)) => put(values, tensor, bytes),
            (Buffer::Bytes(bytes), Values::I8(values)) => {
                let lifted: Vec<u8> = values.iter().map(|value| value.cast_unsigned() ^ 128).collect();
                put(&lifted, tensor, bytes)
            }
            _ => false,
        };
        self.has_run |= done;
        done
    }

    /// Computes one tensor from what its inputs hold now. The network's input stays as it is.
    pub fn compute(&mut self, tensor: &str, sums: Sums) -> Option<Values> {
        let network = std::sync::Arc::clone(&self.network);
        let place = *network.places.get(tensor)?;
        for step in network.steps.iter().filter(|step| step.output == place) {
            self.step(&network, step, sums);
        }
        let found = network.tensor(tensor)?;
        Some(self.buffers[found.buffer].values(found))
    }
}

/// From the order of the tensor's dimensions to channels innermost.
fn put<T: Copy>(values: &[T], tensor: &Tensor, buffer: &mut [T]) -> bool {
    if values.len() != buffer.len() {
        return false;
    }
    match tensor.axes {
        Axes::ChannelsLast => buffer.copy_from_slice(values),
        Axes::ChannelsFirst => moves::channels_last(values, tensor.shape, buffer),
    }
    true
}
