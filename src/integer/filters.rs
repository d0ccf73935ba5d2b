//! Sums of products of uint8 activations and int8 weights.
//!
//! ```text
//! a patch: what a window sees at one place       the filters: one row each
//! [height · width · channels]  uint8, widened ×  [height · width · channels]  int8  ──▶  int32, one a filter
//! ```

use std::ops::Range;

use super::accumulator::{Accumulator, OutOfRange};
use super::sums::Addition;
use crate::onnx::can_overflow;

/// Number of filters multiplied together, so that a patch is read once for all of them.
const TOGETHER: usize = 4;
/// Number of filters whose sums are limited together, product by product, and of products between two looks at weights.
const LANES: usize = 16;
const TAPS: usize = 64;

/// The weights of a convolution or of a matrix product, as the portable kernel multiplies them.
#[derive(Clone, Debug)]
pub struct Filters {
    count: usize,
    /// Weights per filter.
    real: usize,
    /// The same, rounded up to an even number.
    depth: usize,
    /// One filter after another, `depth` values each, padded with zero filters to a multiple of [`TOGETHER`].
    weights: Vec<i8>,
    /// For each filter: bias − zero point · Σ weights.
    offsets: Vec<i32>,
    /// For each filter: the pairs that can leave int16.
    risks: Vec<Vec<Risk>>,
    /// Of the activations.
    zero_point: u8,
    /// One per filter.
    biases: Vec<i32>,
    /// For each filter: the lowest and the highest sum on the way through any patch.
    reaches: Vec<[i64; 2]>,
}

/// A pair of weights that can leave int16.
#[derive(Clone, Copy, Debug)]
struct Risk {
    /// Index of the first weight in the filter.
    place: u32,
    weights: [i16; 2],
}

impl Risk {
    /// The amount by which saturation changes the sum of both products.
    fn excess(self, patch: &[i16]) -> i32 {
        let place = self.place as usize;
        let product = |at: usize| i32::from(patch[place + at]) * i32::from(self.weights[at]);
        let sum = product(0) + product(1);
        sum - sum.clamp(i16::MIN.into(), i16::MAX.into())
    }
}

