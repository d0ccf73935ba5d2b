//! Convolutions and matrix products of bytes.
//!
//! ```text
//! bytes ──▶ patches of some places ──▶ int32 sums ──▶ bytes (QLinearConv) or float32 (MatMulIntegerToFloat)
//! ```

use std::ops::{ControlFlow, Range};

use super::accumulator::Accumulator;
use super::filters::Filters;
use super::grid::round_to_byte;
use super::multiplier::{Multiplier, Rounding};
use super::sums::{Addition, Sums};
use super::tensor::Shape;
use super::window::Window;

/// ONNX's `QLinearConv`, or ONNX Runtime's `MatMulIntegerToFloat` at each position of an image.
#[derive(Clone, Debug)]
pub struct Conv {
    pub window: Window,
    pub filters: Filters,
    /// Zero point of the input, which is the value of padding.
    pub zero_point: u8,
    /// Whether [`Sums::Saturating`] makes a difference; ONNX Runtime's kernels for int8 activations never saturate.
    pub can_saturate: bool,
    /// Of a chip, which then adds the products whatever [`Sums`] are asked for.
    pub accumulator: Option<Accumulator>,
    pub epilogue: Epilogue,
}

/// How sums become outputs.
#[derive(Clone, Debug)]
pub enum Epilogue {
    /// Rounded to bytes: clamp(round(float32(sum) · multiplier) + zero point). One multiplier per filter: input scale
    /// · weight scale / output scale, in float32 and in this order. `fixed` takes their place on a chip.
    Bytes { multipliers: Vec<f32>, zero_point: u8, fixed: Option<FixedPoint> },
    /// float32(sum) · scale + bias, each step in float32, one per filter. Scale: input scale · weight scale.
    Floats { scales: Vec<f32>, biases: Vec<f32> },
}

/// Multipliers of a chip, one per filter.
#[derive(Clone, Debug)]
pub struct FixedPoint {
    pub multipliers: Vec<Multiplier>,
    pub rounding: Rounding,
}

/// Memory shared by all convolutions of a network, which run one after another.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    patches: Vec<i16>,
    totals: Vec<i32>,
}

/// Where the bytes of a convolution go.
pub struct ByteOutput<'a> {
    pub bytes: &'a mut [u8],
    pub shape: Shape,
    /// Where these are given, the first batch of positions that has other bytes is the last one.
    pub wanted: Option<&'a [u8]>,
}

/// Number of patch values that are laid out at once: 128 KiB, which stay in a cache.
const PATCHES: usize = 1 << 16;

impl Conv {
    /// Whether its outputs are bytes.
    pub fn rounds(&self) -> bool {
        matches!(self.epilogue, Epilogue::Bytes { .. })
    }

    /// How it adds products where these sums are asked for.
    pub fn addition(&self, sums: Sums) -> Addition {
        match (self.accumulator, sums) {
            (Some(accumulator), _) => Addition::Chip(accumulator),
            (None, Sums::Saturating) if self.can_saturate => Addition::Saturating,
            (None, _) => Addition::Exact,
        }
    }

    /// Allocates the memory that this convolution needs.
    pub fn reserve(&self, scratch: &mut Scratch) {
        let together = self.together();
        let grow = |now: usize, wanted: usize| now.max(together * wanted);
        scratch.patches.resize(grow(scratch.patches.len(), self.filters.depth()), 0);
        scratch.totals.resize(grow(scratch.totals.len(), self.filters.row()), 0);
    }

    /// Number of positions computed at once.
    fn together(&self) -> usize {
        (PATCHES / self.filters.depth().max(1)).clamp(1, 256)
    }

