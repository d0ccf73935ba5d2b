//! Fixed-point multipliers that give float32's byte for every sum, and the proof.
//!
//! The float32 formula gives the byte k + 1 from some sum aₖ on ([`Staircase`]). A multiplier M0 with a shift does the
//! same if aₖ · M0 reaches the rounding's threshold for k + 1 and (aₖ − 1) · M0 does not: two bounds on M0. An M0 within
//! the bounds of all k gives the same byte for *every* sum; where there is none, no M0 of so many bits does with that
//! shift.

use super::multiplier::{Multiplier, Rounding};
use super::staircase::Staircase;

/// The best multiplier for a factor, and for which sums it gives another byte than float32.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvedMultiplier {
    pub multiplier: Multiplier,
    pub differing: Differing,
    /// The nearest to the factor, which most programs take, and how many sums it gets wrong.
    pub nearest: Multiplier,
    pub nearest_differing: u64,
}

/// Sums for which two roundings give different bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differing {
    pub count: u64,
    /// The first few, ascending.
    pub first: Vec<i32>,
}

/// How many sums are listed.
const LISTED: usize = 8;

/// Shifts for which thresholds are computed.
const SHIFTS: std::ops::RangeInclusive<i32> = 1..=62;

impl Differing {
    fn between(a: &Staircase, b: &Staircase) -> Self {
        let intervals = a.differing(b);
        let count = intervals.iter().map(|[first, end]| (end - first) as u64).sum();
        let all = intervals.into_iter().flat_map(|[first, end]| first..end);
        Self { count, first: all.take(LISTED).map(|sum| sum as i32).collect() }
    }
}

impl Staircase {
    /// What a multiplier gives over the same sums.
    pub fn of_multiplier(range: [i32; 2], multiplier: Multiplier, rounding: Rounding, zero_point: u8) -> Self {
        Self::of(range, |sum| multiplier.to_byte(sum, rounding, zero_point))
    }

    /// For which sums a multiplier gives another byte than this staircase.
    pub fn check(&self, multiplier: Multiplier, rounding: Rounding, zero_point: u8) -> Differing {
        // Both are int32, as they were given.
        let range = self.range().map(|end| end as i32);
        Differing::between(self, &Self::of_multiplier(range, multiplier, rounding, zero_point))
    }

    /// The best multiplier of `bits` for this staircase, which rounds sums times `factor` and adds `zero_point`: an exact
    /// one where there is one, else the one with the fewest differing sums among those tried. `None`: the factor is
    /// negative or not finite.
    pub fn prove(&self, factor: f32, bits: u32, rounding: Rounding, zero_point: u8) -> Option<ProvedMultiplier> {
        let nearest = Multiplier::nearest(factor, bits)?;
        let of_nearest = self.check(nearest, rounding, zero_point);
        let nearest_differing = of_nearest.count;
        let mut best = (nearest, of_nearest);
        if nearest_differing > 0 {
            // The nearest's own shift first; another one only where M0 is at an end of its range.
            for shift in [nearest.shift, nearest.shift + 1, nearest.shift - 1] {
                if let Some(mantissa) = self.candidate(factor, [bits as i32, shift], rounding, zero_point) {
                    let multiplier = Multiplier { mantissa, shift };
                    let differing = self.check(multiplier, rounding, zero_point);
                    if differing.count < best.1.count {
                        best = (multiplier, differing);
                    }
                }
                if best.1.count == 0 {
                    break;
                }
            }
        }
        let (multiplier, differing) = best;
        Some(ProvedMultiplier { multiplier, differing, nearest, nearest_differing })
    }

