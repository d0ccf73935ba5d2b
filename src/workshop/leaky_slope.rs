//! Slopes of leaky ReLUs as chips compute them: fractions of whole numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Of both numbers of a fraction.
const MOST: u32 = 1 << 16;

/// The slope below 0 of a network's leaky ReLUs, as a fraction between 0 and 1. Chips multiply by the numerator and shift
/// by a power of two: 26/256, 3/32 or 1/8 in place of darknet's 0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LeakySlope {
    numerator: u32,
    denominator: u32,
}

impl LeakySlope {
    /// The slope as ONNX stores it.
    pub fn value(self) -> f32 {
        (f64::from(self.numerator) / f64::from(self.denominator)) as f32
    }

    /// As a part of a file's name: "slope-26-256".
    pub fn file_part(self) -> String {
        format!("slope-{}-{}", self.numerator, self.denominator)
    }
}

impl fmt::Display for LeakySlope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl FromStr for LeakySlope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().ok().filter(|number| (1..=MOST).contains(number));
        let fraction = text.split_once('/').and_then(|(above, below)| Some((number(above)?, number(below)?)));
        match fraction {
            Some((numerator, denominator)) if numerator < denominator => Ok(Self { numerator, denominator }),
            _ => Err(format!(
                "the slope {text:?}; use a fraction between 0 and 1 of whole numbers up to {MOST}, such as \"26/256\""
            )),
        }
    }
}

impl TryFrom<String> for LeakySlope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LeakySlope> for String {
    fn from(slope: LeakySlope) -> Self {
        slope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_between_0_and_1_are_slopes() {
        for (text, value) in [("26/256", 0.101_562_5), ("3/32", 0.093_75), ("1/8", 0.125), ("1/10", 0.1)] {
            let slope: LeakySlope = text.parse().unwrap();
            assert_eq!((slope.value(), slope.to_string().as_str()), (value, text));
        }
        for text in ["", "0.1", "1/0", "0/8", "8/8", "9/8", "-1/8", "1/8/2", "1/ 8", "1/65537", "1/99999999999"] {
            let error = text.parse::<LeakySlope>().unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("26/256"), "{error}");
        }
    }
}
