//! How many of a tensor's values reach the ends of its range: what a running model's bytes are compared with.

use super::grid_kind::GridKind;
use super::histogram::{Histogram, TensorRange};

/// Values that are no further than this from an end byte count as there, in steps: the rounding errors of the layers
/// before may put them there.
const NEAR: f64 = 1.0;

/// The shares of a tensor's values that lie beyond the ends of its range, or at them, each in 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EndShares {
    /// At the lowest byte.
    pub low: f32,
    /// At the highest byte.
    pub high: f32,
}

/// The shares of a table's tensors, and of how many pictures they are the mean; of none, where nobody counted them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountedEnds {
    /// They may be fewer than those of the table: pictures that were added to an older one, which had no counts.
    pub pictures: usize,
    /// In the order of the graph.
    pub shares: Vec<(String, EndShares)>,
}

impl EndShares {
    /// Of the values that a histogram has counted, on the grid that lies over the range.
    pub(super) fn of(histogram: &Histogram, range: TensorRange, kind: GridKind) -> Self {
        let total = histogram.total();
        let Some((step, zero)) = kind.over(range.min.into(), range.max.into()).filter(|_| total > 0) else {
            return Self::default();
        };
        let (low, high) = ((0.5 + NEAR - zero) * step, (254.5 - NEAR - zero) * step);
        let (mut below, mut above) = (0.0, 0.0);
        for (begin, end, count) in histogram.bins() {
            // Within a bin, values are taken as evenly spread.
            let part = |inside: f64| (inside / (end - begin)).clamp(0.0, 1.0) * count as f64;
            below += part(low - begin);
            above += part(end - high);
        }
        let share = |count: f64| (count / total as f64) as f32;
        Self { low: share(below), high: share(above) }
    }

    /// Of two sets of pictures, the share that is the larger one at each end.
    pub(super) fn larger(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: GridKind = GridKind { power_of_two: false, symmetric: false };

    #[test]
    fn what_lies_beyond_an_end_is_counted_there() {
        let values: Vec<f32> = (0..100_000).map(|i| i as f32 / 100_000.0 - 0.25).collect();
        let mut histogram = Histogram::new();
        assert!(histogram.add(&values));
        let of = |min: f32, max: f32| EndShares::of(&histogram, TensorRange { min, max }, ANY);
        let near = |found: f32, wanted: f64| (f64::from(found) - wanted).abs() < 2e-3;
        // A range of its own: the values of the last byte and a half, and of the one before.
        let whole = of(-0.25, 0.75);
        assert!(near(whole.low, 1.5 / 255.0) && near(whole.high, 1.5 / 255.0), "{whole:?}");
        let cut = of(-0.1, 0.4);
        assert!(near(cut.low, 0.15 + 1.5 * 0.5 / 255.0) && near(cut.high, 0.35 + 1.5 * 0.5 / 255.0), "{cut:?}");
        let wide = of(-1.0, 2.0);
        assert_eq!(wide, EndShares::default());
        assert_eq!(EndShares::of(&Histogram::new(), TensorRange { min: 0.0, max: 1.0 }, ANY), EndShares::default());
        assert_eq!(wide.larger(cut), cut);
    }
}
