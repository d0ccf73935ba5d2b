//! From the input that is given to what the first tasks read.

use super::area::{Border, ByteArea, FloatPlanes};
use crate::integer::grid::Grid;
use crate::integer::kernel::memory::Memory;

#[derive(Debug)]
pub enum InputSink {
    /// The floats themselves.
    Floats(FloatPlanes),
    /// Their bytes.
    Bytes { area: ByteArea, grid: Grid, borders: Vec<Border> },
}

impl InputSink {
    /// `input`: channels, height, width. Nobody may use the memory meanwhile.
    pub fn fill(&self, memory: &Memory, input: &[f32]) {
        match self {
            Self::Floats(planes) => {
                // SAFETY: the caller's promise.
                unsafe { memory.floats_mut(planes.origin, planes.shape.values()) }.copy_from_slice(input);
            }
            Self::Bytes { area, grid, borders } => {
                borders.iter().for_each(|border| border.fill(memory));
                let (width, pitch) = (area.shape.width, area.pitch);
                for (at, values) in input.chunks_exact(width).enumerate() {
                    let (channel, y) = (at / area.shape.height, at % area.shape.height);
                    let row = row(memory, area, y);
                    const TOGETHER: usize = 64;
                    let mut bytes = [0u8; TOGETHER];
                    for (part, values) in values.chunks(TOGETHER).enumerate() {
                        bytes.iter_mut().zip(values).for_each(|(byte, value)| *byte = grid.quantize(*value));
                        let to = row[part * TOGETHER * pitch + channel..].iter_mut().step_by(pitch);
                        to.zip(&bytes[..values.len()]).for_each(|(to, byte)| *to = *byte);
                    }
                }
            }
        }
    }

    /// `input`: height, width, channels; 255 stands for 1. Nobody may use the memory meanwhile.
    pub fn fill_bytes(&self, memory: &Memory, input: &[u8]) {
        let value = |byte: u8| f32::from(byte) / 255.0;
        match self {
            Self::Floats(planes) => {
                // SAFETY: the caller's promise.
                let floats = unsafe { memory.floats_mut(planes.origin, planes.shape.values()) };
                for (channel, plane) in floats.chunks_exact_mut(planes.shape.positions()).enumerate() {
                    let bytes = input.iter().skip(channel).step_by(planes.shape.channels);
                    plane.iter_mut().zip(bytes).for_each(|(float, byte)| *float = value(*byte));
                }
            }
            Self::Bytes { area, grid, borders } => {
                borders.iter().for_each(|border| border.fill(memory));
                let table: [u8; 256] = std::array::from_fn(|byte| grid.quantize(value(byte as u8)));
                let is_same = table.iter().enumerate().all(|(byte, to)| byte == usize::from(*to));
                let (width, channels) = (area.shape.width, area.shape.channels);
                for (y, bytes) in input.chunks_exact(width * channels).enumerate() {
                    let row = row(memory, area, y);
                    if is_same && area.is_dense() {
                        row.copy_from_slice(bytes);
                        continue;
                    }
                    for (to, bytes) in row.chunks_mut(area.pitch).zip(bytes.chunks_exact(channels)) {
                        to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = table[usize::from(*byte)]);
                    }
                }
            }
        }
    }
}

/// All positions of a row, and what lies between their channels.
#[expect(clippy::mut_from_ref, reason = "nobody else uses the memory")]
fn row<'m>(memory: &'m Memory, area: &ByteArea, y: usize) -> &'m mut [u8] {
    // SAFETY: the caller's promise.
    unsafe { memory.bytes_mut(area.at(y, 0), (area.shape.width - 1) * area.pitch + area.shape.channels) }
}
