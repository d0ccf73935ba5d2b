//! INT8 models in the arithmetic of a chip, against plain loops and recorded sums.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sha2::Digest;
use twinsight::integer::{Accumulator, Executor, LeakyRelu, Multiplier, Network, OutOfRange, Profile, Sums};
use twinsight::onnx::{AttributeProto, TensorProto};

use crate::between::between;
use crate::case::{any_case, any_grid, bytes, golden_run};
use crate::golden::{Golden, installed};
use crate::multiplier::{any_rounding, byte};
use crate::support::{Grid, Model};

pub fn any_profile() -> impl Strategy<Value = Profile> {
    let leaky_relu = prop_oneof![
        Just(LeakyRelu::Table),
        Just(LeakyRelu::Multipliers),
        between(0.01..1.0).prop_map(LeakyRelu::Slope)
    ];
    let overflow = prop_oneof![Just(OutOfRange::Wrap), Just(OutOfRange::Saturate)];
    (Multiplier::BITS, any_rounding(), leaky_relu, Accumulator::BITS, overflow).prop_map(
        |(multiplier_bits, rounding, leaky_relu, bits, overflow)| Profile {
            name: "any".into(),
            multiplier_bits,
            rounding,
            leaky_relu,
            accumulator: Accumulator { bits, overflow },
        },
    )
}

fn on_chip(model: &Model, profile: &Profile) -> Executor {
    Executor::new(Network::read(&model.bytes()).unwrap().on_chip(profile).unwrap().into())
}

