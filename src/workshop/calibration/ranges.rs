//! From a tensor's histogram to the range that its bytes cover.

use super::grid_kind::GridKind;
use super::histogram::{Histogram, TensorRange};
use super::method::Choice;

/// Into how many steps each end of a range is divided when ends are tried.
const STEPS: u32 = 128;
/// The steps of a byte.
const LEVELS: f64 = 255.0;

/// The range of a tensor. `slope`: of the leaky ReLU that alone reads it; 1 where there is none. `kind`: of the grids among
/// which the least squared error is looked for. Empty histograms give the range 0 to 0.
pub fn choose(histogram: &Histogram, choice: Choice, slope: f32, kind: GridKind) -> TensorRange {
    let whole = histogram.range();
    if histogram.total() == 0 {
        return TensorRange { min: 0.0, max: 0.0 };
    }
    match choice {
        Choice::MinMax => whole,
        Choice::Percentile(percent) => percentile(histogram, percent),
        Choice::Mse => {
            let bins = middles(histogram);
            // An error below 0 comes out of darknet's leaky ReLU ten times smaller.
            let loss =
                |min, max| kind.over(min, max).map_or(f64::INFINITY, |grid| squared_error(&bins, slope.into(), grid));
            if kind.symmetric { least_symmetric(whole, loss) } else { least(whole, loss) }
        }
        Choice::Entropy => {
            let bins = middles(histogram);
            least(whole, |min, max| divergence(&bins, min, max))
        }
    }
}

/// Of each bin: its middle, and how many values it has.
fn middles(histogram: &Histogram) -> Vec<(f64, f64)> {
    histogram.bins().map(|(begin, end, count)| (f64::midpoint(begin, end), count as f64)).collect()
}

fn percentile(histogram: &Histogram, percent: f64) -> TensorRange {
    let whole = histogram.range();
    let cut = histogram.total() as f64 * (100.0 - percent) / 200.0;
    let within = |value: f64| (value as f32).clamp(whole.min, whole.max);
    let mut below = 0.0;
    let mut min = whole.min;
    for (begin, end, count) in histogram.bins() {
        if below + count as f64 > cut {
            min = within(begin + (end - begin) * (cut - below) / count as f64);
            break;
        }
        below += count as f64;
    }
    let mut above = 0.0;
    let mut max = whole.max;
    for (begin, end, count) in histogram.bins().collect::<Vec<_>>().into_iter().rev() {
        if above + count as f64 > cut {
            max = within(end - (end - begin) * (cut - above) / count as f64);
            break;
        }
        above += count as f64;
    }
    // With 50 % both are the median, but for rounding.
    TensorRange { min: min.min(max), max: min.max(max) }
}

/// The ends of the least loss. They are tried in turn until neither moves any more: all pairs would take minutes.
fn least(whole: TensorRange, loss: impl Fn(f64, f64) -> f64) -> TensorRange {
    let (min, max) = (f64::from(whole.min.min(0.0)), f64::from(whole.max.max(0.0)));
    let mut best = (min, max);
    for _ in 0..4 {
        let before = best;
        best.1 = lowest(tried(max), |high| loss(best.0, high));
        best.0 = lowest(tried(min), |low| loss(low, best.1));
        if best == before {
            break;
        }
    }
    TensorRange { min: best.0 as f32, max: best.1 as f32 }
}

/// The same where 0 is in the middle, so that only the end that is farther from 0 matters.
fn least_symmetric(whole: TensorRange, loss: impl Fn(f64, f64) -> f64) -> TensorRange {
    let farthest = f64::from(whole.max.max(-whole.min).max(0.0));
    let end = lowest(tried(farthest), |end| loss(-end, end)) as f32;
    TensorRange { min: whole.min.min(0.0).max(-end), max: whole.max.max(0.0).min(end) }
}

/// From the whole to a part of it.
fn tried(end: f64) -> impl Iterator<Item = f64> {
    let from = if end == 0.0 { STEPS } else { 1 };
    (from..=STEPS).rev().map(move |step| end * f64::from(step) / f64::from(STEPS))
}

