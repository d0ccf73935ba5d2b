//! Fixed-point multipliers, rounding and accumulators, against rational numbers.

use proptest::prelude::*;
use twinsight::integer::{Accumulator, Multiplier, OutOfRange, Rounding};

pub fn any_rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(vec![Rounding::HalfUp, Rounding::HalfEven, Rounding::HalfAway, Rounding::Truncate])
}

/// Any float32 from 0 up, as its bits, often subnormal, all ones or a power of two.
fn any_value() -> impl Strategy<Value = f32> {
    let highest = f32::MAX.to_bits();
    let plain = 1..=highest;
    let ends = (0u32..=254, 0u32..=8).prop_map(|(exponent, less)| ((exponent + 1) << 23).saturating_sub(less));
    prop_oneof![plain, ends, 1u32..1 << 23].prop_map(move |bits| f32::from_bits(bits.clamp(1, highest)))
}

/// numerator / 2ⁿ as an integer, for n up to 120.
fn rounded(numerator: i128, n: u32, rounding: Rounding) -> i128 {
    let denominator = 1i128 << n;
    let (below, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let is_half = 2 * rest == denominator;
    let up = match rounding {
        _ if 2 * rest > denominator => rounding != Rounding::Truncate,
        Rounding::HalfUp => is_half,
        Rounding::HalfEven => is_half && below % 2 != 0,
        Rounding::HalfAway => is_half && numerator > 0,
        Rounding::Truncate => false,
    };
    below + i128::from(up)
}

/// The nearest M0 and n, found without any look at the bits of `value`.
fn nearest(value: f32, bits: u32) -> (i128, i32) {
    // Products of a float64 by powers of two are exact, and 32 bits are left for the half.
    let scaled = |n: i32| f64::from(value) * 2f64.powi(n);
    let (low, high) = (2f64.powi(bits as i32 - 1), 2f64.powi(bits as i32));
    let mut n = 0;
    while scaled(n) >= high {
        n -= 1;
    }
    while scaled(n) < low {
        n += 1;
    }
    let mantissa = (scaled(n) + 0.5).floor();
    if mantissa < high { (mantissa as i128, n) } else { (mantissa as i128 / 2, n - 1) }
}

/// clamp(round(sum · M0 / 2ⁿ) + zero point) for the M0 nearest to `value`.
pub fn byte(sum: i64, value: f32, bits: u32, rounding: Rounding, zero_point: u8) -> u8 {
    let (mantissa, n) = nearest(value, bits);
    let product = i128::from(sum) * mantissa;
    let integer = if n > 0 { rounded(product, n as u32, rounding) } else { product << -n };
    (integer + i128::from(zero_point)).clamp(0, 255) as u8
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_multiplier_is_within_half_a_unit(value in any_value(), bits in 1u32..=31) {
        let found = Multiplier::nearest(value, bits).unwrap();
        prop_assert_eq!((i128::from(found.mantissa), found.shift), nearest(value, bits));
        prop_assert!(found.mantissa >> (bits - 1) == 1, "{:?} has not {} bits", found, bits);
        let distance = f64::from(found.mantissa) - f64::from(value) * 2f64.powi(found.shift);
        prop_assert!(distance.abs() <= 0.5, "{:?}", found);
        prop_assert!(bits < 24 || distance == 0.0, "{:?}", found);
        prop_assert!((-128..=179).contains(&found.shift), "{:?}", found);
    }

    #[test]
    fn products_are_rounded_as_rational_numbers(
        sum in prop_oneof![any::<i32>(), -300i32..300, Just(i32::MIN), Just(i32::MAX)],
        mantissa in prop_oneof![0u32..1 << 31, (0u32..31).prop_map(|bit| 1 << bit), Just((1 << 31) - 1)],
        shift in -64i32..=120,
        rounding in any_rounding(),
        zero_point in any::<u8>(),
    ) {
        let product = i128::from(sum) * i128::from(mantissa);
        let wanted = if shift > 0 { rounded(product, shift as u32, rounding) } else { product << -shift };
        let multiplier = Multiplier { mantissa, shift };
        let clamped = wanted.clamp(i64::MIN.into(), i64::MAX.into());
        prop_assert_eq!(i128::from(multiplier.apply(sum, rounding)), clamped);
        prop_assert_eq!(
            i128::from(multiplier.to_byte(sum, rounding, zero_point)),
            (wanted + i128::from(zero_point)).clamp(0, 255)
        );
    }

    /// Halves of both signs.
    #[test]
    fn halves_are_rounded_as_rational_numbers(half in any::<i16>(), places in 1i32..=30, rounding in any_rounding()) {
        let multiplier = Multiplier { mantissa: 1 << (places - 1), shift: places };
        let wanted = rounded(half.into(), 1, rounding);
        prop_assert_eq!(i128::from(multiplier.apply(half.into(), rounding)), wanted);
    }

    #[test]
    fn sums_wrap_and_saturate_at_their_bits(sum in any::<i32>(), bits in 16u32..=32) {
        let accumulator = |overflow| Accumulator { bits, overflow };
        let (range, half) = (1i64 << bits, 1i64 << (bits - 1));
        let wrapped = (i64::from(sum) + half).rem_euclid(range) - half;
        prop_assert_eq!(i64::from(accumulator(OutOfRange::Wrap).wrap(sum)), wrapped);
        let [low, high] = accumulator(OutOfRange::Saturate).limits();
        prop_assert_eq!([low, high], [-half, half - 1]);
        prop_assert_eq!(i64::from(accumulator(OutOfRange::Saturate).clamp(sum.into())), i64::from(sum).max(low).min(high));
    }
}

#[test]
fn what_is_no_multiplier_is_refused() {
    for value in [-1.0, -f32::MIN_POSITIVE, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(Multiplier::nearest(value, 31), None, "{value}");
    }
    let nothing = Multiplier::nearest(0.0, 31).unwrap();
    assert_eq!(nothing.apply(i32::MIN, Rounding::Truncate), 0);
}

/// Worked by hand: 0.1 as a float32 is 13,421,773 · 2⁻²⁷; 0.75 lies in the middle between 1/2 and 1.
#[test]
fn some_multipliers_are_known() {
    for (value, bits, mantissa, shift) in [
        (0.1, 31, 13_421_773 << 7, 34),
        (0.1, 16, 52_429, 19),
        (0.1, 18, 209_715, 21),
        (0.1, 1, 1, 3),
        (0.75, 1, 1, 0),
        (1.0, 1, 1, 0),
        (3.0, 1, 1, -2),
        (0.999_99, 8, 128, 7),
    ] {
        assert_eq!(Multiplier::nearest(value, bits), Some(Multiplier { mantissa, shift }), "{value} in {bits} bits");
    }
}
