//! Exact multipliers: what is proved for every sum, tried sum by sum.

use twinsight::integer::{FactorOf, Multiplier, Network, RequantizedNode, Rescaling, Rounding};

use crate::golden::installed;
use crate::multiplier::any_rounding;
use proptest::prelude::*;
use twinsight::integer::Staircase;

const ROUNDINGS: [Rounding; 4] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::HalfAway, Rounding::Truncate];

fn requantized(model: &str) -> Vec<RequantizedNode> {
    Network::read(&installed(model)).unwrap().requantized()
}

fn convs(nodes: &[RequantizedNode]) -> Vec<&RequantizedNode> {
    nodes.iter().filter(|node| node.reach.is_some()).collect()
}

/// ONNX's formula.
fn float_byte(sum: i32, factor: f32, zero_point: u8) -> u8 {
    ((sum as f32 * factor).round_ties_even() + f32::from(zero_point)).clamp(0.0, 255.0) as u8
}

/// The chip's, half up.
fn chip_byte(sum: i32, Multiplier { mantissa, shift }: Multiplier, zero_point: u8) -> u8 {
    let product = i128::from(sum) * i128::from(mantissa) + (1 << (shift - 1));
    ((product >> shift) + i128::from(zero_point)).clamp(0, 255) as u8
}

/// For each of the 21 convolutions and for 31, 24 and 18 bits: every sum between the clamps, and some beyond.
#[test]
fn every_sum_of_every_layer_agrees_with_the_proof() {
    let nodes = requantized("yolov4-tiny-416_int8_qop.onnx");
    let convs = convs(&nodes);
    assert_eq!(convs.len(), 21);
    let mut exact = [0; 3];
    for (bits, exact) in [31, 24, 18].into_iter().zip(&mut exact) {
        for node in &convs {
            let [Rescaling { of: FactorOf::AllFilters { .. }, factor, stairs }] = &node.factors[..] else {
                panic!("{}: one scale for all weights", node.node)
            };
            let zero_point = node.zero_point;
            let proved = stairs.prove(*factor, bits, Rounding::HalfUp, zero_point).unwrap();
            assert!(proved.multiplier.mantissa < 1 << bits);
            let [first, last] = stairs.between_clamps().map(|end| i32::try_from(end).unwrap());
            assert_eq!([first, last].map(|sum| float_byte(sum, *factor, zero_point)), [0, 255], "{}", node.node);
            let differing = |multiplier| {
                let differs =
                    |sum: &i32| float_byte(*sum, *factor, zero_point) != chip_byte(*sum, multiplier, zero_point);
                (first - 1000..=last + 1000).filter(differs).collect::<Vec<_>>()
            };
            let found = differing(proved.multiplier);
            assert_eq!(proved.differing.count, found.len() as u64, "{} with {bits} bits", node.node);
            assert!(found.starts_with(&proved.differing.first), "{} with {bits} bits", node.node);
            assert_eq!(proved.nearest_differing, differing(proved.nearest).len() as u64, "{}", node.node);
            *exact += u32::from(found.is_empty());
        }
    }
    assert_eq!(exact, [21, 21, 4], "README has these");
}

/// Where none is found with 18 bits, none of the 131,072 is exact.
#[test]
fn where_no_multiplier_is_found_none_exists() {
    let nodes = requantized("yolov4-tiny-416_int8_qop.onnx");
    let mut tried = 0;
    for node in convs(&nodes) {
        let Rescaling { factor, stairs, .. } = &node.factors[0];
        let proved = stairs.prove(*factor, 18, Rounding::HalfUp, node.zero_point).unwrap();
        if proved.differing.count == 0 {
            continue;
        }
        tried += 1;
        // The sums on both sides of each step.
        let steps: Vec<[i32; 2]> =
            (1..=255).map(|byte| stairs.start(byte) as i32).map(|start| [start - 1, start]).collect();
        for mantissa in 1u32 << 17..1 << 18 {
            for shift in [proved.nearest.shift - 1, proved.nearest.shift, proved.nearest.shift + 1] {
                let multiplier = Multiplier { mantissa, shift };
                let is_right = |sum: &i32| {
                    chip_byte(*sum, multiplier, node.zero_point) == float_byte(*sum, *factor, node.zero_point)
                };
                // The steps in the middle are right first.
                assert!(!steps.iter().rev().flatten().all(is_right), "{}: {multiplier:?} is exact", node.node);
            }
        }
    }
    assert_eq!(tried, 17);
}

