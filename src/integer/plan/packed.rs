//! Weights in the order in which vector instructions multiply them.

use crate::integer::filters::Filters;
use crate::integer::kernel::lines::Lines;
use crate::integer::kernel::multiply::{GROUP, Multiply};
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
    /// Of each block: the groups that are multiplied once more, as run and group.
    pub rests: Vec<Vec<(usize, usize)>>,
    /// One a filter, up to a whole number of blocks.
    pub offsets: Vec<i32>,
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
    /// A patch is `runs` runs of one length. `is_exact`: pairs that could saturate are multiplied in two steps.
    pub fn new(filters: &Filters, runs: usize, multiply: Multiply, is_exact: bool) -> Self {
        let run = filters.weights(0).len() / runs;
        let (block, of_group) = (multiply.block(), multiply.group());
        let groups = run.div_ceil(of_group);
        let blocks = filters.count().div_ceil(block);
        let splits = is_exact && multiply == Multiply::SaturatingPairs;
        let (mut rests, mut starts, mut next) = (Vec::new(), Vec::new(), 0);
        for first in (0..blocks).map(|at| at * block) {
            let of_filter = first..filters.count().min(first + block);
            let is_split = |(run, group): &(usize, usize)| {
                let mut weights = of_filter.clone().map(|filter| four(filters, filter, runs, *run, *group));
                splits && weights.any(|weights| halved(weights).is_some())
            };
            let of_block: Vec<_> =
                (0..runs).flat_map(|run| (0..groups).map(move |group| (run, group))).filter(is_split).collect();
            starts.push(next);
            next += runs * groups + of_block.len();
            rests.push(of_block);
        }
        let mut weights = Lines::zeros(next * block * GROUP);
        let bytes = weights.bytes_mut();
        for (at, start) in starts.iter().enumerate() {
            for filter in at * block..filters.count().min((at + 1) * block) {
                let mut put = |group: usize, values: [i8; 4]| {
                    let to = ((start + group) * block + filter % block) * GROUP;
                    bytes[to..to + GROUP].copy_from_slice(&values.map(i8::cast_unsigned));
                };
                for run in 0..runs {
                    for group in 0..groups {
                        let place = run * groups + group;
                        if multiply == Multiply::Pairs {
                            let [a, b, ..] =
                                pair(filters, filter, runs, run, group).map(|w| i16::from(w).to_le_bytes());
                            put(place, [a[0], a[1], b[0], b[1]].map(u8::cast_signed));
                            continue;
                        }
                        let values = four(filters, filter, runs, run, group);
                        let first = if splits { halved(values).map(|[half, _]| half) } else { None };
                        put(place, first.unwrap_or(values));
                    }
                }
                for (place, (run, group)) in rests[at].iter().enumerate() {
                    if let Some([_, rest]) = halved(four(filters, filter, runs, *run, *group)) {
                        put(runs * groups + place, rest);
                    }
                }
            }
        }
        let mut offsets = filters.offsets().to_vec();
        offsets.resize(blocks * block, 0);
        Self { multiply, groups, weights, starts, rests, offsets }
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

fn four(filters: &Filters, filter: usize, runs: usize, run: usize, group: usize) -> [i8; 4] {
    part::<4>(filters, filter, runs, run, group)
}

fn pair(filters: &Filters, filter: usize, runs: usize, run: usize, group: usize) -> [i8; 2] {
    part::<2>(filters, filter, runs, run, group)
}

/// Zeros behind the end of a run.
fn part<const N: usize>(filters: &Filters, filter: usize, runs: usize, run: usize, group: usize) -> [i8; N] {
    let weights = filters.weights(filter);
    let length = weights.len() / runs;
    let of_run = &weights[run * length..][..length];
    std::array::from_fn(|at| of_run.get(group * N + at).copied().unwrap_or(0))
}
