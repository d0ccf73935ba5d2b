//! Tasks that move bytes and floats, or look bytes up; row by row, so that threads share them.

use super::area::{Border, ByteArea, FloatPlanes, TensorPlace};
use crate::integer::byte_map::Table;
use crate::integer::grid::Grid;
use crate::integer::kernel::memory::Memory;
use crate::integer::network::Padding;
use crate::integer::window::Window;

/// One task, and one of its rows after another. Places are those of the output's rows.
#[derive(Debug)]
pub enum Move {
    /// The areas have as many channels.
    Copy {
        from: ByteArea,
        to: ByteArea,
        table: Option<Box<Table>>,
    },
    MaxPool {
        from: ByteArea,
        to: ByteArea,
        window: Window,
    },
    /// Factors along the height and along the width.
    Upsample {
        from: ByteArea,
        to: ByteArea,
        factor: [usize; 2],
    },
    Quantize {
        from: FloatPlanes,
        to: ByteArea,
        grid: Grid,
    },
    Dequantize {
        from: ByteArea,
        to: FloatPlanes,
        grid: Grid,
    },
    /// Channels of the input from `start` on to channels of the output from `to` on, `count` of them.
    Floats {
        from: FloatPlanes,
        start: usize,
        to: FloatPlanes,
        at: usize,
        count: usize,
        factor: [usize; 2],
    },
    PadFloats {
        from: FloatPlanes,
        to: FloatPlanes,
        padding: Padding,
    },
}

impl Move {
    /// Of the output.
    pub fn rows(&self) -> usize {
        match self {
            Self::Copy { from, .. } => from.shape.height,
            Self::MaxPool { to, .. } | Self::Upsample { to, .. } | Self::Quantize { to, .. } => to.shape.height,
            Self::Dequantize { to, .. } | Self::Floats { to, .. } | Self::PadFloats { to, .. } => to.shape.height,
        }
    }

    /// No other thread may run the same row.
    pub fn row(&self, memory: &Memory, y: usize) {
        match self {
            Self::Copy { from, to, table } => copy(memory, (*from, *to), table.as_deref(), y),
            Self::MaxPool { from, to, window } => max_pool(memory, (*from, *to), window, y),
            Self::Upsample { from, to, factor } => {
                for x in 0..to.shape.width {
                    let bytes = read(memory, from, y / factor[0], x / factor[1]);
                    write(memory, to, y, x).copy_from_slice(bytes);
                }
            }
            Self::Quantize { from, to, grid } => {
                for channel in 0..from.shape.channels {
                    // SAFETY: no task writes what it reads.
                    let values = unsafe { memory.floats(from.at(channel, y), from.shape.width) };
                    quantize(values, memory, *to, (channel, y), *grid);
                }
            }
            Self::Dequantize { from, to, grid } => dequantize(memory, (*from, *to), *grid, y),
            Self::Floats { from, start, to, at, count, factor } => {
                for channel in 0..*count {
                    // SAFETY: no task writes what it reads.
                    let values = unsafe { memory.floats(from.at(start + channel, y / factor[0]), from.shape.width) };
                    // SAFETY: the row belongs to whoever runs it.
                    let output = unsafe { memory.floats_mut(to.at(at + channel, y), to.shape.width) };
                    for (x, output) in output.iter_mut().enumerate() {
                        *output = values[x / factor[1]];
                    }
                }
            }
            Self::PadFloats { from, to, padding: Padding { corner: [top, left], float, .. } } => {
                for channel in 0..to.shape.channels {
                    // SAFETY: the row belongs to whoever runs it.
                    let output = unsafe { memory.floats_mut(to.at(channel, y), to.shape.width) };
                    output.fill(*float);
                    if (*top..top + from.shape.height).contains(&y) {
                        // SAFETY: no task writes what it reads.
                        let values = unsafe { memory.floats(from.at(channel, y - top), from.shape.width) };
                        output[*left..left + values.len()].copy_from_slice(values);
                    }
                }
            }
        }
    }
}

/// A position's channels.
fn read<'m>(memory: &'m Memory, area: &ByteArea, y: usize, x: usize) -> &'m [u8] {
    // SAFETY: no task writes what it reads.
    unsafe { memory.bytes(area.at(y, x), area.shape.channels) }
}