#[test]
fn leaky_relus_and_concatenations_are_exact_for_every_byte() {
    for model in ["yolov4-tiny-416_int8_qop.onnx", "yolov4-tiny-416_int8_tuned.onnx"] {
        let nodes = requantized(model);
        for node in nodes.iter().filter(|node| node.reach.is_none()) {
            for Rescaling { factor, stairs, of } in &node.factors {
                let proved = stairs.prove(*factor, 31, Rounding::HalfUp, node.zero_point).unwrap();
                assert_eq!(proved.differing.count, 0, "{} {of:?}", node.node);
                let [first, last] = stairs.range().map(|end| end as i32);
                let bytes: Vec<u8> =
                    (first..=last).map(|steps| chip_byte(steps, proved.multiplier, node.zero_point)).collect();
                // The staircase says where each byte begins.
                let of_stairs: Vec<u8> = (first..=last)
                    .map(|sum| (0..=255u8).rev().find(|byte| stairs.start(*byte) <= i64::from(sum)).unwrap())
                    .collect();
                assert_eq!(bytes, of_stairs, "{} {of:?}", node.node);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Small factors and ranges, so that all M0 can be tried.
    #[test]
    fn the_search_finds_an_exact_multiplier_wherever_there_is_one(
        factor in 0.02f32..1.5,
        zero_point: u8,
        bits in 3u32..=9,
        rounding in any_rounding(),
        ends in [-4000i32..0, 0i32..4000],
    ) {
        let stairs = Staircase::of(ends, |sum| float_byte(sum, factor, zero_point));
        let proved = stairs.prove(factor, bits, rounding, zero_point).unwrap();
        let differing = |multiplier: Multiplier| {
            let differs = |sum: &i32| float_byte(*sum, factor, zero_point) != multiplier.to_byte(*sum, rounding, zero_point);
            (ends[0]..=ends[1]).filter(differs).collect::<Vec<_>>()
        };
        let found = differing(proved.multiplier);
        prop_assert_eq!(found.len() as u64, proved.differing.count);
        prop_assert!(found.starts_with(&proved.differing.first));
        prop_assert!(proved.differing.count <= proved.nearest_differing);
        if proved.differing.count > 0 {
            let is_exact = |multiplier: Multiplier| {
                let byte = |sum: i32| multiplier.to_byte(sum, rounding, zero_point);
                // The steps from the middle on, which are passed first.
                (0..=ends[1]).chain(ends[0]..0).all(|sum| float_byte(sum, factor, zero_point) == byte(sum))
            };
            for mantissa in 1..1u32 << bits {
                for shift in 1..=bits as i32 + 7 {
                    prop_assert!(!is_exact(Multiplier { mantissa, shift }), "{mantissa} by {shift}");
                }
            }
        }
    }
}

/// The same for each rounding: a half-even multiplier of 24 bits has no ties that a half-up one could get wrong.
#[test]
fn other_roundings_are_searched_too() {
    let nodes = requantized("yolov4-tiny-416_int8_qop.onnx");
    let exact = ROUNDINGS.map(|rounding| {
        let is_exact = |node: &&&RequantizedNode| {
            let Rescaling { factor, stairs, .. } = &node.factors[0];
            stairs.prove(*factor, 31, rounding, node.zero_point).unwrap().differing.count == 0
        };
        convs(&nodes).iter().filter(is_exact).count()
    });
    // What is truncated is half a step too low everywhere.
    assert_eq!(exact, [21, 21, 21, 0]);
}