/// What a register of so many bits keeps of a sum.
pub fn kept(Accumulator { bits, overflow }: Accumulator, sum: i64) -> i64 {
    let half = 1 << (bits - 1);
    match overflow {
        OutOfRange::Wrap => (sum + half).rem_euclid(2 * half) - half,
        OutOfRange::Saturate => sum.max(-half).min(half - 1),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn convolutions_are_those_of_plain_loops(case in any_case(), profile in any_profile()) {
        let input: Vec<f32> = case.input.iter().map(|byte| case.from.dequantize(*byte)).collect();
        let store = |sum| kept(profile.accumulator, sum);
        let sums = case.conv.sums_in(&case.input, case.size, case.from.zero_point, store);
        let places = sums.len() / case.conv.dims[0];
        let of = |(at, sum): (usize, &i64)| {
            byte(*sum, case.multiplier(at / places), profile.multiplier_bits, profile.rounding, case.to.zero_point)
        };
        let wanted: Vec<u8> = sums.iter().enumerate().map(of).collect();
        let mut executor = on_chip(&case.model(), &profile);
        // A chip has its own sums.
        for asked in [Sums::Exact, Sums::Saturating] {
            executor.run(&input, asked).unwrap();
            prop_assert_eq!(bytes(&executor, "q"), case.input.clone());
            prop_assert_eq!(bytes(&executor, "y"), wanted.clone());
        }
    }

    /// Of all 256 bytes.
    #[test]
    fn leaky_relus_and_concatenations_have_the_multipliers_of_the_chip(
        from in any_grid(),
        mut to in any_grid(),
        alpha in between(0.0..1.0),
        profile in any_profile(),
    ) {
        to.signed = from.signed;
        let model = leaky(from, to, alpha);
        let every: Vec<u8> = (0..=255).collect();
        let given: Vec<f32> = every.iter().map(|byte| from.dequantize(*byte)).collect();
        let mut plain = Executor::new(Network::read(&model.bytes()).unwrap().into());
        plain.run(&given, Sums::Exact).unwrap();
        let mut chip = on_chip(&model, &profile);
        chip.run(&given, Sums::Exact).unwrap();
        let slope = match profile.leaky_relu {
            LeakyRelu::Table => {
                prop_assert_eq!(bytes(&chip, "y"), bytes(&plain, "y"));
                prop_assert_eq!(bytes(&chip, "z"), bytes(&plain, "z"));
                return Ok(());
            }
            LeakyRelu::Multipliers => alpha,
            LeakyRelu::Slope(slope) => slope,
        };
        let of = |q: u8, slope: f32| {
            let steps = i64::from(q) - i64::from(from.zero_point);
            let ratio = from.scale / to.scale;
            let value = if steps < 0 { slope * ratio } else { ratio };
            if value == 0.0 { return to.zero_point }
            byte(steps, value, profile.multiplier_bits, profile.rounding, to.zero_point)
        };
        prop_assert_eq!(bytes(&chip, "y"), every.iter().map(|q| of(*q, slope)).collect::<Vec<_>>());
        prop_assert_eq!(bytes(&chip, "z"), every.iter().map(|q| of(*q, 1.0)).collect::<Vec<_>>());
    }

    /// Nothing of the first chip is left on the second.
    #[test]
    fn a_network_moves_from_chip_to_chip(case in any_case(), [first, second] in [any_profile(), any_profile()]) {
        let input: Vec<f32> = case.input.iter().map(|byte| case.from.dequantize(*byte)).collect();
        let network = Network::read(&case.model().bytes()).unwrap();
        let [moved, direct] = [network.on_chip(&first).unwrap(), network].map(|network| {
            let mut executor = Executor::new(network.on_chip(&second).unwrap().into());
            executor.run(&input, Sums::Exact).unwrap();
            bytes(&executor, "y")
        });
        prop_assert_eq!(moved, direct);
    }
}

/// `q` on `from`, through a leaky ReLU to `y` and through a concatenation to `z`, both on `to`.
fn leaky(from: Grid, to: Grid, alpha: f32) -> Model {
    let mut model = Model::quantized([1, 16, 16], from);
    model.grid("y", to);
    model.node("QLinearLeakyRelu", &["q+", "+y"], &["y"], vec![AttributeProto::float("alpha", alpha)]);
    model.node("QLinearConcat", &["+y", "q+"], &["z"], vec![AttributeProto::int("axis", 1)]);
    model.output("y");
    model
}

#[test]
fn what_a_chip_cannot_multiply_by_is_refused_with_its_node() {
    let grid = Grid { scale: 0.5, zero_point: 3, signed: false };
    let profile = Profile::find("m18").unwrap();
    let refused = |model: &Model| {
        let network = Network::read(&model.bytes()).unwrap();
        network.on_chip(&profile).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for alpha in [-0.1, f32::NAN, f32::INFINITY] {
        let message = refused(&leaky(grid, grid, alpha));
        let start = "the hardware profile m18 cannot run the node QLinearLeakyRelu_1: a chip cannot multiply by";
        assert!(message.starts_with(start) && message.ends_with("quantize the model again"), "{message}");
    }
    let far = |scale| Grid { scale, ..grid };
    assert!(refused(&leaky(far(f32::MAX), far(f32::MIN_POSITIVE), 0.1)).contains("by inf"));
    // So small that it is 0, which every chip can multiply by.
    assert_eq!(refused(&leaky(far(f32::MIN_POSITIVE), far(f32::MAX), 0.1)), "");

    let mut model = Model::quantized([1, 1, 1], grid);
    model.grid("y", grid);
    model.constant(TensorProto::i8("w", &[1, 1, 1, 1], &[1]));
    model.constant(TensorProto::f32("w_scale", &[], &[-0.25]));
    model.constant(TensorProto::i8("w_zero_point", &[], &[0]));
    model.node("QLinearConv", &["q+", "w+", "+y"], &["y"], Vec::new());
    model.output("y");
    let message = refused(&model);
    assert!(message.contains("QLinearConv_1: a chip cannot multiply by -0.25"), "{message}");
}

/// tests/reference/profiles.py: the same in NumPy, with multipliers found as rational numbers.
fn gives_the_bytes_of_the_reference(profile: &str) {
    let goldens = recorded(profile);
    let profile = Profile::find(profile).unwrap();
    for golden in goldens {
        golden_run(&golden, Network::read(&golden.model).unwrap().on_chip(&profile).unwrap(), Sums::Exact);
    }
}

pub fn recorded(profile: &str) -> Vec<Golden> {
    #[derive(serde::Deserialize)]
    struct Recorded {
        sha256: String,
        tensors: BTreeMap<String, String>,
    }
    let text = include_str!("../data/integer_profiles.json");
    let mut recorded: BTreeMap<String, BTreeMap<String, Recorded>> = serde_json::from_str(text).unwrap();
    assert_eq!(recorded.keys().map(String::as_str).collect::<Vec<_>>(), ["m16", "m18", "power-of-two", "zynq-m31"]);
    let models = recorded.remove(profile).unwrap();
    assert_eq!(models.len(), 2);
    let golden = |(file, Recorded { sha256, tensors }): (String, Recorded)| {
        let model = installed(&file);
        let sum: String = sha2::Sha256::digest(&model).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sum, sha256, "{file} is not the model that the sums were recorded of; run make setup");
        let tensors = tensors.into_iter().map(|(name, crc)| (name, u32::from_str_radix(&crc, 16).unwrap())).collect();
        Golden { file, model, tensors }
    };
    models.into_iter().map(golden).collect()
}

// One test for each, so that they run side by side.

#[test]
fn zynq_m31_gives_the_bytes_of_the_reference() {
    gives_the_bytes_of_the_reference("zynq-m31");
}

#[test]
fn m18_gives_the_bytes_of_the_reference() {
    gives_the_bytes_of_the_reference("m18");
}

#[test]
fn m16_gives_the_bytes_of_the_reference() {
    gives_the_bytes_of_the_reference("m16");
}

#[test]
fn power_of_two_gives_the_bytes_of_the_reference() {
    gives_the_bytes_of_the_reference("power-of-two");
}