/// A position's channels.
#[expect(clippy::mut_from_ref, reason = "each row belongs to whoever runs it")]
fn write<'m>(memory: &'m Memory, area: &ByteArea, y: usize, x: usize) -> &'m mut [u8] {
    // SAFETY: the row belongs to whoever runs it, and each position is written once at a time.
    unsafe { memory.bytes_mut(area.at(y, x), area.shape.channels) }
}

fn copy(memory: &Memory, (from, to): (ByteArea, ByteArea), table: Option<&Table>, y: usize) {
    for x in 0..from.shape.width {
        let (input, output) = (read(memory, &from, y, x), write(memory, &to, y, x));
        match table {
            None => output.copy_from_slice(input),
            Some(table) => {
                output.iter_mut().zip(input).for_each(|(output, byte)| *output = table[usize::from(*byte)]);
            }
        }
    }
}

/// The largest byte in the window, per channel; padding is ignored.
fn max_pool(memory: &Memory, (from, to): (ByteArea, ByteArea), window: &Window, y: usize) {
    let Window { size, stride, padding } = *window;
    let range = |axis: usize, place: usize, side: usize| {
        let start = place * stride[axis];
        start.saturating_sub(padding[axis])..(start + size[axis]).saturating_sub(padding[axis]).min(side)
    };
    let rows = range(0, y, from.shape.height);
    for x in 0..to.shape.width {
        let columns = range(1, x, from.shape.width);
        let largest = write(memory, &to, y, x);
        largest.fill(0);
        for v in rows.clone() {
            for u in columns.clone() {
                for (largest, byte) in largest.iter_mut().zip(read(memory, &from, v, u)) {
                    *largest = (*largest).max(*byte);
                }
            }
        }
    }
}

/// Rounds a row of one channel.
pub fn quantize(values: &[f32], memory: &Memory, to: ByteArea, (channel, y): (usize, usize), grid: Grid) {
    const TOGETHER: usize = 64;
    let mut bytes = [0u8; TOGETHER];
    for (part, values) in values.chunks(TOGETHER).enumerate() {
        bytes.iter_mut().zip(values).for_each(|(byte, value)| *byte = grid.quantize(*value));
        for (x, byte) in (part * TOGETHER..).zip(&bytes[..values.len()]) {
            // SAFETY: the row belongs to whoever runs it.
            unsafe { memory.bytes_mut(to.at(y, x) + channel, 1) }.fill(*byte);
        }
    }
}

/// Blocks of positions and channels, so that neither the reads nor the writes jump about much.
fn dequantize(memory: &Memory, (from, to): (ByteArea, FloatPlanes), grid: Grid, y: usize) {
    const TOGETHER: usize = 16;
    let (width, channels) = (from.shape.width, from.shape.channels);
    for start in (0..width).step_by(TOGETHER) {
        let end = width.min(start + TOGETHER);
        for channel in 0..channels {
            // SAFETY: the row belongs to whoever runs it.
            let floats = unsafe { memory.floats_mut(to.at(channel, y) + 4 * start, end - start) };
            for (x, float) in (start..end).zip(floats) {
                *float = grid.dequantize(read(memory, &from, y, x)[channel]);
            }
        }
    }
}

impl Border {
    /// Nobody may use these bytes meanwhile.
    pub fn fill(&self, memory: &Memory) {
        let Self { area, ends: [top, left, bottom, right], value } = *self;
        let (height, width) = (area.shape.height, area.shape.width);
        let corner = area.origin - top * area.row - left * area.pitch;
        for y in 0..top + height + bottom {
            for x in 0..left + width + right {
                if (top..top + height).contains(&y) && (left..left + width).contains(&x) {
                    continue;
                }
                let at = corner + y * area.row + x * area.pitch;
                // SAFETY: the border belongs to whoever runs the task that fills it.
                unsafe { memory.bytes_mut(at, area.shape.channels) }.fill(value);
            }
        }
    }
}

impl TensorPlace {
    pub fn bytes(self) -> Option<ByteArea> {
        match self {
            Self::Bytes(area) => Some(area),
            Self::Floats(_) => None,
        }
    }
}
