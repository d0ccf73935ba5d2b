//! A convolution on this processor.
//!
//! ```text
//! input ──▶ (staged, if need be) ──▶ tile: sums of some positions and a block of filters ──▶ bytes or floats ──▶ output
//! ```

use super::area::{ByteArea, TensorPlace};
use super::packed::PackedWeights;
use super::scratch::ThreadMemory;
use super::staging::{Staging, corner, taps};
use crate::integer::byte_map::Table;
use crate::integer::conv::{Conv, Epilogue};
use crate::integer::kernel::Kernel;
use crate::integer::kernel::curve::ByteCurve;
use crate::integer::kernel::memory::Memory;
use crate::integer::kernel::multiply::{GROUP, Multiply, Tile};
use crate::integer::kernel::to_bytes::{Scale, TileRows, ToBytes};
use crate::integer::sums::Addition;
use crate::integer::tensor::Shape;
use crate::integer::window::Window;
use crate::integer::{Accumulator, OutOfRange};

/// The most patch values that the portable kernel lays out at once.
const PATCHES: usize = 1 << 14;
/// Bytes of input that stay in a core's cache while all filters pass.
const CACHED: usize = 96 << 10;
/// Above this share of groups that take two steps, pairs of int16 are faster.
const MOST_RESTS: f64 = 0.2;

#[derive(Debug)]
pub struct ConvJob {
    kernel: Kernel,
    window: Window,
    input: ByteArea,
    output: TensorPlace,
    /// Of the output.
    shape: Shape,
    way: Way,
    finish: Ending,
    /// Parts into which rows of the output and blocks of filters are divided.
    pub row_parts: usize,
    pub block_parts: usize,
}

#[derive(Debug)]
enum Way {
    Portable(Addition),
    Vectors(Box<Vectors>),
}

#[derive(Debug)]
struct Vectors {
    packed: PackedWeights,
    staging: Staging,
    /// Of a position's first byte.
    runs: Vec<usize>,
    rests: Vec<Vec<usize>>,
    /// From position to position and from row to row of the output, in bytes of what is read.
    stride: usize,
    row: usize,
}

#[derive(Debug)]
enum Ending {
    Bytes(ToBytes),
    Floats { scales: Vec<f32>, biases: Vec<f32> },
}

impl ConvJob {
    pub fn new(
        conv: &Conv,
        table: Option<&Table>,
        (input, output, shape): (ByteArea, TensorPlace, Shape),
        kernel: Kernel,
        addition: Addition,
        threads: usize,
    ) -> Self {
        let way = Way::new(conv, input, shape, kernel, addition);
        let filters = match &way {
            Way::Portable(_) => conv.filters.row(),
            Way::Vectors(vectors) => vectors.packed.offsets.len(),
        };
        let finish = match &conv.epilogue {
            Epilogue::Bytes { multipliers, zero_point, fixed } => Ending::Bytes(ToBytes {
                unused_bits: match (&way, addition) {
                    (Way::Vectors(_), Addition::Chip(Accumulator { bits, overflow: OutOfRange::Wrap })) => {
                        i32::BITS - bits
                    }
                    _ => 0,
                },
                scale: match fixed {
                    Some(fixed) => Scale::fixed(fixed, filters),
                    None => Scale::float(multipliers, filters),
                },
                zero_point: *zero_point,
                curve: table.map_or(ByteCurve::Same, |table| ByteCurve::of(table, *zero_point)),
            }),
            Epilogue::Floats { scales, biases } => Ending::Floats { scales: scales.clone(), biases: biases.clone() },
        };
        let window = conv.window;
        let mut job = Self { kernel, window, input, output, shape, way, finish, row_parts: 1, block_parts: 1 };
        job.divide(threads);
        job
    }

    /// Chooses parts: enough for all threads, and small enough for a core's cache.
    fn divide(&mut self, threads: usize) {
        let height = self.shape.height;
        let read = self.input.shape.values();
        let wanted = if threads > 1 { 6 * threads } else { 1 };
        let Way::Vectors(vectors) = &self.way else {
            self.row_parts = height.min(wanted);
            return;
        };
        let blocks = vectors.packed.blocks();
        if vectors.packed.weights.bytes().len() > read && threads > 1 {
            self.block_parts = blocks.min(wanted);
            self.row_parts = wanted.div_ceil(self.block_parts).min(height);
        } else {
            self.row_parts = wanted.max(read.div_ceil(CACHED)).min(height);
            self.block_parts = wanted.div_ceil(self.row_parts).min(blocks);
        }
    }

    pub fn items(&self) -> usize {
        self.row_parts * self.block_parts
    }

