//! How fast the integer engine's kernels multiply, against what this processor's instructions allow.
//!
//! ```text
//! cargo run --release --example kernels [MILLISECONDS]
//! ```
//!
//! One thread. Limits: each kernel's instructions in a loop of registers alone. Layers: convolutions of YOLOv4-tiny's
//! shapes with made-up weights, from bytes to bytes, requantization with them. The best of as many runs as fit into the
//! time given for each (250), which other programs disturb least.

#![allow(clippy::expect_used, reason = "a program for developers")]

#[allow(dead_code, reason = "its plain loops are for tests")]
#[path = "../integer/support.rs"]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{Grid, Model};
use twinsight::integer::{Accumulator, Kernel, Network, OutOfRange, Plan, PlanOptions, Profile, Sums};
use twinsight::onnx::{AttributeProto, TensorProto};

/// Side of the output, channels, filters, side of the window.
const LAYERS: [[usize; 4]; 8] = [
    [208, 3, 32, 3],
    [104, 32, 64, 3],
    [104, 64, 64, 1],
    [52, 64, 64, 3],
    [26, 128, 128, 3],
    [13, 512, 512, 3],
    [13, 512, 256, 1],
    [26, 384, 256, 3],
];

/// A way to add products.
struct Way {
    name: &'static str,
    sums: Sums,
    accumulator: Option<Accumulator>,
}

fn main() {
    let time = std::env::args().nth(1).map_or(250, |text| text.parse().expect("a number of milliseconds"));
    let time = Duration::from_millis(time);
    let chip = |bits, overflow| Some(Accumulator { bits, overflow });
    let ways = [
        Way { name: "exact", sums: Sums::Exact, accumulator: None },
        Way { name: "saturating", sums: Sums::Saturating, accumulator: None },
        Way { name: "32 bits that wrap", sums: Sums::Exact, accumulator: chip(32, OutOfRange::Wrap) },
        Way { name: "20 bits that saturate", sums: Sums::Exact, accumulator: chip(20, OutOfRange::Saturate) },
        Way { name: "16 bits that saturate", sums: Sums::Exact, accumulator: chip(16, OutOfRange::Saturate) },
    ];
    println!("10⁹ products a second and thread");
    limits::print();
    print!("\n{:<36}", "output × channels × filters × window");
    LAYERS.iter().for_each(|layer| print!("{:>14}", layer.map(|side| side.to_string()).join("×")));
    println!();
    let networks: Vec<(Network, u64)> = LAYERS.iter().map(network).collect();
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_supported()) {
        for Way { name, sums, accumulator } in &ways {
            print!("{:<36}", format!("{kernel}, {name}"));
            for (network, products) in &networks {
                let network = match accumulator {
                    Some(accumulator) => {
                        let profile = Profile::find("m18").expect("a built-in profile");
                        network.on_chip(&Profile { accumulator: *accumulator, ..profile }).expect("its multipliers fit")
                    }
                    None => network.clone(),
                };
                let options = PlanOptions { kernel, sums: *sums, threads: 1, keeps: false };
                let best = best(network, options, time);
                print!("{:>14.1}", *products as f64 / best.as_secs_f64() / 1e9);
            }
            println!();
        }
    }
}

/// A convolution, and how many products it takes.
fn network([side, channels, filters, window]: &[usize; 4]) -> (Network, u64) {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The sum of some bits: weights near 0 are the most frequent ones.
        ((state >> 8).count_ones() as i8 - 12) * 8 + ((state >> 28) as i8 - 8)
    };
    let grid = Grid { scale: 1.0 / 255.0, zero_point: 20, signed: false };
    let mut model = Model::quantized([*channels, *side, *side], grid);
    model.grid("y", Grid { scale: 0.05, zero_point: 120, signed: false });
    let depth = channels * window * window;
    let weights: Vec<i8> = (0..depth * filters).map(|_| next()).collect();
    model.constant(TensorProto::i8("w", &[*filters, *channels, *window, *window].map(|n| n as i64), &weights));
    model.constant(TensorProto::f32("w_scale", &[], &[0.01]));
    model.constant(TensorProto::i8("w_zero_point", &[], &[0]));
    let attributes = vec![AttributeProto::ints("pads", &[*window as u32 / 2; 4])];
    model.node("QLinearConv", &["q+", "w+", "+y"], &["y"], attributes);
    model.output("y");
    let network = Network::read(&model.bytes()).expect("a model of one layer");
    (network, (side * side * depth * filters) as u64)
}

