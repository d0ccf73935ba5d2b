//! Functions from byte to byte that follow the rounding of a convolution's sums.

use super::super::byte_map::Table;

/// 1.5 · 2²³; see [`round_to_byte`](super::super::grid::round_to_byte).
pub const ROUND: f32 = 12_582_912.0;

/// A function from byte to byte, in the form that is computed fastest.
#[derive(Clone, Debug)]
pub enum ByteCurve {
    /// Every byte stays.
    Same,
    Bends(Bend),
    Table(Box<Table>),
}

/// Straight on both sides of a zero point, then rounded and clamped: leaky ReLUs are. Eight to sixteen of these are
/// computed at once, where a table gives one byte at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// Slopes on both sides of the input's zero point.
    pub above: f32,
    pub below: f32,
    /// Added before the value is rounded to the nearest.
    pub shift: f32,
    /// Limits of the value.
    pub low: f32,
    pub high: f32,
    /// Of the output.
    pub zero_point: u8,
}

impl ByteCurve {
    /// Of a table whose input has this zero point.
    pub fn of(table: &Table, zero_point: u8) -> Self {
        if table.iter().enumerate().all(|(byte, to)| byte == usize::from(*to)) {
            return Self::Same;
        }
        match Bend::of(table, zero_point) {
            Some(bend) => Self::Bends(bend),
            None => Self::Table(Box::new(*table)),
        }
    }
}

impl Bend {
    /// In place of one that is not used.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only vector instructions need it"))]
    pub const NONE: Self = Self { above: 0.0, below: 0.0, shift: 0.0, low: 0.0, high: 0.0, zero_point: 0 };

    /// Where it gives every byte of the table.
    fn of(table: &Table, zero_point: u8) -> Option<Self> {
        // Rounded to the nearest, or down.
        [0.0, -0.5, -0.499].into_iter().find_map(|shift: f32| {
            let to = table[usize::from(zero_point)];
            let slope = |is_above: bool| Self::slope(table, zero_point, is_above, shift);
            let (low, high) = (-f32::from(to), 255.0 - f32::from(to));
            let bend = Self { above: slope(true)?, below: slope(false)?, shift, low, high, zero_point: to };
            let gives = |(byte, wanted): (usize, &u8)| bend.byte(byte as f32 - f32::from(zero_point)) == *wanted;
            table.iter().enumerate().all(gives).then_some(bend)
        })
    }

    /// Each byte bounds the slope from both sides; the middle of what is left.
    fn slope(table: &Table, zero_point: u8, is_above: bool, shift: f32) -> Option<f32> {
        let to = f64::from(table[usize::from(zero_point)]);
        let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
        for (byte, value) in table.iter().enumerate() {
            let steps = byte as f64 - f64::from(zero_point);
            if steps == 0.0 || (steps > 0.0) != is_above {
                continue;
            }
            let end = |half: f64| (f64::from(*value) - to + half - f64::from(shift)) / steps;
            let (mut lower, mut upper) = (end(-0.5), end(0.5));
            if *value == 0 {
                lower = f64::NEG_INFINITY * steps.signum();
            }
            if *value == 255 {
                upper = f64::INFINITY * steps.signum();
            }
            if steps < 0.0 {
                (lower, upper) = (upper, lower);
            }
            (least, most) = (least.max(lower), most.min(upper));
        }
        match (least.is_finite(), most.is_finite()) {
            (true, true) if least <= most => Some(((least + most) / 2.0) as f32),
            (true, false) => Some(least as f32 + 1.0),
            (false, true) => Some(most as f32 - 1.0),
            (false, false) => Some(0.0),
            _ => None,
        }
    }

    /// From steps above the zero point, −255.0..=255.0, to the byte.
    #[inline(always)]
    pub fn byte(&self, steps: f32) -> u8 {
        let value = steps * if steps >= 0.0 { self.above } else { self.below } + self.shift;
        let value = if value > self.low { value } else { self.low };
        let value = if value < self.high { value } else { self.high };
        ((value + ROUND).to_bits() as u8).wrapping_add(self.zero_point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::byte_map::ByteMap;
    use crate::integer::grid::Grid;
    use crate::integer::{Profile, Rounding};

    fn given(curve: &ByteCurve, byte: u8, zero_point: u8) -> u8 {
        match curve {
            ByteCurve::Same => byte,
            ByteCurve::Bends(bend) => bend.byte(f32::from(byte) - f32::from(zero_point)),
            ByteCurve::Table(table) => table[usize::from(byte)],
        }
    }

    #[test]
    fn leaky_relus_bend_and_any_table_is_kept() {
        let mut bends = 0;
        let mut all = 0;
        for (scale, zero_point) in [(0.05, 128), (0.021, 77), (0.3, 0), (0.01, 255), (0.11, 140)] {
            for (to_scale, to_zero_point) in [(0.04, 20), (0.021, 0), (0.3, 13), (0.06, 200)] {
                let map = ByteMap::leaky_relu(
                    Grid { scale, zero_point },
                    Grid { scale: to_scale, zero_point: to_zero_point },
                    0.1,
                );
                let mut maps = vec![map.clone()];
                for name in Profile::names() {
                    let mut profile = Profile::find(name).unwrap();
                    maps.push(map.on_chip(&profile).unwrap());
                    for rounding in [Rounding::HalfEven, Rounding::HalfAway, Rounding::Truncate] {
                        profile.rounding = rounding;
                        maps.push(map.on_chip(&profile).unwrap());
                    }
                }
                for map in maps {
                    let curve = ByteCurve::of(&map.table, zero_point);
                    all += 1;
                    bends += usize::from(!matches!(curve, ByteCurve::Table(_)));
                    for byte in 0..=255 {
                        assert_eq!(given(&curve, byte, zero_point), map.table[usize::from(byte)]);
                    }
                }
            }
        }
        assert!(bends * 10 >= all * 9, "{bends} of {all}");
        let odd: Table = std::array::from_fn(|byte| (byte * 37) as u8);
        assert!(matches!(ByteCurve::of(&odd, 3), ByteCurve::Table(_)));
        assert!(matches!(ByteCurve::of(&std::array::from_fn(|byte| byte as u8), 3), ByteCurve::Same));
    }
}
