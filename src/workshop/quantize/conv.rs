//! A convolution in whole numbers.

use crate::onnx::weights_overflow;
use crate::workshop::graph::FoldedConv;
use crate::workshop::recipe::WeightScales;

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
    pub fn new(folded: &FoldedConv, input_scale: f32, granularity: WeightScales) -> Self {
        let filters = folded.biases.len();
        let per_group = match granularity {
            WeightScales::Tensor => folded.weights.len(),
            WeightScales::Channel | WeightScales::NoOverflow => folded.weights.len() / filters.max(1),
        };
        let biases_per_group = match granularity {
            WeightScales::Tensor => filters,
            WeightScales::Channel | WeightScales::NoOverflow => 1,
        };
        let mut numbers = Self { scales: Vec::new(), weights: Vec::new(), biases: Vec::new() };
        let groups = folded.weights.chunks(per_group.max(1)).zip(folded.biases.chunks(biases_per_group.max(1)));
        for (weights, biases) in groups {
            let mut scale = weight_scale(weights, biases, input_scale);
            if granularity == WeightScales::NoOverflow {
                scale = without_overflow(weights, folded.input_channels as usize, scale);
            }
            // Float32, as the runtime multiplies.
            let unit = f64::from(input_scale * scale);
            numbers.scales.push(scale);
            numbers.weights.extend(rounded(weights, scale));
            numbers.biases.extend(biases.iter().map(|b| (f64::from(*b) / unit).round_ties_even() as i32));
        }
        numbers
    }
}

fn rounded(weights: &[f32], scale: f32) -> impl Iterator<Item = i8> {
    weights.iter().map(move |w| (w / scale).round_ties_even() as i8)
}

/// The least scale from this one on, to a part in 4096, with which no two neighbouring weights of a filter can overflow
/// 16 bits. A larger scale makes no weight larger, so that the scales that overflow all lie below those that do not; at
/// twice the scale no weight is over 64, and none overflows.
fn without_overflow(filter: &[f32], channels: usize, scale: f32) -> f32 {
    let mut weights = Vec::with_capacity(filter.len());
    let mut overflows = |scale: f32| {
        weights.clear();
        weights.extend(rounded(filter, scale));
        weights_overflow(&weights, channels)
    };
    if !overflows(scale) {
        return scale;
    }
    let (mut bad, mut good) = (scale, scale * 2.0);
    while good - bad > scale / 4096.0 {
        let middle = (bad + good) / 2.0;
        if overflows(middle) { bad = middle } else { good = middle }
    }
    good
}

fn weight_scale(weights: &[f32], biases: &[f32], input_scale: f32) -> f32 {
    let largest = |values: &[f32]| values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let scale = f64::from(largest(weights)) / 127.0;
    let mut scale = if scale < f64::from(f32::MIN_POSITIVE) { 1.0 } else { scale as f32 };
    // Small weights after a small input scale would push a bias over int32: coarser weights then.
    let needed = 1.0001 * f64::from(largest(biases)) / f64::from(i32::MAX);
    let unit = f64::from(input_scale) * f64::from(scale);
    if unit > 0.0 && unit < needed {
        scale = (f64::from(scale) * needed / unit) as f32;
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(weights: &[f32], biases: &[f32]) -> FoldedConv {
        let (filters, input_channels) = (biases.len() as u32, (weights.len() / biases.len()) as u32);
        let (weights, biases) = (weights.to_vec(), biases.to_vec());
        FoldedConv { input_channels, filters, size: 1, stride: 1, padding: [0; 4], weights, biases }
    }

    #[test]
    fn weights_are_rounded_to_even_and_biases_to_units() {
        let conv = conv(&[127.0, -127.0, 0.5, 1.5, -2.5], &[10.0]);
        for granularity in [WeightScales::Tensor, WeightScales::Channel] {
            let numbers = QuantizedConv::new(&conv, 0.5, granularity);
            assert_eq!(
                (numbers.scales.as_slice(), numbers.weights.as_slice()),
                ([1.0].as_slice(), [127, -127, 0, 2, -2].as_slice())
            );
            assert_eq!(numbers.biases, [20]);
        }
    }

    #[test]
    fn weights_that_are_all_0_have_the_scale_1() {
        assert_eq!(QuantizedConv::new(&conv(&[0.0; 3], &[0.0]), 0.5, WeightScales::Tensor).scales, [1.0]);
    }

    #[test]
    fn each_filter_has_its_own_scale_where_that_is_asked() {
        let conv = conv(&[254.0, 2.0, 1.27, 0.01], &[4.0, 4.0]);
        let whole = QuantizedConv::new(&conv, 0.5, WeightScales::Tensor);
        assert_eq!((whole.scales, whole.weights, whole.biases), (vec![2.0], vec![127, 1, 1, 0], vec![4, 4]));
        let each = QuantizedConv::new(&conv, 0.5, WeightScales::Channel);
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
                let plain = QuantizedConv::new(&folded, 0.5, WeightScales::Channel);
                let safe = QuantizedConv::new(&folded, 0.5, WeightScales::NoOverflow);
                for (filter, weights) in values.chunks(channels * taps).enumerate() {
                    let at = filter * channels * taps;
                    assert!(!weights_overflow(&safe.weights[at..at + channels * taps], channels));
                    let (scale, least) = (safe.scales[filter], plain.scales[filter]);
                    assert!((least..=2.0 * least).contains(&scale));
                    let finer: Vec<i8> = rounded(weights, scale - least / 2000.0).collect();
                    assert!(scale == least || weights_overflow(&finer, channels), "{scale} is not the least");
                }
            }
        }
        // A pair of opposite signs does not add up.
        assert_eq!(QuantizedConv::new(&conv(&[127.0, -127.0], &[0.0]), 0.5, WeightScales::NoOverflow).scales, [1.0]);
        let pair = QuantizedConv::new(&conv(&[127.0, 127.0], &[0.0]), 0.5, WeightScales::NoOverflow);
        assert_eq!(pair.weights, [64, 64]);
    }

    #[test]
    fn weights_get_coarser_before_a_bias_leaves_int32() {
        let numbers = QuantizedConv::new(&conv(&[1e-6, -1e-6], &[1000.0]), 1e-4, WeightScales::Tensor);
        let meant = f64::from(numbers.biases[0]) * f64::from(numbers.scales[0]) * 1e-4;
        assert!(numbers.biases[0] < i32::MAX && (meant - 1000.0).abs() < 1e-3, "{numbers:?}");
    }
}
