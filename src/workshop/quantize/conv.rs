//! A convolution in whole numbers.

use crate::onnx::weights_overflow;
use crate::workshop::calibration::power_of_two_from;
use crate::workshop::graph::FoldedConv;
use crate::workshop::recipe::{Recipe, Scales, WeightScales};

/// What a recipe asks of a convolution's numbers.
#[derive(Clone, Copy, Debug)]
pub struct ConvNumbers {
    pub weights: WeightScales,
    pub scales: Scales,
    /// From 2 to 8.
    pub weight_bits: u32,
    /// From 8 to 32.
    pub bias_bits: u32,
}

impl ConvNumbers {
    pub fn of(recipe: &Recipe) -> Self {
        let Recipe { weights, scales, weight_bits, bias_bits, .. } = *recipe;
        Self { weights, scales, weight_bits, bias_bits }
    }

    /// The largest weight.
    fn most(self) -> i8 {
        i8::MAX >> (8 - self.weight_bits)
    }
}

/// Weights as int8, symmetric, ±127 for the largest; biases as int32.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedConv {
    /// One for all weights, or one a filter.
    pub scales: Vec<f32>,
    pub weights: Vec<i8>,
    /// In units of the input's scale times the weights' scale.
    pub biases: Vec<i32>,
}

impl QuantizedConv {
    pub fn new(folded: &FoldedConv, input_scale: f32, numbers: ConvNumbers) -> Self {
        let filters = folded.biases.len();
        let groups = if numbers.weights.is_per_filter() { filters.max(1) } else { 1 };
        let (per_group, biases_per_group) = (folded.weights.len() / groups, filters / groups);
        let (mut scales, mut rounded, mut biases_in_units) = (Vec::new(), Vec::new(), Vec::new());
        let groups = folded.weights.chunks(per_group.max(1)).zip(folded.biases.chunks(biases_per_group.max(1)));
        for (weights, biases) in groups {
            let mut scale = weight_scale(weights, biases, input_scale, numbers);
            if numbers.weights == WeightScales::NoOverflow {
                scale = without_overflow(weights, folded.input_channels as usize, scale, numbers);
            }
            // Float32, as the runtime multiplies.
            let unit = f64::from(input_scale * scale);
            scales.push(scale);
            rounded.extend(round(weights, scale, numbers.most()));
            biases_in_units.extend(biases.iter().map(|b| f64::from(*b) / unit));
        }
        Self { scales, weights: rounded, biases: round_biases(&biases_in_units, numbers.bias_bits) }
    }
}

fn round(weights: &[f32], scale: f32, most: i8) -> impl Iterator<Item = i8> {
    weights.iter().map(move |w| ((w / scale).round_ties_even() as i8).clamp(-most, most))
}

/// Biases of so many bits, shifted left by as few places as all of a layer together need.
fn round_biases(biases: &[f64], bits: u32) -> Vec<i32> {
    let most = 2f64.powi(bits as i32 - 1) - 1.0;
    let shifted = |shift: u32| biases.iter().map(move |bias| (bias / 2f64.powi(shift as i32)).round_ties_even());
    // With 32 bits none is shifted: scales are such that they fit.
    let shift = (0..32 - bits).find(|shift| shifted(*shift).all(|bias| bias.abs() <= most)).unwrap_or(32 - bits);
    shifted(shift).map(|bias| (bias.clamp(-most, most) as i32) << shift).collect()
}

/// The least scale from this one on, to a part in 4096, with which no two neighbouring weights of a filter can overflow
/// 16 bits. A larger scale makes no weight larger, so that the scales that overflow all lie below those that do not; at
/// twice the scale no weight is over 64, and none overflows.
fn without_overflow(filter: &[f32], channels: usize, scale: f32, numbers: ConvNumbers) -> f32 {
    let mut weights = Vec::with_capacity(filter.len());
    let mut overflows = |scale: f32| {
        weights.clear();
        weights.extend(round(filter, scale, numbers.most()));
        weights_overflow(&weights, channels)
    };
    if !overflows(scale) {
        return scale;
    }
    let (mut bad, mut good) = (scale, scale * 2.0);
    if numbers.scales == Scales::PowerOfTwo {
        // The least squared error may have cut weights off, and those of the next scale are then not half as large.
        while overflows(good) {
            good *= 2.0;
        }
        return good;
    }
    while good - bad > scale / 4096.0 {
        let middle = (bad + good) / 2.0;
        if overflows(middle) { bad = middle } else { good = middle }
    }
    good
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0f32, |most, v| most.max(v.abs()))
}

