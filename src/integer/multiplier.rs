//! Fixed-point multipliers: what a chip without floating point multiplies sums by.
//!
//! ```text
//! int32 sum ──▶ · M0 ──▶ int64 ──▶ + rounding ──▶ >> n ──▶ + zero point ──▶ clamp ──▶ byte
//! ```

use serde::{Deserialize, Serialize};

/// M0 · 2⁻ⁿ, the nearest to a real number M whose M0 has a given number of bits.
///
/// M0 is the mantissa of M, rounded half up to b bits: 2ᵇ⁻¹ ≤ M0 < 2ᵇ, so |M0 · 2⁻ⁿ − M| ≤ 2⁻ⁿ⁻¹. With 24 bits or more
/// M0 · 2⁻ⁿ is M itself, because M is a float32. With 31 bits this is what TensorFlow Lite's `QuantizeMultiplier` and
/// MLIR's `computeMultiplierAndShift` for TOSA find for an M in float64, and what QNNPACK takes from the bits of a float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    /// M0, without a sign: a chip whose multiplier takes signed numbers needs a port of one bit more.
    pub mantissa: u32,
    /// n: places to the right, or to the left if below 0, as for an M of 2ᵇ or more. −128..=179.
    pub shift: i32,
}

/// What becomes of the bits that a shift to the right drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rounding {
    /// To the nearest integer, halves towards +∞: 2ⁿ⁻¹ is added before the shift.
    #[serde(rename = "half up")]
    HalfUp,
    /// To the nearest integer, halves to the even one, as float32 does.
    #[serde(rename = "half even")]
    HalfEven,
    /// To the nearest integer, halves away from 0.
    #[serde(rename = "half away")]
    HalfAway,
    /// Towards −∞: nothing is added before an arithmetic shift.
    #[serde(rename = "truncate")]
    Truncate,
}

/// Bits of a float32's mantissa, with the leading one.
const MANTISSA: u32 = f32::MANTISSA_DIGITS;

impl Multiplier {
    /// The least and the most bits of M0. With 1, every multiplier is a power of two: a shift.
    pub const BITS: std::ops::RangeInclusive<u32> = 1..=31;

    /// The multiplier nearest to `value`; `None` if that is negative, infinite or NaN. `bits` is clamped to
    /// [`Multiplier::BITS`].
    pub fn nearest(value: f32, bits: u32) -> Option<Self> {
        if !(value >= 0.0 && value.is_finite()) {
            return None;
        }
        if value == 0.0 {
            return Some(Self { mantissa: 0, shift: 0 });
        }
        let bits = bits.clamp(*Self::BITS.start(), *Self::BITS.end());
        // value = whole · 2⁻ⁿ with `MANTISSA` bits in `whole`, even if the float32 is subnormal.
        let (exponent, fraction) = (value.to_bits() >> (MANTISSA - 1), value.to_bits() & ((1 << (MANTISSA - 1)) - 1));
        let whole = if exponent == 0 { fraction } else { fraction | 1 << (MANTISSA - 1) };
        let zeros = whole.leading_zeros() - (u32::BITS - MANTISSA);
        let (whole, shift) = (whole << zeros, 150 - exponent.max(1) as i32 + zeros as i32);
        if bits >= MANTISSA {
            let more = bits - MANTISSA;
            return Some(Self { mantissa: whole << more, shift: shift + more as i32 });
        }
        let dropped = MANTISSA - bits;
        let (mantissa, shift) = ((whole + (1 << (dropped - 1))) >> dropped, shift - dropped as i32);
        // All ones may round up to one bit more.
        Some(if mantissa >> bits == 0 {
            Self { mantissa, shift }
        } else {
            Self { mantissa: mantissa >> 1, shift: shift - 1 }
        })
    }

    /// sum · M0 · 2⁻ⁿ as an integer; beyond int64 it is clamped.
    pub fn apply(self, sum: i32, rounding: Rounding) -> i64 {
        // Below 2⁶² in magnitude.
        let product = i64::from(sum) * i64::from(self.mantissa);
        match self.shift {
            // A shift by 63 leaves what any longer one would: less than a half, which no rounding but `Truncate` of a
            // negative number turns into anything but 0.
            1.. => rounding.shift(product, self.shift.min(63)),
            _ => product.saturating_mul(1 << self.shift.max(-62).unsigned_abs()),
        }
    }

    /// [`Multiplier::apply`], plus the zero point, clamped to 0..=255.
    pub fn to_byte(self, sum: i32, rounding: Rounding, zero_point: u8) -> u8 {
        self.apply(sum, rounding).saturating_add(zero_point.into()).clamp(0, 255) as u8
    }
}

impl Rounding {
    /// `product` below 2⁶² in magnitude, `places` in 1..=63.
    fn shift(self, product: i64, places: i32) -> i64 {
        let half = 1i64 << (places - 1);
        match self {
            Self::HalfUp => (product + half) >> places,
            // Just too little for a half to reach the next integer, unless the integer below it is odd.
            Self::HalfEven => (product + (half - 1) + ((product >> places) & 1)) >> places,
            Self::HalfAway => (product + half - i64::from(product < 0)) >> places,
            Self::Truncate => product >> places,
        }
    }
}
