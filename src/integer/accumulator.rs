//! Accumulators of a chip: what adds the products of a convolution.

use serde::{Deserialize, Serialize};

/// A register in two's complement that starts with the bias and takes one product after another, in the order of a
/// patch: height, width, channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accumulator {
    /// With the sign: [`Accumulator::BITS`].
    pub bits: u32,
    pub overflow: OutOfRange,
}

/// What becomes of a sum that leaves the accumulator's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutOfRange {
    /// Only the low bits of the sum stay. The order of the products makes no difference.
    Wrap,
    /// The sum stays at the limit, after each product (and after the bias): the order makes a difference.
    Saturate,
}

impl Accumulator {
    /// The fewest and the most bits. Wider accumulators are those of 32 bits here: an ONNX model's sums are int32.
    pub const BITS: std::ops::RangeInclusive<u32> = 16..=32;

    /// The lowest and the highest sum.
    pub fn limits(self) -> [i64; 2] {
        let half = 1 << (self.bits - 1);
        [-half, half - 1]
    }

    /// The low bits of a sum.
    pub fn wrap(self, sum: i32) -> i32 {
        let unused = i32::BITS - self.bits;
        sum << unused >> unused
    }

    /// The nearest sum that is within the limits.
    pub fn clamp(self, sum: i64) -> i32 {
        let [low, high] = self.limits();
        sum.clamp(low, high) as i32
    }
}
