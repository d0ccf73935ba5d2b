//! What one step of a byte means.

use crate::workshop::calibration::TensorRange;

/// The value of a byte: scale · (byte − zero point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByteGrid {
    pub scale: f32,
    pub zero_point: u8,
}

impl ByteGrid {
    /// The 256 steps over a range, widened to hold 0, which must be exact: padding is 0.
    pub fn over(range: TensorRange) -> Self {
        let (min, max) = (f64::from(range.min.min(0.0)), f64::from(range.max.max(0.0)));
        let scale = (max - min) / 255.0;
        if scale < f64::from(f32::MIN_POSITIVE) {
            return Self { scale: 1.0, zero_point: 0 };
        }
        // From 0 to 255, because 0 lies within the range.
        Self { scale: scale as f32, zero_point: (-min / scale).round_ties_even() as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// onnxruntime.quantization.quant_utils.compute_scale_zp(min, max, 0, 255) of version 1.32.
    #[test]
    fn grids_are_those_of_onnxruntime() {
        let cases = [
            (0.5, 2.0, 0.007843138, 0),
            (-3.0, -1.0, 0.011764706, 255),
            (0.0, 0.0, 1.0, 0),
            (-1.0, 1.0, 0.007843138, 128),
            (-0.1, 0.3, 0.0015686275, 64),
            (-53.490654, 50.249054, 0.40682238, 131),
            (0.0, 1e-40, 1.0, 0),
            (-1e-37, 0.0, 1.0, 0),
            (-5.0, 250.0, 1.0, 5),
        ];
        for (min, max, scale, zero_point) in cases {
            assert_eq!(ByteGrid::over(TensorRange { min, max }), ByteGrid { scale, zero_point }, "{min} to {max}");
        }
    }
}
