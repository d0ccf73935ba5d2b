//! Which grids of 256 steps the bytes of a tensor may have.

use std::fmt;
use std::str::FromStr;

/// What is asked of the scales and zero points of activations. The default asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GridKind {
    /// Scales are powers of two, so that requantization is a shift.
    pub power_of_two: bool,
    /// 0 is in the middle: the byte 0 of int8, 128 of uint8.
    pub symmetric: bool,
}

impl GridKind {
    /// The finest grid over a range, in double precision: its step, and the byte of 0, from 0 to 255. The range is widened
    /// to hold 0, which must be exact: padding is 0. `None`: the range is too narrow for a step in float32.
    pub fn over(self, min: f64, max: f64) -> Option<(f64, f64)> {
        let (min, max) = (min.min(0.0), max.max(0.0));
        let step = if self.symmetric { max.max(-min) / 127.0 } else { (max - min) / 255.0 };
        if step < f64::from(f32::MIN_POSITIVE) {
            return None;
        }
        let step = if self.power_of_two { power_of_two_from(step) } else { step };
        Some((step, if self.symmetric { 128.0 } else { (-min / step).round_ties_even() }))
    }
}

/// The least power of two that is not less. `least`: at least the least normal float64.
pub fn power_of_two_from(least: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let below = f64::from_bits(least.to_bits() & !FRACTION);
    if below < least { below * 2.0 } else { below }
}

const SYMMETRIC: &str = "symmetric";
const POWER_OF_TWO: &str = "power of two";

/// As in tables: "symmetric power of two"; "any" where nothing is asked.
impl fmt::Display for GridKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.symmetric, self.power_of_two) {
            (false, false) => f.write_str("any"),
            (true, false) => f.write_str(SYMMETRIC),
            (false, true) => f.write_str(POWER_OF_TWO),
            (true, true) => write!(f, "{SYMMETRIC} {POWER_OF_TWO}"),
        }
    }
}

impl FromStr for GridKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kinds = [false, true].map(|symmetric| [false, true].map(|power_of_two| Self { power_of_two, symmetric }));
        let found = kinds.into_iter().flatten().find(|kind| kind.to_string() == text);
        found.ok_or_else(|| {
            format!("the unknown grid {text:?}; use {SYMMETRIC}, {POWER_OF_TWO} or {SYMMETRIC} {POWER_OF_TWO}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_hold_0_and_their_range() {
        for (power_of_two, symmetric) in [(false, false), (false, true), (true, false), (true, true)] {
            let kind = GridKind { power_of_two, symmetric };
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(kind.over(0.0, 0.0), None);
            for (min, max) in [(-3.0, 5.0), (0.0, 1.0), (1.0, 2.0), (-7.0, -2.0), (-1e-20, 1e20)] {
                let (step, zero) = kind.over(min, max).unwrap();
                // Rounding the zero point moves both ends by up to half a step.
                assert!((0.0 - zero) * step <= min + 0.51 * step && (255.0 - zero) * step >= max - 0.51 * step);
                assert!(!power_of_two || step.log2().fract() == 0.0, "{step}");
                assert!(!symmetric || zero == 128.0);
            }
        }
        assert!("even".parse::<GridKind>().is_err());
    }

    #[test]
    fn powers_of_two_are_the_next_ones() {
        for (least, power) in [(1.0, 1.0), (1.0001, 2.0), (0.75, 1.0), (0.5, 0.5), (1.0 / 255.0, 1.0 / 128.0)] {
            assert_eq!(power_of_two_from(least), power);
        }
    }
}
