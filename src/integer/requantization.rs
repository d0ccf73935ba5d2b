//! Where a network brings sums, or bytes of one scale, to bytes of another: what a chip needs multipliers for.

use super::byte_map::ByteMap;
use super::conv::Epilogue;
use super::grid::round_to_byte;
use super::network::{Network, Op};
use super::staircase::Staircase;
use super::tensor::Element;

/// A node that rounds to bytes, in exact arithmetic.
#[derive(Clone, Debug)]
pub struct RequantizedNode {
    pub node: String,
    pub tensor: String,
    /// Of the bytes; for int8, with 128 added, as in [`Network`].
    pub zero_point: u8,
    pub signed: bool,
    pub factors: Vec<Rescaling>,
    /// Of a convolution: the lowest and the highest sum that any input can lead to, on the way through a patch too.
    pub reach: Option<[i64; 2]>,
}

/// One factor of a node, and the bytes that it gives.
#[derive(Clone, Debug)]
pub struct Rescaling {
    pub of: FactorOf,
    /// M.
    pub factor: f32,
    /// What float32 gives for every sum (of a convolution), or for every distance from the zero point (of bytes).
    pub stairs: Staircase,
}

/// What a factor is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactorOf {
    /// All sums of a convolution whose weights have one scale.
    AllFilters { filters: usize },
    /// The sums of one filter, from 0.
    Filter(usize),
    /// Bytes from the zero point up, of an input of the node.
    Above { input: String },
    /// Bytes below the zero point.
    Below { input: String },
}

impl Network {
    /// Convolutions, leaky ReLUs and inputs of concatenations that change their scale, in graph order.
    pub fn requantized(&self) -> Vec<RequantizedNode> {
        let mut found: Vec<RequantizedNode> = Vec::new();
        for step in &self.steps {
            let [input, output] = [step.input, step.output].map(|tensor| &self.tensors[tensor]);
            let (zero_point, factors, reach) = match &step.op {
                Op::Conv(conv) => {
                    let Epilogue::Bytes { multipliers, zero_point, .. } = &conv.epilogue else { continue };
                    let ends = conv.filters.reaches();
                    let lowest = ends.iter().map(|[low, _]| *low).min();
                    let highest = ends.iter().map(|[_, high]| *high).max();
                    let reach = lowest.zip(highest).map(|(low, high)| [low, high]);
                    (*zero_point, of_sums(multipliers, *zero_point), reach)
                }
                Op::Map(map) | Op::Channels { map: Some(map), .. } => {
                    (map.to.zero_point, of_bytes(map, &input.name), None)
                }
                _ => continue,
            };
            match found.last_mut() {
                // Several inputs of one concatenation.
                Some(last) if last.tensor == output.name => last.factors.extend(factors),
                _ => found.push(RequantizedNode {
                    node: step.node.clone(),
                    tensor: output.name.clone(),
                    zero_point,
                    signed: output.element == Element::I8,
                    factors,
                    reach,
                }),
            }
        }
        found
    }
}

fn of_sums(multipliers: &[f32], zero_point: u8) -> Vec<Rescaling> {
    let one = |of, factor: f32| {
        let byte = |sum: i32| round_to_byte(sum as f32 * factor, zero_point);
        Rescaling { of, factor, stairs: Staircase::of([i32::MIN, i32::MAX], byte) }
    };
    match multipliers {
        [first, rest @ ..] if rest.iter().all(|other| other.to_bits() == first.to_bits()) => {
            vec![one(FactorOf::AllFilters { filters: multipliers.len() }, *first)]
        }
        _ => multipliers.iter().enumerate().map(|(filter, factor)| one(FactorOf::Filter(filter), *factor)).collect(),
    }
}

fn of_bytes(map: &ByteMap, input: &str) -> Vec<Rescaling> {
    let (ratio, zero) = (map.from.scale / map.to.scale, i32::from(map.from.zero_point));
    // In the map's own table: float32 divides here, and multiplies sums.
    let byte = |steps: i32| map.table[(zero + steps).clamp(0, 255) as usize];
    let input = input.to_owned();
    let above = Rescaling {
        of: FactorOf::Above { input: input.clone() },
        factor: ratio,
        stairs: Staircase::of([0, 255 - zero], byte),
    };
    if zero == 0 {
        return vec![above];
    }
    let below = Rescaling {
        of: FactorOf::Below { input },
        factor: map.slope.map_or(ratio, |slope| slope * ratio),
        stairs: Staircase::of([-zero, -1], byte),
    };
    vec![above, below]
}