    /// The M0 nearest to the factor among those that most bounds allow. If all do, it is exact.
    fn candidate(&self, factor: f32, [bits, shift]: [i32; 2], rounding: Rounding, zero_point: u8) -> Option<u32> {
        if !SHIFTS.contains(&shift) {
            return None;
        }
        let bounds = self.bounds(shift, rounding, zero_point);
        let (least, most) = (1, (1i64 << bits) - 1);
        // M0 counts as allowed from an interval's start on, and no longer after its end.
        let mut changes: Vec<(i64, i32)> = Vec::with_capacity(2 * bounds.len());
        for [low, high] in bounds {
            let (low, high) = (low.max(least), high.min(most));
            if low <= high {
                changes.extend([(low, 1), (high + 1, -1)]);
            }
        }
        changes.sort_unstable();
        let target = f64::from(factor) * 2f64.powi(shift);
        let (mut allowing, mut best) = (0, None::<(i32, f64, i64)>);
        for (place, (start, change)) in changes.iter().enumerate() {
            allowing += change;
            let end = changes.get(place + 1).map_or(*start, |(next, _)| next - 1);
            if end < *start || allowing == 0 {
                continue;
            }
            let mantissa = (target.round() as i64).clamp(*start, end);
            let distance = (mantissa as f64 - target).abs();
            if best.is_none_or(|(most, least, _)| allowing > most || allowing == most && distance < least) {
                best = Some((allowing, distance, mantissa));
            }
        }
        best.and_then(|(.., mantissa)| u32::try_from(mantissa).ok())
    }

    /// For each byte between the ends, and at the ends where they are not clamps: the lowest and the highest M0 that give
    /// it from the right sum on.
    fn bounds(&self, shift: i32, rounding: Rounding, zero_point: u8) -> Vec<[i64; 2]> {
        let [first, last] = self.range();
        let [lowest, highest] = self.ends();
        let mut bounds = Vec::with_capacity(257);
        let mut within = |reaches: Option<i64>, stays: Option<i64>, byte: u8| {
            let threshold = threshold(i32::from(byte) - i32::from(zero_point), shift, rounding);
            let (mut low, mut high) = (i128::from(i64::MIN), i128::from(i64::MAX));
            // sum · M0 ≥ threshold
            match reaches.map(i128::from) {
                Some(sum @ 1..) => low = low.max(-(-threshold).div_euclid(sum)),
                Some(0) if threshold > 0 => high = i128::from(i64::MIN),
                Some(sum @ ..=-1) => high = high.min((-threshold).div_euclid(-sum)),
                _ => {}
            }
            // sum · M0 < threshold
            match stays.map(i128::from) {
                Some(sum @ 1..) => high = high.min((threshold - 1).div_euclid(sum)),
                Some(0) if threshold <= 0 => high = i128::from(i64::MIN),
                Some(sum @ ..=-1) => low = low.max(-(threshold - 1).div_euclid(-sum)),
                _ => {}
            }
            let narrow = |bound: i128| bound.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
            bounds.push([narrow(low), narrow(high)]);
        };
        if lowest > 0 {
            within(Some(first), None, lowest);
        }
        for byte in (lowest..highest).map(|byte| byte + 1) {
            let start = self.start(byte);
            within(Some(start), Some(start - 1), byte);
        }
        if highest < u8::MAX {
            within(None, Some(last), highest + 1);
        }
        bounds
    }
}

/// The least product that a shift to the right, with its rounding, brings to `step` or above.
fn threshold(step: i32, shift: i32, rounding: Rounding) -> i128 {
    let step = i128::from(step);
    let half = (2 * step - 1) << (shift - 1);
    match rounding {
        Rounding::Truncate => step << shift,
        Rounding::HalfUp => half,
        // The half below an odd integer goes down to the even one.
        Rounding::HalfEven => half + step.rem_euclid(2),
        Rounding::HalfAway => half + i128::from(step <= 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_the_first_products_that_round_to_a_step() {
        let one = |rounding| move |product: i32, shift| Multiplier { mantissa: 1, shift }.apply(product, rounding);
        for rounding in [Rounding::HalfUp, Rounding::HalfEven, Rounding::HalfAway, Rounding::Truncate] {
            let apply = one(rounding);
            for (step, shift) in (-9..=9).flat_map(|step| (1..=5).map(move |shift| (step, shift))) {
                let first = threshold(step, shift, rounding) as i32;
                assert!(
                    apply(first, shift) >= step.into() && apply(first - 1, shift) < step.into(),
                    "{step} of {rounding:?} by {shift} places"
                );
            }
        }
    }
}