/// The squared error of rounding to the grid's levels and of cutting off. `slope`: of what reads it below 0.
fn squared_error(bins: &[(f64, f64)], slope: f64, (step, zero): (f64, f64)) -> f64 {
    let after = |value: f64| if value < 0.0 { value * slope } else { value };
    let error = |(value, count): &(f64, f64)| {
        let rounded = (((value / step).round_ties_even() + zero).clamp(0.0, LEVELS) - zero) * step;
        (after(*value) - after(rounded)).powi(2) * count
    };
    bins.iter().map(error).sum()
}

fn lowest(candidates: impl Iterator<Item = f64>, loss: impl Fn(f64) -> f64) -> f64 {
    let mut best = (f64::INFINITY, 0.0);
    for candidate in candidates {
        let loss = loss(candidate);
        if loss < best.0 {
            best = (loss, candidate);
        }
    }
    best.1
}

/// Of the values, with those beyond an end counted at that end, from what 256 levels over the range make of the
/// values within: each level's weight is spread evenly over its bins that have values.
fn divergence(bins: &[(f64, f64)], min: f64, max: f64) -> f64 {
    let step = (max - min) / LEVELS;
    if step <= 0.0 {
        return f64::INFINITY;
    }
    let inside: Vec<(usize, f64)> = bins
        .iter()
        .filter(|(value, _)| (min..=max).contains(value))
        .map(|(value, count)| (((value - min) / step).round() as usize, *count))
        .collect();
    let beyond = |low: bool| -> f64 {
        bins.iter().filter(|(value, _)| if low { *value < min } else { *value > max }).map(|(_, count)| count).sum()
    };
    let (mut weights, mut filled) = ([0.0; 257], [0.0; 257]);
    for (level, count) in &inside {
        weights[*level] += count;
        filled[*level] += 1.0;
    }
    let kept: f64 = weights.iter().sum();
    let (below, above) = (beyond(true), beyond(false));
    let total = kept + below + above;
    let last = inside.len().saturating_sub(1);
    let terms = inside.iter().enumerate().map(|(place, (level, count))| {
        let first = if place == 0 { below } else { 0.0 };
        let end = if place == last { above } else { 0.0 };
        let p = (count + first + end) / total;
        let q = weights[*level] / filled[*level] / kept;
        p * (p / q).ln()
    });
    if inside.is_empty() { f64::INFINITY } else { terms.sum() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::graph::LEAKY_SLOPE;

    const ANY: GridKind = GridKind { power_of_two: false, symmetric: false };

    fn histogram(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::new();
        assert!(histogram.add(values));
        histogram
    }

    /// 0, 1, … 999 thousandths of a straight line from -1 to 3.
    fn line() -> Vec<f32> {
        (0..100_000).map(|i| i as f32 / 25_000.0 - 1.0).collect()
    }

    #[test]
    fn a_percentile_cuts_as_much_below_as_above() {
        let range = choose(&histogram(&line()), Choice::Percentile(90.0), 1.0, ANY);
        assert!((range.min + 0.8).abs() < 1e-3 && (range.max - 2.8).abs() < 1e-3, "{range:?}");
        let whole = choose(&histogram(&line()), Choice::Percentile(100.0), 1.0, ANY);
        assert_eq!(whole, choose(&histogram(&line()), Choice::MinMax, 1.0, ANY));
    }

    /// The values that tests/reference/ranges.py makes.
    fn reference_values(count: u64) -> Vec<f32> {
        let value = |i: u64| {
            let u = ((i.wrapping_mul(2_654_435_761) % (1 << 32)) >> 8) as f32 / (1 << 24) as f32;
            let v = u - 0.4;
            if i % 100_000 == 40_500 { v * 32.0 } else { v * 5.0 }
        };
        (0..count).map(value).collect()
    }

    /// Mean squared error of really rounding to 256 levels, after a leaky ReLU of that slope.
    fn loss(values: &[f32], range: TensorRange, slope: f64) -> f64 {
        let (low, high) = (f64::from(range.min), f64::from(range.max));
        let step = (high - low) / 255.0;
        let zero = (-low / step).round_ties_even();
        let leaky = |y: f64| if y < 0.0 { y * slope } else { y };
        let error = |x: &f32| {
            let x = f64::from(*x);
            let back = (((x / step).round_ties_even() + zero).clamp(0.0, 255.0) - zero) * step;
            (leaky(x) - leaky(back)).powi(2)
        };
        values.iter().map(error).sum::<f64>() / values.len() as f64
    }

    /// Golden figures: NumPy's percentiles of the values themselves, and the ends that it found best by trying.
    #[test]
    fn ranges_are_those_that_numpy_finds_without_a_histogram() {
        let golden: serde_json::Value = serde_json::from_str(include_str!("../../../tests/data/ranges.json")).unwrap();
        let number = |value: &serde_json::Value, key: &str| value[key].as_f64().unwrap();
        let values = reference_values(golden["count"].as_u64().unwrap());
        let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
        assert!((sum - number(&golden, "sum")).abs() < 1e-6, "{sum}: not the same values");
        let histogram = histogram(&values);
        let width = histogram.bins().next().map(|(begin, end, _)| end - begin).unwrap();
        for wanted in golden["percentiles"].as_array().unwrap() {
            let range = choose(&histogram, Choice::Percentile(number(wanted, "percent")), 1.0, ANY);
            let apart = |found: f32, key: &str| (f64::from(found) - number(wanted, key)).abs();
            assert!(apart(range.min, "min") <= width && apart(range.max, "max") <= width, "{range:?} {wanted}");
        }
        for wanted in golden["mse"].as_array().unwrap() {
            let slope = number(wanted, "slope");
            let range = choose(&histogram, Choice::Mse, if slope < 1.0 { LEAKY_SLOPE } else { 1.0 }, ANY);
            let (found, best, whole) = (loss(&values, range, slope), number(wanted, "loss"), number(wanted, "whole"));
            assert!(found <= 1.02 * best && best < 0.9 * whole, "{range:?} has {found}, {wanted}");
        }
    }

    #[test]
    fn one_far_value_does_not_cost_all_others_their_precision() {
        let mut histogram = histogram(&[50.0]);
        let line = line();
        for _ in 0..100 {
            assert!(histogram.add(&line));
        }
        for choice in [Choice::Mse, Choice::Percentile(99.99), Choice::Entropy] {
            let range = choose(&histogram, choice, 1.0, ANY);
            assert!(range.max < 20.0, "{choice}: {range:?}");
        }
        assert_eq!(choose(&histogram, Choice::MinMax, 1.0, ANY).max, 50.0);
    }

    #[test]
    fn evenly_spread_values_are_kept_whole() {
        let range = choose(&histogram(&line()), Choice::Mse, 1.0, ANY);
        assert!(range.min <= -0.98 && range.max >= 2.95, "{range:?}");
    }

    #[test]
    fn what_a_leaky_relu_makes_small_may_be_cut_off() {
        // As many far below 0 as near it: they matter only where nothing shrinks them.
        let values: Vec<f32> = (0..40_000).map(|i| i as f32 / 1000.0 - 35.0).collect();
        let (plain, leaky) = (histogram(&values), histogram(&values));
        let (plain, leaky) = (choose(&plain, Choice::Mse, 1.0, ANY), choose(&leaky, Choice::Mse, LEAKY_SLOPE, ANY));
        assert!(leaky.min > plain.min && leaky.max > 4.5, "{plain:?} {leaky:?}");
    }

    #[test]
    fn a_tensor_of_zeros_has_a_range() {
        for choice in [Choice::MinMax, Choice::Mse, Choice::Entropy, Choice::Percentile(99.9)] {
            let range = choose(&histogram(&[0.0; 10]), choice, 1.0, ANY);
            assert!(range.min <= 0.0 && range.max >= 0.0 && range.max < 1e-3, "{choice}: {range:?}");
        }
    }

    /// The error of every grid that the kind allows is no less.
    #[test]
    fn the_least_squared_error_is_that_of_the_grids_that_are_allowed() {
        let mut values: Vec<f32> = reference_values(40_000).iter().map(|v| v * 1.7).collect();
        values.push(50.0);
        let (histogram, kind) = (histogram(&values), GridKind { power_of_two: true, symmetric: true });
        let range = choose(&histogram, Choice::Mse, 1.0, kind);
        let bins = middles(&histogram);
        let error = |step| squared_error(&bins, 1.0, (step, 128.0));
        let (step, zero) = kind.over(range.min.into(), range.max.into()).unwrap();
        assert_eq!(zero, 128.0);
        assert!((-12..4).all(|power| error(step) <= error(2f64.powi(power))), "{range:?}, {step}");
        // The one value that is far away alone would need wider steps.
        let covered = kind.over(histogram.range().min.into(), histogram.range().max.into()).unwrap().0;
        assert!(step < covered, "{step} {covered}");
    }
}
