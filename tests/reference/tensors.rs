//! Prints what the integer engine computes for every tensor of an INT8 model; all_tensors.py compares it with ONNX Runtime.
//!
//! ```text
//! cargo run --release --example tensors MODEL.onnx [saturating] < PICTURES
//! ```
//!
//! Standard input: letterboxed pictures, one after another, each `[height, width, 3]` in uint8. For each picture one line
//! of JSON: the CRC-32 of each tensor's bytes, little endian, by the tensor's name. Every kernel of this processor must
//! give the same ones, portable loops excepted: these are tested elsewhere, and take seconds.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a program for developers")]

#[allow(dead_code, reason = "its golden files are for tests")]
#[path = "../support/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use golden::{crc32, crc32_of_floats};
use twinsight::integer::{Kernel, Network, Plan, PlanOptions, Sums, Values};

fn main() {
    let usage = "usage: tensors MODEL.onnx [saturating] < PICTURES";
    let path = std::env::args().nth(1).expect(usage);
    let sums = match std::env::args().nth(2).as_deref() {
        None => Sums::Exact,
        Some("saturating") => Sums::Saturating,
        Some(_) => panic!("{usage}"),
    };
    let network = Arc::new(Network::read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{e}")));
    let kernels = Kernel::ALL.into_iter().filter(|kernel| *kernel != Kernel::Portable && kernel.is_supported());
    let mut plans: Vec<Plan> = kernels
        .map(|kernel| PlanOptions { kernel, threads: 2, keeps: true, sums })
        .map(|options| Plan::new(Arc::clone(&network), options).unwrap_or_else(|e| panic!("{e}")))
        .collect();
    let mut picture = vec![0; network.input().shape.values()];
    while std::io::stdin().read_exact(&mut picture).is_ok() {
        let mut found = plans.iter_mut().map(|plan| {
            plan.run_bytes(&picture).unwrap();
            crcs(plan)
        });
        let first = found.next().expect("a kernel beside the portable one");
        assert!(found.all(|other| other == first), "kernels differ");
        println!("{}", serde_json::to_string(&first).unwrap());
    }
}

/// Of each tensor but the input.
fn crcs(plan: &Plan) -> BTreeMap<String, String> {
    let network = Arc::clone(plan.network());
    let tensors = network.tensors().iter().filter(|tensor| tensor.name != network.input().name);
    let sum = |name: &str| match plan.values(name).expect("all tensors are kept") {
        Values::U8(values) => crc32(&values),
        Values::I8(values) => crc32(&values.iter().map(|value| value.cast_unsigned()).collect::<Vec<_>>()),
        Values::F32(values) => crc32_of_floats(&values),
    };
    tensors.map(|tensor| (tensor.name.clone(), format!("{:08x}", sum(&tensor.name)))).collect()
}