fn weight_scale(weights: &[f32], biases: &[f32], input_scale: f32, numbers: ConvNumbers) -> f32 {
    let scale = f64::from(largest(weights)) / f64::from(numbers.most());
    let mut scale = match numbers.scales {
        _ if scale < f64::from(f32::MIN_POSITIVE) => 1.0,
        Scales::Float => scale as f32,
        Scales::PowerOfTwo => best_power(weights, power_of_two_from(scale), numbers.most()),
    };
    // Small weights after a small input scale would push a bias over int32: coarser weights then.
    let needed = 1.0001 * f64::from(largest(biases)) / f64::from(i32::MAX);
    let unit = f64::from(input_scale) * f64::from(scale);
    if unit > 0.0 && unit < needed {
        let coarser = f64::from(scale) * needed / unit;
        scale = if numbers.scales == Scales::PowerOfTwo { power_of_two_from(coarser) } else { coarser } as f32;
    }
    scale
}

/// The scale of the least squared error, among the one that covers all weights and two that cut the largest off; of two
/// that are as good, the larger.
fn best_power(weights: &[f32], covering: f64, most: i8) -> f32 {
    let error = |scale: f32| -> f64 {
        let of = |(weight, rounded): (&f32, i8)| (f64::from(*weight) - f64::from(rounded) * f64::from(scale)).powi(2);
        weights.iter().zip(round(weights, scale, most)).map(of).sum()
    };
    let mut best = (f64::INFINITY, covering as f32);
    for scale in [covering, covering / 2.0, covering / 4.0].map(|scale| scale as f32) {
        let error = error(scale);
        if error < best.0 {
            best = (error, scale);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weights: WeightScales) -> ConvNumbers {
        ConvNumbers { weights, scales: Scales::Float, weight_bits: 8, bias_bits: 32 }
    }

    fn conv(weights: &[f32], biases: &[f32]) -> FoldedConv {
        let (filters, input_channels) = (biases.len() as u32, (weights.len() / biases.len()) as u32);
        let (weights, biases) = (weights.to_vec(), biases.to_vec());
        FoldedConv { input_channels, filters, size: 1, stride: 1, padding: [0; 4], weights, biases }
    }

    #[test]
    fn weights_are_rounded_to_even_and_biases_to_units() {
        let conv = conv(&[127.0, -127.0, 0.5, 1.5, -2.5], &[10.0]);
        for granularity in [WeightScales::Tensor, WeightScales::Channel] {
            let numbers = QuantizedConv::new(&conv, 0.5, of(granularity));
            assert_eq!(
                (numbers.scales.as_slice(), numbers.weights.as_slice()),
                ([1.0].as_slice(), [127, -127, 0, 2, -2].as_slice())
            );
            assert_eq!(numbers.biases, [20]);
        }
    }

    #[test]
    fn weights_that_are_all_0_have_the_scale_1() {
        assert_eq!(QuantizedConv::new(&conv(&[0.0; 3], &[0.0]), 0.5, of(WeightScales::Tensor)).scales, [1.0]);
    }

    #[test]
    fn each_filter_has_its_own_scale_where_that_is_asked() {
        let conv = conv(&[254.0, 2.0, 1.27, 0.01], &[4.0, 4.0]);
        let whole = QuantizedConv::new(&conv, 0.5, of(WeightScales::Tensor));
        assert_eq!((whole.scales, whole.weights, whole.biases), (vec![2.0], vec![127, 1, 1, 0], vec![4, 4]));
        let each = QuantizedConv::new(&conv, 0.5, of(WeightScales::Channel));
        assert_eq!((each.scales, each.weights, each.biases), (vec![2.0, 0.01], vec![127, 1, 127, 1], vec![4, 800]));
    }

    #[test]
    fn weights_are_scaled_just_so_far_that_no_pair_overflows() {
        let mut draw = 1u32;
        let mut weight = || {
            draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (draw >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        for taps in [1, 9] {
            for channels in [3, 8] {
                let values: Vec<f32> = (0..2 * channels * taps).map(|_| weight()).collect();
                let mut folded = conv(&values, &[0.0, 0.0]);
                folded.input_channels = channels as u32;
                let plain = QuantizedConv::new(&folded, 0.5, of(WeightScales::Channel));
                let safe = QuantizedConv::new(&folded, 0.5, of(WeightScales::NoOverflow));
                for (filter, weights) in values.chunks(channels * taps).enumerate() {
                    let at = filter * channels * taps;
                    assert!(!weights_overflow(&safe.weights[at..at + channels * taps], channels));
                    let (scale, least) = (safe.scales[filter], plain.scales[filter]);
                    assert!((least..=2.0 * least).contains(&scale));
                    let finer: Vec<i8> = round(weights, scale - least / 2000.0, 127).collect();
                    assert!(scale == least || weights_overflow(&finer, channels), "{scale} is not the least");
                }
            }
        }
        // A pair of opposite signs does not add up.
        assert_eq!(
            QuantizedConv::new(&conv(&[127.0, -127.0], &[0.0]), 0.5, of(WeightScales::NoOverflow)).scales,
            [1.0]
        );
        let pair = QuantizedConv::new(&conv(&[127.0, 127.0], &[0.0]), 0.5, of(WeightScales::NoOverflow));
        assert_eq!(pair.weights, [64, 64]);
    }

    #[test]
    fn weights_get_coarser_before_a_bias_leaves_int32() {
        let numbers = QuantizedConv::new(&conv(&[1e-6, -1e-6], &[1000.0]), 1e-4, of(WeightScales::Tensor));
        let meant = f64::from(numbers.biases[0]) * f64::from(numbers.scales[0]) * 1e-4;
        assert!(numbers.biases[0] < i32::MAX && (meant - 1000.0).abs() < 1e-3, "{numbers:?}");
    }

    #[test]
    fn fewer_bits_give_smaller_weights() {
        let conv = conv(&[127.0, -127.0, 64.0, 1.0, -2.5], &[10.0]);
        for (weight_bits, wanted) in [(8, [127, -127, 64, 1, -2]), (7, [63, -63, 32, 0, -1]), (2, [1, -1, 1, 0, 0])] {
            let numbers = ConvNumbers { weight_bits, ..of(WeightScales::Tensor) };
            assert_eq!(QuantizedConv::new(&conv, 1.0, numbers).weights, wanted, "{weight_bits} bits");
        }
    }

    #[test]
    fn biases_of_few_bits_are_shifted_together() {
        let biases = [100_000.0, -3.0, 70.0, 0.5];
        let bits = |bits| round_biases(&biases, bits);
        assert_eq!(bits(32), [100_000, -3, 70, 0]);
        assert_eq!(bits(18), bits(32), "they fit");
        // 100,000 / 4 = 25,000 fits 16 bits, and 50,000 does not.
        assert_eq!(bits(16), [100_000, -4, 72, 0]);
        assert_eq!(bits(8), [100_352, 0, 0, 0]);
        assert_eq!(round_biases(&[127.4, -127.4], 8), [127, -127]);
        assert_eq!(round_biases(&[127.6, -127.4], 8), [128, -128]);
        assert_eq!(round_biases(&[2_147_000_000.0], 8), [127 << 24]);
    }

    #[test]
    fn scales_are_powers_of_two_of_the_least_squared_error() {
        let powers = |weights| ConvNumbers { scales: Scales::PowerOfTwo, ..of(weights) };
        // One large weight among small ones is cut off.
        let mut weights = vec![0.9; 1000];
        weights.push(130.0);
        let numbers = QuantizedConv::new(&conv(&weights, &[0.0]), 0.5, powers(WeightScales::Tensor));
        assert_eq!((numbers.scales.as_slice(), numbers.weights[1000]), ([1.0].as_slice(), 127));
        let each =
            QuantizedConv::new(&conv(&[254.0, 2.0, 1.27, 0.01], &[4.0, 4.0]), 0.5, powers(WeightScales::Channel));
        assert_eq!((each.scales, each.weights), (vec![2.0, 0.015625], vec![127, 1, 81, 1]));
        let safe = QuantizedConv::new(&conv(&[127.0, 127.0], &[0.0]), 0.5, powers(WeightScales::NoOverflow));
        assert_eq!((safe.scales, safe.weights), (vec![2.0], vec![64, 64]));
        // A bias that would leave int32 asks for a coarser power.
        let coarse = QuantizedConv::new(&conv(&[1e-6], &[1000.0]), 2f32.powi(-13), powers(WeightScales::Tensor));
        assert_eq!(coarse.scales[0].log2().fract(), 0.0);
        let meant = f64::from(coarse.biases[0]) * f64::from(coarse.scales[0]) / 8192.0;
        assert!((meant - 1000.0).abs() < 1e-3, "{coarse:?}");
    }
}
