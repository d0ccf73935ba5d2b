//! Networks made ready for this processor: on every kernel that it has, the bytes of plain loops, of the executor, and
//! of recorded sums.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use twinsight::integer::{Executor, IntegerError, Kernel, Network, Plan, PlanOptions, Profile, Sums, Values};
use twinsight::onnx::{AttributeProto, TensorProto};

use crate::between::between;
use crate::case::{any_byte, any_case, any_grid, any_weight};
use crate::chip::{any_profile, kept, recorded};
use crate::golden::{Golden, crc32, crc32_of_floats, picture};
use crate::multiplier::byte;
use crate::support::{Grid, Model};

fn kernels() -> impl Iterator<Item = Kernel> {
    Kernel::ALL.into_iter().filter(|kernel| kernel.is_supported())
}

fn plan(network: &Arc<Network>, options: PlanOptions) -> Plan {
    Plan::new(Arc::clone(network), options).unwrap_or_else(|e| panic!("{e}"))
}

/// A tensor's bytes; those of int8 lifted by 128.
fn bytes(plan: &Plan, tensor: &str) -> Vec<u8> {
    match plan.values(tensor).unwrap() {
        Values::U8(values) => values,
        Values::I8(values) => values.iter().map(|value| value.cast_unsigned() ^ 128).collect(),
        Values::F32(_) => panic!("{tensor} is float"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Biases may be so large that sums wrap around.
    #[test]
    fn convolutions_are_those_of_plain_loops(
        mut case in any_case(),
        profile in any_profile(),
        biases in vec(prop_oneof![-9i32..9, any::<i32>(), Just(i32::MAX), Just(i32::MIN)], 9),
        is_extreme in any::<bool>(),
    ) {
        if is_extreme {
            case.conv.biases.iter_mut().zip(biases).for_each(|(bias, other)| *bias = other);
        }
        let input: Vec<f32> = case.input.iter().map(|byte| case.from.dequantize(*byte)).collect();
        let sums = case.conv.sums(&case.input, case.size, case.from.zero_point);
        let places = sums.size[0] * sums.size[1];
        let wrapped = |sums: &[i64]| case.bytes(&sums.iter().map(|sum| i64::from(*sum as i32)).collect::<Vec<_>>(), places);
        let exact = wrapped(&sums.exact);
        let saturating = if case.from.signed { exact.clone() } else { wrapped(&sums.saturating) };
        let store = |sum| kept(profile.accumulator, sum);
        let of_chip: Vec<u8> = case.conv.sums_in(&case.input, case.size, case.from.zero_point, store).iter().enumerate()
            .map(|(at, sum)| byte(*sum, case.multiplier(at / places), profile.multiplier_bits, profile.rounding, case.to.zero_point))
            .collect();
        let network = Network::read(&case.model().bytes()).unwrap();
        let chip = Arc::new(network.on_chip(&profile).unwrap());
        let network = Arc::new(network);
        for kernel in kernels() {
            let options = PlanOptions { kernel, ..PlanOptions::default() };
            for (network, sums, wanted) in [
                (&network, Sums::Exact, &exact),
                (&network, Sums::Saturating, &saturating),
                (&chip, Sums::Exact, &of_chip),
            ] {
                let mut plan = plan(network, PlanOptions { sums, ..options });
                plan.run(&input).unwrap();
                prop_assert_eq!(&bytes(&plan, "y"), wanted, "{} {:?}", kernel, sums);
                prop_assert_eq!(plan.values("q"), None);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// All that is fused, placed beside another, read across a border or used again.
    #[test]
    fn networks_are_those_of_the_executor(
        ([first, second], size) in ([1usize..=20, 1usize..=20], [3usize..=24, 3usize..=24]),
        grids in vec(any_grid(), 6),
        seed in vec((any_byte(), any_weight(), -3000i32..3000), 211),
        (alpha, profile, threads) in (between(0.0..1.0), any_profile(), 1usize..=3),
        corner in [0u32..=2, 0u32..=2, 0u32..=2, 0u32..=2],
    ) {
        let model = branches([first, second], size, &grids, &seed, alpha, corner);
        let network = Network::read(&model.bytes()).unwrap();
        let chip = network.on_chip(&profile).unwrap();
        let picture: Vec<u8> = (0..3 * size[0] * size[1]).map(|at| seed[at * 7 % 211].0).collect();
        let places = size[0] * size[1];
        let input: Vec<f32> =
            (0..3 * places).map(|at| f32::from(picture[at % places * 3 + at / places]) / 255.0).collect();
        for (network, sums) in [(network.clone(), Sums::Exact), (network, Sums::Saturating), (chip, Sums::Exact)] {
            let network = Arc::new(network);
            let mut executor = Executor::new(Arc::clone(&network));
            executor.run(&input, sums).unwrap();
            // A tensor is what it is, and nothing else, wherever the one wrong value lies.
            for tensor in network.tensors().iter().filter(|tensor| network.inputs_of(&tensor.name).next().is_some()) {
                let right = executor.values(&tensor.name).unwrap();
                let last = tensor.shape.values() - 1;
                for at in [0, last / 2, last] {
                    prop_assert!(!executor.gives(&tensor.name, sums, &with_one_wrong(&right, at)), "{} {}", tensor.name, at);
                }
                prop_assert!(executor.gives(&tensor.name, sums, &right), "{}", tensor.name);
            }
            for kernel in kernels() {
                for keeps in [true, false] {
                    let mut plan = plan(&network, PlanOptions { kernel, threads, keeps, sums });
                    // The second run finds the memory as the first one left it.
                    for run in 0..2 {
                        if run == 0 { plan.run(&input) } else { plan.run_bytes(&picture) }.unwrap();
                        for tensor in network.tensors() {
                            let found = plan.values(&tensor.name);
                            prop_assert!(found.is_some() || !keeps, "{} {} is missing", kernel, tensor.name);
                            if found.is_some() {
                                prop_assert_eq!(found, executor.values(&tensor.name), "{} {} {:?}", kernel, tensor.name, sums);
                            }
                        }
                        let outputs: Vec<_> = plan.outputs().map(|(tensor, values)| (tensor.name.clone(), Values::F32(values.to_vec()))).collect();
                        let wanted: Vec<_> = ["d", "e"].map(|name| (name.to_owned(), executor.values(name).unwrap())).into();
                        prop_assert_eq!(outputs, wanted);
                        if keeps {
                            prop_assert_eq!(plan.overflows(), Some(executor.overflows()));
                        }
                    }
                }
            }
        }
    }
}

/// The same values, but for the last bit of one.
fn with_one_wrong(right: &Values, at: usize) -> Values {
    let mut values = right.clone();
    match &mut values {
        Values::U8(values) => values[at] ^= 1,
        Values::I8(values) => values[at] ^= 1,
        Values::F32(values) => values[at] = f32::from_bits(values[at].to_bits() ^ 1),
    }
    values
}

/// A picture through a convolution and a leaky ReLU; half of that through another one; both beside each other, pooled,
/// padded, enlarged; and two heads.
fn branches(
    [first, second]: [usize; 2],
    size: [usize; 2],
    grids: &[Grid],
    seed: &[(u8, i8, i32)],
    alpha: f32,
    pads: [u32; 4],
) -> Model {
    let mut model = Model::new([3, size[0], size[1]]);
    let signed = grids[0].signed;
    for (name, grid) in ["q", "c", "l", "s", "j", "h"].into_iter().zip(grids) {
        // Such that most sums land within a byte.
        model.grid(name, Grid { signed, scale: if name == "q" { 1.0 / 255.0 } else { grid.scale * 40.0 }, ..*grid });
    }
    let ints = |name: &str, values: &[u32]| AttributeProto::ints(name, values);
    let axis = || vec![AttributeProto::int("axis", 1)];
    let conv = |model: &mut Model, name: &str, from: &str, grid: [&str; 2], dims: [usize; 4], stride: u32| {
        let at = |at: usize| seed[(at * 13 + name.len() + dims[1]) % seed.len()];
        let weights: Vec<i8> = (0..dims.iter().product()).map(|place| at(place).1).collect();
        let biases: Vec<i32> = (0..dims[0]).map(|place| at(place).2).collect();
        let [w, b] = ["w", "b"].map(|part| format!("{name}_{part}"));
        model.constant(TensorProto::i8(&w, &dims.map(|side| side as i64), &weights));
        model.constant(TensorProto::f32(format!("{w}_scale"), &[], &[0.02]));
        model.constant(TensorProto::i8(format!("{w}_zero_point"), &[], &[0]));
        model.constant(TensorProto::i32(&b, &[dims[0] as i64], &biases));
        let pad = dims[2] as u32 / 2;
        let attributes = vec![ints("pads", &[pad; 4]), ints("strides", &[stride; 2])];
        let [from_grid, to_grid] = grid.map(|grid| format!("+{grid}"));
        model.node("QLinearConv", &[from, &from_grid, &format!("{w}+"), &to_grid, &b], &[name], attributes);
    };
    model.node("QuantizeLinear", &["x", "+q"], &["q"], Vec::new());
    conv(&mut model, "c", "q", ["q", "c"], [first + second, 3, 3, 3], 1);
    model.node("QLinearLeakyRelu", &["c+", "+l"], &["l"], vec![AttributeProto::float("alpha", alpha)]);
    model.constant(TensorProto::i64("sizes", &[2], &[first as i64, second as i64]));
    model.node("Split", &["l", "sizes"], &["l0", "l1"], axis());
    // Its zero point is that of `l` in one case, and another one in the other.
    conv(&mut model, "s", "l1", ["l", "s"], [first, second, 3, 3], 1);
    model.grid("l0", Grid { signed, ..grids[2] });
    model.node("QLinearConcat", &["+j", "l0", "+l", "s+", "l1", "+l"], &["j"], axis());
    model.node("Concat", &["s", "l0", "s"], &["k"], axis());
    model.node("MaxPool", &["k"], &["m"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]);
    model.constant(TensorProto::f32("factor", &[4], &[1.0, 1.0, 2.0, 2.0]));
    let modes = [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")];
    let modes = modes.map(|(name, mode)| AttributeProto::string(name, mode)).to_vec();
    model.node("Resize", &["m", "", "factor"], &["u"], modes);
    let ends = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]].map(i64::from);
    model.constant(TensorProto::i64("ends", &[8], &ends));
    model.node("Pad", &["j", "ends", "j_zero_point"], &["p"], Vec::new());
    conv(&mut model, "h", "p", ["j", "h"], [5, 2 * first + second, 3, 3], 2);
    conv(&mut model, "g", "l", ["c", "h"], [2, first + second, 3, 3], 1);
    conv(&mut model, "n", "u", ["s", "h"], [3, 3 * first, 1, 1], 1);
    for (from, to) in [("h", "d"), ("n", "e"), ("g", "f")] {
        model.node("DequantizeLinear", &[from, "+h"], &[to], Vec::new());
    }
    // Float only in name.
    model.constant(TensorProto::i64("one", &[1], &[1]));
    model.constant(TensorProto::i64("two", &[1], &[2]));
    model.node("Slice", &["f", "one", "two", "one"], &["f1"], Vec::new());
    model.node("QuantizeLinear", &["f1", "+q"], &["f2"], Vec::new());
    model.output("d");
    model.output("e");
    model.output("f2");
    model
}

/// Every tensor is what the golden says.
fn gives(golden: &Golden, network: &Arc<Network>, options: PlanOptions) {
    let mut plan = plan(network, PlanOptions { keeps: true, threads: 2, ..options });
    plan.run(&picture()).unwrap();
    let crc = |tensor: &str| match plan.values(tensor).unwrap_or_else(|| panic!("{tensor} is missing")) {
        Values::U8(values) => crc32(&values),
        Values::I8(_) => panic!("{tensor} is signed"),
        Values::F32(values) => crc32_of_floats(&values),
    };
    let differing: Vec<&String> =
        golden.tensors.iter().filter(|(tensor, wanted)| crc(tensor) != **wanted).map(|(tensor, _)| tensor).collect();
    assert!(differing.is_empty(), "{} {}: {differing:?}", golden.file, options.kernel);
    // The same heads, with layers fused and memory used again.
    if options.kernel != Kernel::best() {
        return;
    }
    let mut fused = self::plan(network, PlanOptions { keeps: false, threads: 1, ..options });
    fused.run(&picture()).unwrap();
    let heads = |plan: &Plan| plan.outputs().map(|(_, values)| values.to_vec()).collect::<Vec<_>>();
    assert_eq!(heads(&fused), heads(&plan), "{} {}", golden.file, options.kernel);
}

/// The portable kernel is that of the executor, whose runs are compared elsewhere; one takes seconds here.
fn fast_kernels() -> impl Iterator<Item = Kernel> {
    kernels().filter(|kernel| *kernel != Kernel::Portable)
}

#[test]
fn whole_networks_give_the_bytes_of_the_references() {
    for (file, sums) in [("integer.json", Sums::Exact), ("integer_saturating.json", Sums::Saturating)] {
        for golden in Golden::read(file) {
            let network = Arc::new(Network::read(&golden.model).unwrap());
            for kernel in fast_kernels() {
                gives(&golden, &network, PlanOptions { kernel, sums, ..PlanOptions::default() });
            }
        }
    }
}

#[test]
fn whole_networks_on_chips_give_the_bytes_of_the_reference() {
    for name in Profile::names() {
        for golden in recorded(name) {
            let network = Network::read(&golden.model).unwrap();
            let network = Arc::new(network.on_chip(&Profile::find(name).unwrap()).unwrap());
            for kernel in fast_kernels() {
                gives(&golden, &network, PlanOptions { kernel, ..PlanOptions::default() });
            }
        }
    }
}

#[test]
fn the_best_kernel_is_one_that_this_processor_has() {
    assert!(Kernel::best().is_supported() && Kernel::Portable.is_supported());
    let network = Arc::new(Network::read(&Model::quantized([1, 1, 1], GRID).bytes()).unwrap());
    for kernel in Kernel::ALL.into_iter().filter(|kernel| !kernel.is_supported()) {
        let refused = Plan::new(Arc::clone(&network), PlanOptions { kernel, ..PlanOptions::default() }).err();
        assert_eq!(refused, Some(IntegerError::Kernel(kernel)));
    }
}

const GRID: Grid = Grid { scale: 0.5, zero_point: 3, signed: false };

#[test]
fn the_input_must_fit() {
    let mut model = Model::quantized([3, 2, 5], GRID);
    model.output("q");
    let network = Arc::new(Network::read(&model.bytes()).unwrap());
    let mut plan = plan(&network, PlanOptions::default());
    let wanted = IntegerError::Input { given: 5, wanted: 30, dims: [1, 3, 2, 5] };
    assert_eq!(plan.run(&[0.0; 5]), Err(wanted.clone()));
    assert_eq!(plan.run_bytes(&[0; 5]), Err(wanted));
    assert_eq!(plan.values("q"), None);
    plan.run_bytes(&[255; 30]).unwrap();
    assert_eq!(plan.values("q"), Some(Values::U8(vec![5; 30])));
}
