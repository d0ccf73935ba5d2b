//! Functions from byte to byte, as tables.

use super::grid::Grid;
use super::profile::{LeakyRelu, Profile};

/// A value for each byte.
pub type Table = [u8; 256];

/// Brings bytes from one grid to another, through a leaky ReLU or not.
#[derive(Clone, Debug, PartialEq)]
pub struct ByteMap {
    pub from: Grid,
    pub to: Grid,
    /// Of the leaky ReLU below 0, as the model gives it.
    pub slope: Option<f32>,
    pub table: Table,
}

impl ByteMap {
    /// ONNX Runtime's `QLinearLeakyRelu`.
    pub fn leaky_relu(from: Grid, to: Grid, slope: f32) -> Self {
        Self::of(from, to, Some(slope))
    }

    /// One input of ONNX Runtime's `QLinearConcat`; `None` if its bytes stay as they are.
    pub fn regrid(from: Grid, to: Grid) -> Option<Self> {
        (from != to).then(|| Self::of(from, to, None))
    }

    /// In float32, as ONNX Runtime fills its tables.
    fn of(from: Grid, to: Grid, slope: Option<f32>) -> Self {
        let table = table(|byte| {
            let value = from.dequantize(byte);
            to.quantize(if value >= 0.0 { value } else { slope.map_or(value, |slope| slope * value) })
        });
        Self { from, to, slope, table }
    }

    /// The same function as a chip computes it: from ONNX's table, or with one multiplier from the zero point up and
    /// one below it. Fails if no multiplier exists; the message follows the node's name and a colon.
    pub fn on_chip(&self, profile: &Profile) -> Result<Self, String> {
        let Self { from, to, slope, .. } = *self;
        let slope = match (profile.leaky_relu, slope) {
            (LeakyRelu::Table, _) => return Ok(Self::of(from, to, slope)),
            (_, None) => 1.0,
            (LeakyRelu::Multipliers, Some(of_model)) => of_model,
            (LeakyRelu::Slope(of_chip), Some(_)) => of_chip,
        };
        let ratio = from.scale / to.scale;
        let (above, below) = (profile.multiplier(ratio)?, profile.multiplier(slope * ratio)?);
        let table = table(|byte| {
            let steps = i32::from(byte) - i32::from(from.zero_point);
            let multiplier = if steps >= 0 { above } else { below };
            multiplier.to_byte(steps, profile.rounding, to.zero_point)
        });
        Ok(Self { table, ..*self })
    }
}

fn table(function: impl Fn(u8) -> u8) -> Table {
    std::array::from_fn(|byte| function(byte as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_on_the_same_grid_stay() {
        let grid = Grid { scale: 0.1, zero_point: 77 };
        assert_eq!(ByteMap::regrid(grid, grid), None);
        let half = ByteMap::regrid(grid, Grid { scale: 0.2, ..grid }).unwrap();
        assert_eq!(half.table[79], 78);
    }
}