fn best(network: Network, options: PlanOptions, time: Duration) -> Duration {
    let picture: Vec<u8> = (0..network.input().shape.values()).map(|at| ((at / 7) ^ (at / 1248)) as u8).collect();
    let mut plan = Plan::new(Arc::new(network), options).expect("a kernel that this processor has");
    let (start, mut best) = (Instant::now(), Duration::MAX);
    while best == Duration::MAX || start.elapsed() < time {
        let run = Instant::now();
        plan.run_bytes(&picture).expect("a picture of the model's size");
        best = best.min(run.elapsed());
    }
    best
}

#[cfg(not(target_arch = "x86_64"))]
mod limits {
    pub fn print() {}
}

/// What the instructions of the kernels allow.
#[cfg(target_arch = "x86_64")]
mod limits {
    use std::arch::asm;
    use std::time::Instant;

    use twinsight::integer::Kernel;

    /// Rounds of a loop.
    const ROUNDS: u64 = 2_000_000;
    /// Of instructions in a round, each with its own sums.
    const CHAINS: u64 = 12;

    /// Runs some instructions that often; `\s` in them is the number of a register of sums.
    macro_rules! round {
        ($($line:literal)*) => {
            // SAFETY: only registers are used, which the compiler keeps elsewhere; the caller has asked whether the
            // processor has the instructions.
            unsafe {
                asm!(
                    "2:",
                    ".irp s,0,1,2,3,4,5,6,7,8,9,10,11",
                    $($line,)*
                    ".endr",
                    "dec {rounds}",
                    "jnz 2b",
                    rounds = inout(reg) ROUNDS => _,
                    out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                    out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _, out("xmm12") _,
                    out("xmm13") _, out("xmm14") _, out("xmm15") _,
                    options(nomem, nostack)
                );
            }
        };
    }

    pub fn print() {
        let limit = |name: &str, products: u64, run: &dyn Fn()| {
            let best = (0..5).map(|_| {
                let start = Instant::now();
                run();
                start.elapsed()
            });
            let best = best.min().unwrap_or_default().as_secs_f64();
            println!("{name:<60}{:>8.1}", (ROUNDS * CHAINS * products) as f64 / best / 1e9);
        };
        if Kernel::Avx2.is_supported() {
            limit("vpmaddwd, vpaddd", 16, &|| {
                round!("vpmaddwd ymm12, ymm13, ymm14" "vpaddd ymm\\s, ymm\\s, ymm12");
            });
            limit("vpmaddubsw, vpmaddwd, vpaddd", 32, &|| {
                round!("vpmaddubsw ymm12, ymm13, ymm14" "vpmaddwd ymm12, ymm12, ymm15" "vpaddd ymm\\s, ymm\\s, ymm12");
            });
            limit("vpmaddwd, vpaddd, vpmaxsd, vpminsd: one product a sum", 8, &|| {
                round!("vpmaddwd ymm12, ymm13, ymm14" "vpaddd ymm\\s, ymm\\s, ymm12" "vpmaxsd ymm\\s, ymm\\s, ymm13" "vpminsd ymm\\s, ymm\\s, ymm14");
            });
        }
        if Kernel::Avx512Vnni.is_supported() {
            limit("vpdpbusd, 512 bits", 64, &|| {
                round!("vpdpbusd zmm\\s, zmm13, zmm14");
            });
            limit("vpmaddubsw, vpdpwssd, 512 bits", 64, &|| {
                round!("vpmaddubsw zmm12, zmm13, zmm14" "vpdpwssd zmm\\s, zmm12, zmm15");
            });
            limit("vpdpwssds, 512 bits: one product a sum", 16, &|| {
                round!("vpdpwssds zmm\\s, zmm13, zmm14");
            });
        }
    }
}
