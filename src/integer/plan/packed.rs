//! Weights in the order in which vector instructions multiply them.

use crate::integer::filters::Filters;
use crate::integer::kernel::lines::Lines;
use crate::integer::kernel::multiply::{GROUP, Multiply};
use crate::integer::sums::Addition;
use crate::onnx::can_overflow;

/// Weights of a convolution, block by block; see [`Tile`](crate::integer::kernel::multiply::Tile).
#[derive(Clone, Debug)]
pub struct PackedWeights {
    pub multiply: Multiply,
    /// Groups of a run.
    pub groups: usize,
    pub weights: Lines,
    /// Of each block: where its weights start, in groups.
    pub starts: Vec<usize>,
    /// Of each block: the groups that are multiplied once more, counted through all runs.
    pub rests: Vec<Vec<usize>>,
    /// One a filter, up to a whole number of blocks.
    pub offsets: Vec<i32>,
    /// Bits of int32 that a chip's saturating accumulator lacks.
    pub unused_bits: u32,
}

/// Four weights whose pairs can leave int16 are multiplied in two steps, by halves that cannot.
fn halved(weights: [i8; 4]) -> Option<[[i8; 4]; 2]> {
    if !can_overflow(weights[0], weights[1]) && !can_overflow(weights[2], weights[3]) {
        return None;
    }
    let half = weights.map(|weight| weight >> 1);
    Some([half, std::array::from_fn(|at| weights[at] - half[at])])
}

impl PackedWeights {
    /// A patch is `runs` runs of one length. Unless they shall saturate, pairs that could do so are multiplied in two
    /// steps.
    pub fn new(filters: &Filters, runs: usize, multiply: Multiply, addition: Addition) -> Self {
        let length = filters.weights(0).len() / runs;
        let block = multiply.block();
        let groups = length.div_ceil(multiply.group());
        let splits = addition != Addition::Saturating && multiply == Multiply::SaturatingPairs;
        let accumulator = match addition {
            Addition::Chip(accumulator) if multiply.has_steps() => Some(accumulator),
            _ => None,
        };
        let unused_bits = accumulator.map_or(0, |accumulator| i32::BITS - accumulator.bits);
        let [shift, _] = multiply.shifts(unused_bits);
        let (mut rests, mut starts, mut next) = (Vec::new(), Vec::new(), 0);
        for first in (0..filters.count()).step_by(block) {
            let of_block = if splits { split(filters, first, block, length) } else { Vec::new() };
            starts.push(next);
            next += runs * groups + of_block.len();
            rests.push(of_block);
        }
        let mut weights = Lines::zeros(next * block * GROUP);
        let bytes = weights.bytes_mut();
        for filter in 0..filters.count() {
            let at = filter / block;
            let mut put = |group: usize, values: [i8; GROUP]| {
                let to = ((starts[at] + group) * block + filter % block) * GROUP;
                bytes[to..to + GROUP].copy_from_slice(&values.map(i8::cast_unsigned));
            };
            let mut rests = rests[at].iter().enumerate().peekable();
            for (place, values) in parts(filters.weights(filter), length, multiply.group()).enumerate() {
                if multiply.group() < GROUP {
                    let second = if multiply.group() == 1 { values[0] } else { values[1] };
                    let [a, b] = [values[0], second].map(|weight| (i16::from(weight) << shift).to_le_bytes());
                    put(place, [a[0], a[1], b[0], b[1]].map(u8::cast_signed));
                    continue;
                }
                let halves = if splits { halved(values) } else { None };
                put(place, halves.map_or(values, |[half, _]| half));
                if let Some((behind, _)) = rests.next_if(|(_, rest)| **rest == place) {
                    put(runs * groups + behind, halves.map_or([0; GROUP], |[_, rest]| rest));
                }
            }
        }
        let mut offsets = match accumulator {
            Some(accumulator) => {
                let start = |bias: &i32| accumulator.clamp((*bias).into()) << multiply.sum_shift(unused_bits);
                filters.biases().iter().map(start).collect()
            }
            None => filters.offsets().to_vec(),
        };
        offsets.resize(starts.len() * block, 0);
        Self { multiply, groups, weights, starts, rests, offsets, unused_bits }
    }

    pub fn blocks(&self) -> usize {
        self.starts.len()
    }

    /// Groups that are multiplied in two steps, of all.
    pub fn rest_share(&self, runs: usize) -> f64 {
        let rests: usize = self.rests.iter().map(Vec::len).sum();
        rests as f64 / (self.blocks() * runs * self.groups).max(1) as f64
    }
}

/// The groups of a block that some of its filters multiply in two steps.
fn split(filters: &Filters, first: usize, block: usize, length: usize) -> Vec<usize> {
    let all = filters.weights(first).len() / length * length.div_ceil(GROUP);
    let mut is_split = vec![false; all];
    for filter in first..filters.count().min(first + block) {
        for (is_split, values) in is_split.iter_mut().zip(parts(filters.weights(filter), length, GROUP)) {
            *is_split |= halved(values).is_some();
        }
    }
    (0..all).filter(|group| is_split[*group]).collect()
}

/// The groups of a filter, run by run; zeros behind the end of each run.
fn parts(weights: &[i8], length: usize, of_group: usize) -> impl Iterator<Item = [i8; GROUP]> {
    weights.chunks_exact(length).flat_map(move |run| run.chunks(of_group)).map(|part| {
        let mut values = [0; GROUP];
        values[..part.len()].copy_from_slice(part);
        values
    })
}
