//! The value of a byte.

/// Maps bytes to values: scale · (byte − zero point). The bytes and the zero point of an int8 tensor are stored with
/// 128 added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    pub scale: f32,
    pub zero_point: u8,
}

impl Grid {
    /// ONNX's `DequantizeLinear`.
    pub fn dequantize(self, byte: u8) -> f32 {
        f32::from(i16::from(byte) - i16::from(self.zero_point)) * self.scale
    }

    /// ONNX's `QuantizeLinear`, divided and rounded in float32 as in ONNX Runtime.
    pub fn quantize(self, value: f32) -> u8 {
        round_to_byte(value / self.scale, self.zero_point)
    }
}

/// Rounds half to even, adds the zero point and clamps to 0..=255. NaN becomes 0.
pub fn round_to_byte(value: f32, zero_point: u8) -> u8 {
    // Adding 1.5 · 2²³ rounds a float32 of up to 2²² to an integer, half to even, and leaves it in the low bits.
    // Compilers vectorize this everywhere; `round_ties_even` is a function call without SSE4.1.
    const ROUND: f32 = 12_582_912.0;
    let (low, high) = (-f32::from(zero_point), 255.0 - f32::from(zero_point));
    // This order turns NaN into `low`.
    let value = value.max(low).min(high);
    ((value + ROUND).to_bits() as u8).wrapping_add(zero_point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_to_even_and_clamped() {
        for zero_point in [0, 1, 100, 128, 255] {
            let mut value = -300.0f32;
            while value <= 600.0 {
                let wanted = (value.round_ties_even() + f32::from(zero_point)).clamp(0.0, 255.0) as u8;
                assert_eq!(round_to_byte(value, zero_point), wanted, "{value} at {zero_point}");
                value += 0.125;
            }
            for (value, wanted) in [(f32::INFINITY, 255), (1e30, 255), (f32::NEG_INFINITY, 0), (f32::NAN, 0)] {
                assert_eq!(round_to_byte(value, zero_point), wanted, "{value} at {zero_point}");
            }
        }
    }

    #[test]
    fn what_is_dequantized_comes_back() {
        let grid = Grid { scale: 0.1, zero_point: 77 };
        for byte in 0..=255 {
            assert_eq!(grid.quantize(grid.dequantize(byte)), byte);
        }
    }
}