    /// Makes a thread's memory large enough.
    pub fn reserve(&self, conv: &Conv, scratch: &mut ThreadMemory) {
        let rows = self.shape.height.div_ceil(self.row_parts);
        match &self.way {
            Way::Portable(_) => {
                let together = self.together(conv);
                let row = conv.filters.row();
                scratch.reserve(0, together * conv.filters.depth(), together * row);
            }
            Way::Vectors(vectors) => {
                let multiply = vectors.packed.multiply;
                let staged = vectors.staging.bytes(&self.window, self.input, self.shape, rows);
                scratch.reserve(staged, 0, multiply.positions() * multiply.block());
            }
        }
    }

    fn together(&self, conv: &Conv) -> usize {
        (PATCHES / conv.filters.depth().max(1)).clamp(1, 64).min(self.shape.width)
    }

    pub fn run(&self, conv: &Conv, memory: &Memory, scratch: &mut ThreadMemory, item: usize) {
        let part = |all: usize, parts: usize, at: usize| all * at / parts..all * (at + 1) / parts;
        let (of_rows, of_blocks) = (item % self.row_parts, item / self.row_parts);
        let rows = part(self.shape.height, self.row_parts, of_rows);
        match &self.way {
            Way::Portable(addition) => {
                for y in rows {
                    self.portable_row(conv, *addition, memory, scratch, y);
                }
            }
            Way::Vectors(vectors) => {
                let blocks = part(vectors.packed.blocks(), self.block_parts, of_blocks);
                self.vectors(vectors, memory, scratch, rows, blocks);
            }
        }
    }

    fn vectors(
        &self,
        vectors: &Vectors,
        memory: &Memory,
        scratch: &mut ThreadMemory,
        rows: std::ops::Range<usize>,
        blocks: std::ops::Range<usize>,
    ) {
        let Vectors { packed, staging, runs, rests, stride, row } = vectors;
        let multiply = packed.multiply;
        let block = multiply.block();
        let ThreadMemory { staged, totals, bytes, .. } = scratch;
        let first = rows.start;
        let start = match staging {
            Staging::Direct => memory.at(corner(&self.window, self.input, first)),
            staging => {
                staging.fill(&self.window, (memory, self.input), self.shape, rows.clone(), staged);
                staged.bytes().as_ptr()
            }
        };
        let (width, most) = (self.shape.width, multiply.positions());
        let tiles = width.div_ceil(most);
        for at in blocks {
            for y in rows.clone() {
                for tile in 0..tiles {
                    let (x, end) = (width * tile / tiles, width * (tile + 1) / tiles);
                    let totals = &mut totals[..(end - x) * block];
                    let mut tile = Tile {
                        activations: start.wrapping_add((y - first) * row + x * stride),
                        stride: *stride,
                        runs,
                        groups: packed.groups,
                        rests: &rests[at],
                        weights: &packed.weights,
                        from: packed.starts[at],
                        offsets: &packed.offsets[at * block..][..block],
                        unused_bits: packed.unused_bits,
                        totals: &mut *totals,
                    };
                    // SAFETY: the window of each of these positions lies within the input and its border, or within
                    // what has been staged; a group reaches at most 3 bytes beyond, where both have bytes of their
                    // own. No task writes what it reads. The instructions are those of the plan's kernel.
                    unsafe { multiply.run(end - x, &mut tile) };
                    self.put(memory, at * block, block, (y, x), totals, bytes);
                }
            }
        }
    }

    fn portable_row(&self, conv: &Conv, addition: Addition, memory: &Memory, scratch: &mut ThreadMemory, y: usize) {
        let (filters, together) = (&conv.filters, self.together(conv));
        let (depth, row) = (filters.depth(), filters.row());
        let ThreadMemory { patches, totals, bytes, .. } = scratch;
        let mut x = 0;
        while x < self.shape.width {
            let end = self.shape.width.min(x + together);
            let patches = &mut patches[..(end - x) * depth];
            for (position, patch) in (x..end).zip(patches.chunks_exact_mut(depth)) {
                let taps = taps(&self.window, memory, self.input, [y, position]);
                let mut values = patch.iter_mut();
                for tap in taps {
                    tap.iter().zip(&mut values).for_each(|(byte, wide)| *wide = i16::from(*byte));
                }
                values.for_each(|wide| *wide = 0);
            }
            let totals = &mut totals[..(end - x) * row];
            filters.totals(patches, addition, totals);
            self.put(memory, 0, row, (y, x), totals, bytes);
            x = end;
        }
    }

