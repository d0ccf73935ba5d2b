//! One tensor at a time: what its node makes of values that came from elsewhere, as from a board.

use std::sync::Arc;

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

    /// The same tensors, of which this one alone can be computed: it is soon put into another arithmetic.
    pub fn alone(&self, tensor: &str) -> Self {
        let place = self.places.get(tensor).copied();
        let steps = self.steps.iter().filter(|step| Some(step.output) == place).cloned().collect();
        Self {
            tensors: self.tensors.clone(),
            places: self.places.clone(),
            buffers: self.buffers.clone(),
            steps,
            input: self.input,
            outputs: self.outputs.clone(),
        }
    }
}

impl Executor {
    /// Replaces a tensor's values, and with them those of tensors that share its memory. `false`: there is no such
    /// tensor, or it has another type or another number of values.
    pub fn set(&mut self, tensor: &str, values: &Values) -> bool {
        let Some(tensor) = self.network.tensor(tensor) else { return false };
        let done = put_values(values, tensor, &mut self.buffers[tensor.buffer]);
        self.has_run |= done;
        done
    }

    /// Computes one tensor from what its inputs hold now. The network's input stays as it is.
    pub fn compute(&mut self, tensor: &str, sums: Sums) -> Option<Values> {
        let network = Arc::clone(&self.network);
        let place = *network.places.get(tensor)?;
        for step in network.steps.iter().filter(|step| step.output == place) {
            _ = self.step(&network, step, sums, None);
        }
        let found = network.tensor(tensor)?;
        Some(self.buffers[found.buffer].values(found))
    }

    /// Whether a tensor, computed from what its inputs hold now, has exactly these values, bit by bit. A convolution ends
    /// where it differs, so that wrong values are soon refused; the tensor then holds a part of what it was to be.
    pub fn gives(&mut self, tensor: &str, sums: Sums, wanted: &Values) -> bool {
        let network = Arc::clone(&self.network);
        let Some(place) = network.places.get(tensor).copied() else { return false };
        let found = &network.tensors[place];
        let mut right = Buffer::new(found);
        if !put_values(wanted, found, &mut right) {
            return false;
        }
        let bytes = match &right {
            Buffer::Bytes(bytes) => Some(bytes.as_slice()),
            Buffer::Floats(_) => None,
        };
        let mut steps = network.steps.iter().filter(|step| step.output == place);
        steps.all(|step| self.step(&network, step, sums, bytes).is_continue())
            && is_same(&self.buffers[found.buffer], &right)
    }
}

/// Bit by bit.
fn is_same(one: &Buffer, other: &Buffer) -> bool {
    match (one, other) {
        (Buffer::Bytes(one), Buffer::Bytes(other)) => one == other,
        (Buffer::Floats(one), Buffer::Floats(other)) => {
            one.iter().map(|value| value.to_bits()).eq(other.iter().map(|value| value.to_bits()))
        }
        _ => false,
    }
}

/// `false`: the buffer has another type or another number of values.
fn put_values(values: &Values, tensor: &Tensor, buffer: &mut Buffer) -> bool {
    match (buffer, values) {
        (Buffer::Floats(floats), Values::F32(values)) => put(values, tensor, floats),
        (Buffer::Bytes(bytes), Values::U8(values)) => put(values, tensor, bytes),
        (Buffer::Bytes(bytes), Values::I8(values)) => {
            let lifted: Vec<u8> = values.iter().map(|value| value.cast_unsigned() ^ 128).collect();
            put(&lifted, tensor, bytes)
        }
        _ => false,
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
