//! What one step of a byte means.

use crate::workshop::calibration::{GridKind, TensorRange};

/// The value of a byte: scale · (byte − zero point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByteGrid {
    pub scale: f32,
    pub zero_point: u8,
}

impl ByteGrid {
    /// The 256 steps over a range, widened to hold 0.
    pub fn over(range: TensorRange, kind: GridKind) -> Self {
        match kind.over(range.min.into(), range.max.into()) {
            // From 0 to 255, because 0 lies within the range.
            Some((step, zero)) => Self { scale: step as f32, zero_point: zero as u8 },
            None => Self { scale: 1.0, zero_point: if kind.symmetric { 128 } else { 0 } },
        }
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
            let grid = ByteGrid::over(TensorRange { min, max }, GridKind::default());
            assert_eq!(grid, ByteGrid { scale, zero_point }, "{min} to {max}");
        }
    }

    /// compute_scale_zp(min, max, -127, 127, symmetric=True), whose zero point 0 of int8 is the byte 128 here.
    #[test]
    fn symmetric_grids_are_those_of_onnxruntime() {
        let kind = GridKind { symmetric: true, power_of_two: false };
        for (min, max, scale) in
            [(-3.0, 1.0, 0.023_622_047), (-53.490654, 50.249054, 0.421_186_24), (0.0, 2.0, 0.015_748_031)]
        {
            let grid = ByteGrid::over(TensorRange { min, max }, kind);
            assert_eq!(grid, ByteGrid { scale, zero_point: 128 }, "{min} to {max}");
        }
        let nothing = ByteGrid::over(TensorRange { min: 0.0, max: 0.0 }, kind);
        assert_eq!(nothing, ByteGrid { scale: 1.0, zero_point: 128 });
    }
}