impl Filters {
    /// `weights`: one filter after another, each in the order of a patch (height, width, channels). `zero_point` is
    /// that of the activations. `biases`: one per filter, or none.
    pub fn new(weights: &[i8], count: usize, zero_point: u8, biases: &[i32]) -> Self {
        let real = weights.len() / count.max(1);
        let depth = real.next_multiple_of(2);
        let rows = count.next_multiple_of(TOGETHER);
        let mut filters = Self {
            count,
            real,
            depth,
            weights: vec![0; rows * depth],
            offsets: vec![0; rows],
            risks: vec![Vec::new(); count],
            zero_point,
            biases: vec![0; count],
            reaches: vec![[0; 2]; count],
        };
        for (filter, values) in weights.chunks_exact(real.max(1)).enumerate().take(count) {
            filters.weights[filter * depth..][..real].copy_from_slice(values);
            let sum = values.iter().fold(0i32, |sum, value| sum.wrapping_add(i32::from(*value)));
            let bias = biases.get(filter).copied().unwrap_or(0);
            filters.biases[filter] = bias;
            filters.reaches[filter] = reach(values, zero_point, bias);
            filters.offsets[filter] = bias.wrapping_sub(sum.wrapping_mul(i32::from(zero_point)));
            let risks = values.chunks_exact(2).enumerate().filter(|(_, pair)| can_overflow(pair[0], pair[1]));
            filters.risks[filter] = risks
                .map(|(place, pair)| Risk { place: 2 * place as u32, weights: [pair[0].into(), pair[1].into()] })
                .collect();
        }
        filters
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// The weights of a filter, in the order of a patch.
    pub fn weights(&self, filter: usize) -> &[i8] {
        &self.weights[filter * self.depth..][..self.real]
    }

    /// For each filter: bias − zero point · Σ weights.
    pub fn offsets(&self) -> &[i32] {
        &self.offsets[..self.count]
    }

    /// One per filter.
    pub fn biases(&self) -> &[i32] {
        &self.biases
    }

    /// Whether a sum can meet a limit on its way through some patch.
    pub fn can_reach(&self, accumulator: Accumulator) -> bool {
        (0..self.count).any(|filter| self.filter_reaches(filter, accumulator))
    }

    fn filter_reaches(&self, filter: usize, accumulator: Accumulator) -> bool {
        let ([low, high], [lowest, highest]) = (accumulator.limits(), self.reaches[filter]);
        lowest < low || highest > high
    }

    /// Whether a sum of pairs that saturate can leave int32 on its way.
    pub fn may_wrap(&self) -> bool {
        let most = (self.depth as u64 / 2).saturating_mul(1 << 15);
        self.offsets().iter().any(|offset| u64::from(offset.unsigned_abs()).saturating_add(most) > i32::MAX as u64)
    }

    /// For each filter: the lowest and the highest sum on the way through any patch.
    pub fn reaches(&self) -> &[[i64; 2]] {
        &self.reaches
    }

    /// The length of a patch.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Number of sums per patch: one per filter, and padding without meaning.
    pub fn row(&self) -> usize {
        self.offsets.len()
    }

    /// Writes Σ (activation − zero point) · weight + bias for every filter and patch to `totals`, [`Filters::row`]
    /// values per patch. A sum that leaves int32 wraps around, as in ONNX Runtime; on a chip, what leaves its
    /// accumulator.
    pub fn totals(&self, patches: &[i16], addition: Addition, totals: &mut [i32]) {
        let (depth, row) = (self.depth, self.row());
        let rows = || patches.chunks_exact(depth);
        for (block, weights) in self.weights.chunks_exact(TOGETHER * depth).enumerate() {
            let first = block * TOGETHER;
            let offsets = &self.offsets[first..][..TOGETHER];
            for (patch, totals) in rows().zip(totals.chunks_exact_mut(row)) {
                let products = products(patch, weights);
                for (total, (product, offset)) in totals[first..].iter_mut().zip(products.iter().zip(offsets)) {
                    *total = product.wrapping_add(*offset);
                }
            }
        }
        match addition {
            Addition::Exact => {}
            Addition::Saturating => self.saturate(patches, totals),
            Addition::Chip(accumulator) => self.accumulate(accumulator, patches, totals),
        }
    }

    /// From exact sums to those of kernels that add pairs in int16.
    fn saturate(&self, patches: &[i16], totals: &mut [i32]) {
        for (filter, risks) in self.risks.iter().enumerate() {
            for (patch, totals) in patches.chunks_exact(self.depth).zip(totals.chunks_exact_mut(self.row())) {
                let excess = risks.iter().fold(0i32, |sum, risk| sum.wrapping_add(risk.excess(patch)));
                totals[filter] = totals[filter].wrapping_sub(excess);
            }
        }
    }

    /// From exact sums to those of an accumulator.
    fn accumulate(&self, accumulator: Accumulator, patches: &[i16], totals: &mut [i32]) {
        if accumulator.overflow == OutOfRange::Wrap {
            totals.iter_mut().for_each(|total| *total = accumulator.wrap(*total));
            return;
        }
        let [low, high] = accumulator.limits().map(|limit| limit as i32);
        for first in (0..self.count).step_by(LANES) {
            let filters = first..self.count.min(first + LANES);
            // Where no sum can reach a limit, the exact one is right.
            if filters.clone().any(|filter| self.filter_reaches(filter, accumulator)) {
                match accumulator.bits {
                    i32::BITS => self.steps(filters, patches, totals, |sum, product| sum.saturating_add(product)),
                    // Products are of 17 bits.
                    _ => self.steps(filters, patches, totals, |sum, product| (sum + product).clamp(low, high)),
                }
            }
        }
    }

    /// Adds one product after another for up to [`LANES`] filters. Compilers vectorize this.
    #[inline(always)]
    fn steps(&self, filters: Range<usize>, patches: &[i16], totals: &mut [i32], add: impl Fn(i32, i32) -> i32) {
        let count = filters.len();
        let mut weights = [[0i16; LANES]; TAPS];
        for start in (0..self.real).step_by(TAPS) {
            let taps = start..self.real.min(start + TAPS);
            for (lane, filter) in filters.clone().enumerate() {
                let of_filter = &self.weights[filter * self.depth..][taps.clone()];
                weights.iter_mut().zip(of_filter).for_each(|(weights, weight)| weights[lane] = i16::from(*weight));
            }
            for (patch, totals) in patches.chunks_exact(self.depth).zip(totals.chunks_exact_mut(self.row())) {
                let totals = &mut totals[filters.clone()];
                let mut sums = [0; LANES];
                if start == 0 {
                    let biases = self.biases[filters.clone()].iter();
                    // Adding 0 limits them.
                    sums.iter_mut().zip(biases).for_each(|(sum, bias)| *sum = add(*bias, 0));
                } else {
                    sums[..count].copy_from_slice(totals);
                }
                for (activation, weights) in patch[taps.clone()].iter().zip(&weights) {
                    let steps = *activation - i16::from(self.zero_point);
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = add(*sum, i32::from(steps) * i32::from(*weight));
                    }
                }
                totals.copy_from_slice(&sums[..count]);
            }
        }
    }

