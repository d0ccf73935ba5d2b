//! Wrong values in right places.

use super::byte_pairs::BytePairs;
use super::subject::Subject;
use crate::workshop::golden::fault::Fault;

/// The share of values that must follow a rule for it to explain them.
const MOST: f64 = 0.98;
/// At least so many values must speak for a rule.
const WITNESSES: usize = 8;
/// Up to this share and number, values are a few.
const FEW: (f64, usize) = (0.001, 16);
/// Values within this many steps are close.
const CLOSE: f64 = 8.0;
/// float32 values within this part of the largest are the same but for rounding.
const FLOAT_ROUNDING: f64 = 1e-5;

/// All values are the same, where they should not be.
pub fn constant(subject: &Subject<'_>) -> Option<Fault> {
    let first = *subject.found.first()?;
    let is_same = |values: &[i32]| values.iter().all(|value| *value == values[0]);
    if subject.found.len() < 2 || !is_same(&subject.found) || is_same(&subject.right) {
        return None;
    }
    let bits = first.cast_unsigned();
    let value = if subject.is_float() { f64::from(f32::from_bits(bits)) } else { f64::from(first) };
    Some(Fault::Constant { value, is_zero_point: subject.zero_point.is_some_and(|zero| f64::from(zero) == value) })
}

/// Values that a rule leads to from the right ones: another zero point, other bits, no negative side.
pub fn shifted(subject: &Subject<'_>) -> Option<Fault> {
    let [low, high] = subject.value_type().ends()?;
    let pairs = BytePairs::of(subject, low);
    let follows = |rule: &dyn Fn(i32) -> i32, tolerance: i32, tells: &dyn Fn(i32) -> bool| {
        let (mut witnesses, mut right) = (0, 0);
        for (expected, counts) in pairs.rows().filter(|(expected, _)| tells(*expected)) {
            let wanted = rule(expected).clamp(low, high);
            let [first, last] = [wanted - tolerance, wanted + tolerance].map(|end| end.clamp(low, high) - low);
            witnesses += counts.iter().sum::<usize>();
            right += counts[first as usize..=last as usize].iter().sum::<usize>();
        }
        witnesses >= WITNESSES && right as f64 >= MOST * witnesses as f64
    };
    // Bytes that are clamped on either side say nothing of a distance.
    let span = high - low;
    let mut distances = vec![0usize; 2 * span as usize + 1];
    let inside = |value: i32| value > low && value < high;
    for (expected, counts) in pairs.rows().filter(|(expected, _)| inside(*expected)) {
        for (found, count) in (low..).zip(counts).filter(|(found, _)| inside(*found)) {
            distances[(found - expected + span) as usize] += count;
        }
    }
    let found = (-span..).zip(distances).filter(|(_, count)| *count > 0);
    let by = found.max_by_key(|(by, count)| (*count, *by)).map_or(0, |(by, _)| by);
    if by != 0 && follows(&|value| value + by, 0, &|_| true) {
        return Some(Fault::ZeroPoint { by });
    }
    let zero = subject.zero_point?;
    let below: usize = pairs.rows().filter(|(expected, _)| *expected < zero).flat_map(|(_, counts)| counts).sum();
    if below >= WITNESSES && follows(&|value| value.max(zero), 0, &|_| true) {
        return Some(Fault::NoNegative);
    }
    // Right values are rounded, and the shift doubles what was lost.
    [1, -1, 2, -2, 3, -3, 4, -4].into_iter().find_map(|by: i32| {
        let factor = 2f64.powi(by);
        let rule = move |value: i32| zero + (f64::from(value - zero) * factor).round() as i32;
        let tolerance = if by > 0 { 1 << (by - 1) } else { 1 };
        // Where the rule and the right value are apart.
        let tells = |value: i32| (rule(value).clamp(low, high) - value).abs() > 2 * tolerance;
        follows(&rule, tolerance, &tells).then_some(Fault::ShiftedBits { by })
    })
}

/// Values that end too early, or wrap around.
pub fn clamped(subject: &Subject<'_>) -> Option<Fault> {
    let [low, high] = subject.value_type().ends()?;
    let ends = [subject.found.iter().min()?, subject.found.iter().max()?].map(|end| *end);
    if ends != [low, high] {
        let right = |place: &usize| subject.right[*place].clamp(ends[0], ends[1]) == subject.found[*place];
        let differing = subject.differing().count();
        if subject.differing().filter(right).count() as f64 >= MOST * differing as f64 {
            return Some(Fault::Clamped { low: ends[0], high: ends[1] });
        }
    }
    let is_clamped = |place: usize| subject.right[place] == low || subject.right[place] == high;
    subject.differing().all(is_clamped).then_some(Fault::NotClamped)
}

/// By no more than 1.
pub fn rounding(subject: &Subject<'_>) -> Option<Fault> {
    let most = if subject.is_float() {
        let values = subject.right.iter().map(|bits| f64::from(f32::from_bits(bits.cast_unsigned())).abs());
        FLOAT_ROUNDING * values.filter(|value| value.is_finite()).fold(0.0, f64::max)
    } else {
        1.0
    };
    let [mut above, mut below] = [0usize; 2];
    for place in subject.differing() {
        let difference = subject.difference(place);
        // NaN is not within it either.
        if difference.is_nan() || difference.abs() > most {
            return None;
        }
        *(if difference > 0.0 { &mut above } else { &mut below }) += 1;
    }
    let [above, below] = [above, below].map(|count| count as f64 / subject.right.len() as f64);
    Some(Fault::Rounding { above, below })
}

/// So few that no rule can be told, and by more than rounding.
pub fn few(subject: &Subject<'_>) -> Option<Fault> {
    let places: Vec<usize> = subject.differing().take(FEW.1 + 1).collect();
    let share = places.len() as f64 / subject.right.len() as f64;
    if places.len() > FEW.1 || share > FEW.0 && places.len() > 1 || rounding(subject).is_some() {
        return None;
    }
    let flipped: Vec<u32> =
        places.iter().map(|place| (subject.right[*place] ^ subject.found[*place]).cast_unsigned()).collect();
    // The sign of a negative number is repeated.
    let mask = if subject.value_type().bytes() == 1 { 255 } else { u32::MAX };
    match flipped.first().map(|bits| bits & mask) {
        Some(bits) if bits.is_power_of_two() && flipped.iter().all(|other| other & mask == bits) => {
            Some(Fault::Bit { values: places.len(), bit: bits.trailing_zeros() })
        }
        _ => Some(Fault::Few { values: places.len() }),
    }
}

/// Close, as with another multiplier.
pub fn inaccurate(subject: &Subject<'_>) -> Option<Fault> {
    let largest = subject.differing().map(|place| subject.difference(place).abs()).fold(0.0, f64::max);
    let most = if subject.is_float() {
        let values = subject.right.iter().map(|bits| f64::from(f32::from_bits(bits.cast_unsigned())).abs());
        1e-2 * values.filter(|value| value.is_finite()).fold(0.0, f64::max)
    } else {
        CLOSE
    };
    // A NaN is lost in the largest.
    let is_whole = subject.differing().all(|place| subject.difference(place).is_finite());
    (is_whole && largest <= most).then_some(Fault::Inaccurate { largest })
}
