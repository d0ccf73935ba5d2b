//! How often a tensor has which value, in bounded memory, in one pass.
//!
//! Bins are powers of two wide and start at 0, so that two neighbours always make one bin of the next width:
//! the histogram grows with its values, and what it holds does not depend on the order in which they came.

/// On each side of 0.
const HALF: usize = 4096;
const BINS: usize = 2 * HALF;
/// The narrowest bins: 2⁻⁴⁰.
const LEAST_EXPONENT: i32 = -40;

/// The smallest and the largest value of one tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorRange {
    pub min: f32,
    pub max: f32,
}

impl TensorRange {
    /// Holds nothing yet.
    pub const EMPTY: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };

    /// The smallest range that holds both.
    pub fn join(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// Values of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    range: TensorRange,
    /// A bin is 2^exponent wide.
    exponent: i32,
    counts: Vec<u64>,
}

impl Histogram {
    /// A histogram of no values.
    pub fn new() -> Self {
        Self { range: TensorRange::EMPTY, exponent: LEAST_EXPONENT, counts: vec![0; BINS] }
    }

    /// The smallest and the largest value; [`TensorRange::EMPTY`] before the first.
    pub fn range(&self) -> TensorRange {
        self.range
    }

    /// Counts values. `false`: there is none, or one is not finite, and nothing was counted.
    #[must_use]
    pub fn add(&mut self, values: &[f32]) -> bool {
        let Some(range) = min_max(values) else { return false };
        self.range = self.range.join(range);
        self.widen();
        // Exact: a power of two.
        let per_unit = 2f32.powi(-self.exponent);
        for value in values {
            // Within 0 to BINS, because the bins hold the range.
            let bin = (value * per_unit).floor() as i32 + HALF as i32;
            self.counts[(bin as usize).min(BINS - 1)] += 1;
        }
        true
    }

    /// Makes bins wide enough for the range.
    fn widen(&mut self) {
        let largest = f64::from(self.range.max.abs().max(self.range.min.abs()));
        let mut exponent = self.exponent;
        while largest >= HALF as f64 * 2f64.powi(exponent) {
            exponent += 1;
        }
        let shift = exponent - self.exponent;
        if shift > 0 {
            let mut counts = vec![0; BINS];
            for (bin, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                // Divided towards minus infinity.
                let place = (bin as i64 - HALF as i64) >> shift.min(62);
                counts[(place + HALF as i64) as usize] += count;
            }
            (self.counts, self.exponent) = (counts, exponent);
        }
    }

    /// How many values there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Of each bin with values, in ascending order: where it begins, where it ends, how many values.
    pub fn bins(&self) -> impl Iterator<Item = (f64, f64, u64)> {
        let width = 2f64.powi(self.exponent);
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(move |(bin, count)| {
            let begin = (bin as f64 - HALF as f64) * width;
            (begin, begin + width, *count)
        })
    }
}

/// `None` where there is no value, or one that is not finite.
fn min_max(values: &[f32]) -> Option<TensorRange> {
    // As many lanes as a vector register has, so that the compiler uses one.
    const LANES: usize = 16;
    let (mut min, mut max, mut zero) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES], [0.0; LANES]);
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
            // Stays 0 but for NaN and infinite values.
            zero[lane] += value * 0.0;
        }
    }
    let lanes = (0..LANES).map(|i| TensorRange { min: min[i], max: max[i] });
    let range =
        lanes.chain(rest.iter().map(|&v| TensorRange { min: v, max: v })).fold(TensorRange::EMPTY, TensorRange::join);
    let finite = zero.iter().all(|z| *z == 0.0) && rest.iter().all(|v| v.is_finite());
    (finite && !values.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_every_value() {
        for (length, place) in [(1, 0), (16, 3), (40, 0), (40, 17), (40, 39)] {
            let mut values = vec![0.5; length];
            values[place] = -3.0;
            assert_eq!(min_max(&values).unwrap().min, -3.0, "{length} {place}");
            values[place] = 7.0;
            assert_eq!(min_max(&values).unwrap().max, 7.0, "{length} {place}");
            for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                values[place] = strange;
                assert_eq!(min_max(&values), None, "{length} {place} {strange}");
                assert!(!Histogram::new().add(&values));
            }
        }
        assert_eq!(min_max(&[]), None);
    }

    #[test]
    fn every_value_lies_in_its_bin_in_whatever_order_they_came() {
        let values: Vec<f32> = (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e5 - 40.0).collect();
        let (mut forwards, mut backwards) = (Histogram::new(), Histogram::new());
        for chunk in values.chunks(77) {
            assert!(forwards.add(chunk));
        }
        for chunk in values.rchunks(13) {
            assert!(backwards.add(chunk));
        }
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.total(), 5000);
        for (begin, end, count) in forwards.bins() {
            let within = values.iter().filter(|v| (begin..end).contains(&f64::from(**v))).count();
            assert_eq!(within as u64, count, "{begin} to {end}");
        }
        let width = forwards.bins().next().map(|(begin, end, _)| end - begin).unwrap();
        assert_eq!(width, 0.03125, "128 is the power of two that holds them, in 4096 bins");
    }

    #[test]
    fn the_largest_numbers_have_a_bin() {
        let mut histogram = Histogram::new();
        assert!(histogram.add(&[f32::MAX, f32::MIN, 1e-40, -1e-45, 0.0]));
        assert_eq!(histogram.total(), 5);
        assert_eq!(histogram.range(), TensorRange { min: f32::MIN, max: f32::MAX });
    }
}
