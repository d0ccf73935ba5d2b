//! What one frame puts at the ends of a model's ranges.

use std::fmt;

use super::shares::ShareSource;

/// How many times the share of the calibration pictures is too much.
pub const LIMIT_TIMES: f64 = 4.0;
/// Up to this share nothing is too much: half a percent of a tensor's bytes.
pub const LEAST_LIMIT: f64 = 0.005;
/// An end is calm again below this part of its limit.
const CALM: f64 = 0.5;

/// An end of a tensor's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEnd {
    Low,
    High,
}

impl RangeEnd {
    /// The lowest byte, and the highest.
    pub const BOTH: [Self; 2] = [Self::Low, Self::High];
}

impl fmt::Display for RangeEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::High => "high",
        })
    }
}

/// One end of one tensor's range.
#[derive(Clone, Debug, PartialEq)]
pub struct EndReading {
    /// As the float model names it.
    pub tensor: String,
    pub end: RangeEnd,
    /// Of the tensor's bytes, those at this end, 0..=1.
    pub share: f64,
    /// The same on the calibration pictures; `None`: it is not known, and nothing is said of this end.
    pub calibrated: Option<f64>,
}

impl EndReading {
    /// The largest share that is not too much: four times that of the calibration pictures, and at least 0.5 %.
    pub fn limit(&self) -> Option<f64> {
        self.calibrated.map(|calibrated| (LIMIT_TIMES * calibrated).max(LEAST_LIMIT))
    }

    /// The share in limits.
    fn excess(&self) -> f64 {
        self.limit().map_or(0.0, |limit| self.share / limit)
    }
}

/// All ends at which a model can clip, on one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ClippingReading {
    /// In the order of the graph.
    pub ends: Vec<EndReading>,
    /// What the shares of the calibration are known from.
    pub source: ShareSource,
}

impl ClippingReading {
    /// The ends with too much, the worst first.
    pub fn over(&self) -> Vec<&EndReading> {
        let mut over: Vec<&EndReading> = self.ends.iter().filter(|end| end.excess() > 1.0).collect();
        over.sort_by(|x, y| y.excess().total_cmp(&x.excess()));
        over
    }

    /// Whether all ends are well below their limits.
    pub fn is_calm(&self) -> bool {
        self.ends.iter().all(|end| end.excess() < CALM)
    }

    /// The share of a tensor's bytes at both its ends; `None`: it is not rounded.
    pub fn clipped(&self, tensor: &str) -> Option<f64> {
        let shares = self.ends.iter().filter(|end| end.tensor == tensor).map(|end| end.share);
        shares.reduce(|sum, share| sum + share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_four_times_the_calibrations_and_at_least_half_a_percent() {
        let end = |tensor: &str, end, share, calibrated| EndReading { tensor: tensor.into(), end, share, calibrated };
        let ends = vec![
            end("a", RangeEnd::Low, 0.0049, Some(0.0)),
            end("a", RangeEnd::High, 0.006, Some(0.0)),
            end("b", RangeEnd::Low, 0.07, Some(0.02)),
            end("c", RangeEnd::High, 0.09, Some(0.02)),
            end("d", RangeEnd::High, 0.9, None),
            end("e", RangeEnd::High, 0.5, Some(0.01)),
        ];
        let reading = ClippingReading { ends, source: ShareSource::Table { counted: 3, pictures: 3 } };
        let over: Vec<&str> = reading.over().iter().map(|end| end.tensor.as_str()).collect();
        assert_eq!(over, ["e", "a", "c"], "the worst first; nothing is said of what is not known");
        assert!(!reading.is_calm());
        assert!((reading.clipped("a").unwrap() - 0.0109).abs() < 1e-12 && reading.clipped("f").is_none());
        let calm = ClippingReading { ends: vec![end("a", RangeEnd::Low, 0.0024, Some(0.0))], ..reading };
        assert!(calm.is_calm() && calm.over().is_empty());
    }
}
