//! Other arithmetics in which a node may have been computed.

use std::sync::Arc;

use crate::integer::{Accumulator, Executor, LeakyRelu, Network, OutOfRange, Profile, Rounding, Sums, Values};

/// The arithmetics, other than the pack's own, in which a node makes exactly these values of its inputs; several may, where
/// they differ on few sums.
pub fn same_as(
    exact: &Network,
    own: Option<&Profile>,
    tensor: &str,
    inputs: &[(String, Values)],
    found: &Values,
) -> Option<String> {
    let exact = exact.alone(tensor);
    let gives = |network: Network, sums: Sums| {
        let mut executor = Executor::new(Arc::new(network));
        inputs.iter().all(|(name, values)| executor.set(name, values)) && executor.gives(tensor, sums, found)
    };
    let mut tried = Vec::new();
    for bits in [31, 24, 18, 16] {
        for (rounding, name) in ROUNDINGS {
            tried.push((profile(bits, rounding), format!("multipliers of {bits} bits, {name}")));
        }
    }
    if own.is_some() && gives(exact.clone(), Sums::Exact) {
        return Some("float32, as ONNX defines it".into());
    }
    if gives(exact.clone(), Sums::Saturating) {
        return Some("pairs of products that saturate in int16, as in ONNX Runtime without VNNI".into());
    }
    let same = tried.into_iter().filter_map(|(profile, name)| {
        let network = exact.on_chip(&profile).ok()?;
        gives(network, Sums::Exact).then_some(name)
    });
    let same: Vec<String> = same.collect();
    (!same.is_empty()).then(|| same.join(", or of "))
}

const ROUNDINGS: [(Rounding, &str); 4] = [
    (Rounding::HalfUp, "rounded half up"),
    (Rounding::Truncate, "truncated"),
    (Rounding::HalfAway, "rounded half away from zero"),
    (Rounding::HalfEven, "rounded half to even"),
];

fn profile(multiplier_bits: u32, rounding: Rounding) -> Profile {
    let accumulator = Accumulator { bits: 32, overflow: OutOfRange::Wrap };
    Profile { name: "tried".into(), multiplier_bits, rounding, leaky_relu: LeakyRelu::Multipliers, accumulator }
}