    /// Number of pairs in all filters, for one patch.
    pub fn pairs(&self) -> usize {
        self.count * (self.depth / 2)
    }

    /// Whether any pair can leave int16.
    pub fn can_overflow(&self) -> bool {
        self.risks.iter().any(|risks| !risks.is_empty())
    }

    /// Number of pairs that leave int16, over all filters and patches.
    pub fn overflowing(&self, patches: &[i16]) -> u64 {
        // One patch after another, which stays in a cache for all filters.
        let of_patch = |patch| self.risks.iter().flatten().filter(|risk| risk.excess(patch) != 0).count() as u64;
        patches.chunks_exact(self.depth).map(of_patch).sum()
    }
}

/// The lowest and the highest sum of some of the products, plus the bias.
fn reach(weights: &[i8], zero_point: u8, bias: i32) -> [i64; 2] {
    let ends = [-i64::from(zero_point), 255 - i64::from(zero_point)];
    weights.iter().fold([i64::from(bias); 2], |[low, high], weight| {
        // One of them is not above 0, the other not below: the activation may be the zero point.
        let [a, b] = ends.map(|end| end * i64::from(*weight));
        [low + a.min(b), high + a.max(b)]
    })
}

/// One patch and [`TOGETHER`] filters, in a plain loop that compilers turn into 16-bit vector products (`pmaddwd`).
fn products(patch: &[i16], weights: &[i8]) -> [i32; TOGETHER] {
    let depth = patch.len();
    let [a, b, c, d] = [0, 1, 2, 3].map(|filter| &weights[filter * depth..][..depth]);
    // One variable per filter: an array of them takes seven times as long in a test build, which vectorizes nothing.
    let [mut of_a, mut of_b, mut of_c, mut of_d] = [0i32; TOGETHER];
    for ((((x, a), b), c), d) in patch.iter().zip(a).zip(b).zip(c).zip(d) {
        let x = i32::from(*x);
        of_a = of_a.wrapping_add(x * i32::from(*a));
        of_b = of_b.wrapping_add(x * i32::from(*b));
        of_c = of_c.wrapping_add(x * i32::from(*c));
        of_d = of_d.wrapping_add(x * i32::from(*d));
    }
    [of_a, of_b, of_c, of_d]
}