    /// Breaks where other bytes are wanted.
    pub fn to_bytes(
        &self,
        input: (&[u8], Shape),
        sums: Sums,
        scratch: &mut Scratch,
        output: ByteOutput<'_>,
    ) -> ControlFlow<()> {
        let Epilogue::Bytes { multipliers, zero_point, fixed } = &self.epilogue else {
            return ControlFlow::Continue(());
        };
        match fixed {
            None => self.rounded(input, sums, scratch, output, multipliers, |total, multiplier| {
                round_to_byte(total as f32 * multiplier, *zero_point)
            }),
            Some(FixedPoint { multipliers, rounding }) => {
                self.rounded(input, sums, scratch, output, multipliers, |total, multiplier| {
                    multiplier.to_byte(total, *rounding, *zero_point)
                })
            }
        }
    }

    /// `round`: from a sum and its filter's multiplier to a byte.
    fn rounded<M: Copy>(
        &self,
        input: (&[u8], Shape),
        sums: Sums,
        scratch: &mut Scratch,
        output: ByteOutput<'_>,
        multipliers: &[M],
        round: impl Fn(i32, M) -> u8,
    ) -> ControlFlow<()> {
        let ByteOutput { bytes, shape, wanted } = output;
        self.totals(input, shape, sums, scratch, |filters, range, totals| {
            let place = range.start * filters..range.end * filters;
            let batch = &mut bytes[place.clone()];
            for (bytes, totals) in batch.chunks_exact_mut(filters).zip(totals) {
                for ((byte, total), multiplier) in bytes.iter_mut().zip(totals).zip(multipliers) {
                    *byte = round(*total, *multiplier);
                }
            }
            let is_right = wanted.is_none_or(|wanted| wanted[place] == *batch);
            if is_right { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    pub fn to_floats(&self, input: (&[u8], Shape), sums: Sums, scratch: &mut Scratch, output: (&mut [f32], Shape)) {
        let Epilogue::Floats { scales, biases } = &self.epilogue else { return };
        let (output, shape) = output;
        _ = self.totals(input, shape, sums, scratch, |filters, range, totals| {
            let floats = output[range.start * filters..range.end * filters].chunks_exact_mut(filters);
            for (floats, totals) in floats.zip(totals) {
                let factors = scales.iter().zip(biases);
                for ((float, total), (scale, bias)) in floats.iter_mut().zip(totals).zip(factors) {
                    *float = *total as f32 * scale + bias;
                }
            }
            ControlFlow::Continue(())
        });
    }

    /// Number of pairs of products that leave int16, over all positions of the output.
    pub fn overflowing(&self, input: (&[u8], Shape), output: Shape, scratch: &mut Scratch) -> u64 {
        let mut overflowing = 0;
        if !self.can_saturate || !self.filters.can_overflow() {
            return overflowing;
        }
        _ = self.patches(input, output, &mut scratch.patches, |_, patches| {
            overflowing += self.filters.overflowing(patches);
            ControlFlow::Continue(())
        });
        overflowing
    }

    /// Number of pairs of products, over all positions of the output.
    pub fn pairs(&self, output: Shape) -> u64 {
        output.positions() as u64 * self.filters.pairs() as u64
    }

    fn totals(
        &self,
        input: (&[u8], Shape),
        output: Shape,
        sums: Sums,
        scratch: &mut Scratch,
        mut take: impl FnMut(usize, Range<usize>, std::slice::ChunksExact<'_, i32>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Scratch { patches, totals } = scratch;
        let addition = self.addition(sums);
        let (filters, row) = (self.filters.count(), self.filters.row());
        self.patches(input, output, patches, |range, patches| {
            let totals = &mut totals[..range.len() * row];
            self.filters.totals(patches, addition, totals);
            take(filters, range, totals.chunks_exact(row))
        })
    }

    /// Visits the positions of the output in batches, until one breaks.
    fn patches(
        &self,
        input: (&[u8], Shape),
        output: Shape,
        patches: &mut [i16],
        mut take: impl FnMut(Range<usize>, &[i16]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (places, depth) = (output.positions(), self.filters.depth());
        let mut start = 0;
        while start < places {
            let range = start..places.min(start + self.together());
            start = range.end;
            let patches = &mut patches[..range.len() * depth];
            self.window.patches(input, self.zero_point, output.width, range.clone(), depth, patches);
            take(range, patches)?;
        }
        ControlFlow::Continue(())
    }
}