    /// Finishes the sums of some positions from `y` and `x` on, and of `block` filters from `first` on.
    fn put(
        &self,
        memory: &Memory,
        first: usize,
        block: usize,
        (y, x): (usize, usize),
        totals: &[i32],
        bytes: &mut [u8],
    ) {
        let filters = block.min(self.shape.channels - first);
        match (&self.finish, &self.output) {
            (Ending::Bytes(to_bytes), TensorPlace::Bytes(area)) => {
                let positions = totals.len() / block;
                let start = area.at(y, x) + first;
                if filters == block {
                    let to = memory.at_mut(start, (positions - 1) * area.pitch + block);
                    // SAFETY: these filters at these positions belong to the item that is being run, and the kernel
                    // is that of the plan.
                    unsafe { to_bytes.run(self.kernel, TileRows { first, block, totals, to, pitch: area.pitch }) };
                    return;
                }
                let bytes = &mut bytes[..totals.len()];
                let to = bytes.as_mut_ptr();
                // SAFETY: there is a byte for each sum, and the kernel is that of the plan.
                unsafe { to_bytes.run(self.kernel, TileRows { first, block, totals, to, pitch: block }) };
                for (position, bytes) in bytes.chunks_exact(block).enumerate() {
                    // SAFETY: these filters at this position belong to the item that is being run.
                    let to = unsafe { memory.bytes_mut(start + position * area.pitch, filters) };
                    to.copy_from_slice(&bytes[..filters]);
                }
            }
            (Ending::Floats { scales, biases }, TensorPlace::Floats(planes)) => {
                let positions = totals.len() / block;
                for filter in 0..filters {
                    let (scale, bias) = (scales[first + filter], biases[first + filter]);
                    let to = planes.at(first + filter, y) + 4 * x;
                    // SAFETY: this filter at these positions belongs to the item that is being run.
                    let to = unsafe { memory.floats_mut(to, positions) };
                    for (float, total) in to.iter_mut().zip(totals.iter().skip(filter).step_by(block)) {
                        *float = *total as f32 * scale + bias;
                    }
                }
            }
            // The reader gives each convolution the output that it has.
            _ => {}
        }
    }
}

impl Way {
    fn new(conv: &Conv, input: ByteArea, output: Shape, kernel: Kernel, addition: Addition) -> Self {
        let portable = Self::Portable(addition);
        if kernel == Kernel::Portable {
            return portable;
        }
        let window = &conv.window;
        let with =
            |staging: Staging, multiply: Multiply| Vectors::new(conv, (input, output), staging, multiply, addition);
        let vectors = match addition {
            // Products must be added one after another.
            Addition::Chip(accumulator @ Accumulator { bits, overflow: OutOfRange::Saturate })
                if conv.filters.can_reach(accumulator) =>
            {
                let Some(multiply) = Multiply::steps(kernel, bits) else { return portable };
                let [_, shift] = multiply.shifts(i32::BITS - bits);
                let zero_point = conv.zero_point;
                let staging = match multiply.group() {
                    1 => Staging::Singles { zero_point, shift },
                    _ => Staging::Steps { zero_point, shift },
                };
                with(staging, multiply)
            }
            Addition::Saturating => {
                let multiply = Multiply::saturating(kernel, conv.filters.may_wrap());
                with(Staging::of_pairs(window, input), multiply)
            }
            _ => match Multiply::fours(kernel) {
                Some(fours) => with(Staging::of_bytes(input), fours),
                None => {
                    let bytes = with(Staging::of_bytes(input), Multiply::SaturatingPairs);
                    if bytes.packed.rest_share(bytes.runs.len()) <= MOST_RESTS {
                        bytes
                    } else {
                        with(Staging::Words, Multiply::Pairs)
                    }
                }
            },
        };
        if vectors.staging.bytes(window, input, output, 1) > Staging::MOST {
            return portable;
        }
        Self::Vectors(Box::new(vectors))
    }
}

impl Vectors {
    fn new(
        conv: &Conv,
        (input, output): (ByteArea, Shape),
        staging: Staging,
        multiply: Multiply,
        addition: Addition,
    ) -> Self {
        let window = &conv.window;
        let runs = staging.runs(window, input, output);
        let packed = PackedWeights::new(&conv.filters, runs.len(), multiply, addition);
        let place = |group: &usize| runs[group / packed.groups] + group % packed.groups * GROUP;
        let rests = packed.rests.iter().map(|rests| rests.iter().map(place).collect()).collect();
        let (stride, row) = staging.steps(window, input, output);
        Self { packed, staging, runs, rests, stride, row }
    }
}
