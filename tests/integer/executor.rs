//! INT8 models in integer arithmetic: ONNX Runtime's bytes, checked against plain loops and recorded sums.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use twinsight::integer::{Executor, IntegerError, Network, Sums, Values};
use twinsight::onnx::{AttributeProto, INT64, ModelProto, TensorProto, UINT8, ValueInfoProto, node_overflows};

use crate::between::between;
use crate::case::{Case, any_byte, any_case, any_grid, any_weight, bytes, executor, golden_run};
use crate::golden::{Golden, crc32, installed};
use crate::support::{Grid, Model, NaiveConv};

fn floats(executor: &Executor, tensor: &str) -> Vec<f32> {
    match executor.values(tensor).unwrap() {
        Values::F32(values) => values,
        values => panic!("{tensor} is {values:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn convolutions_are_those_of_plain_loops(case in any_case()) {
        let input: Vec<f32> = case.input.iter().map(|byte| case.from.dequantize(*byte)).collect();
        let wanted = case.conv.sums(&case.input, case.size, case.from.zero_point);
        let places = wanted.size[0] * wanted.size[1];
        let mut executor = executor(&case.model());
        executor.run(&input, Sums::Exact).unwrap();
        prop_assert_eq!(bytes(&executor, "q"), case.input.clone());
        prop_assert_eq!(bytes(&executor, "y"), case.bytes(&wanted.exact, places));
        let dims = executor.network().tensor("y").unwrap().dims();
        prop_assert_eq!(dims, [1, case.conv.dims[0], wanted.size[0], wanted.size[1]]);

        // Kernels for int8 activations do not saturate.
        let (sums, overflowing) =
            if case.from.signed { (&wanted.exact, 0) } else { (&wanted.saturating, wanted.overflowing) };
        executor.run(&input, Sums::Saturating).unwrap();
        prop_assert_eq!(bytes(&executor, "y"), case.bytes(sums, places));
        let overflows = executor.overflows();
        prop_assert_eq!(overflows.len(), 1);
        prop_assert_eq!((overflows[0].tensor.as_str(), overflows[0].pairs), ("y", wanted.pairs));
        prop_assert_eq!(overflows[0].overflowing, overflowing);
    }

    #[test]
    fn matrix_products_are_those_of_plain_loops(
        (channels, filters, size) in (1usize..=70, 1usize..=20, [1usize..=9, 1usize..=9]),
        from in any_grid(),
        seed in vec((any_byte(), any_weight(), between(-10.0..10.0)), 97),
        has_bias in any::<bool>(),
    ) {
        let many = |count: usize| (0..count).map(|i| seed[i * 31 % 97]);
        let input: Vec<u8> = many(channels * size[0] * size[1]).map(|(byte, ..)| byte).collect();
        let columns: Vec<i8> = many(channels * filters).map(|(_, weight, _)| weight).collect();
        let scales: Vec<f32> = many(filters).map(|(byte, ..)| 0.001 + f32::from(byte)).collect();
        let biases: Vec<f32> = many(if has_bias { filters } else { 0 }).map(|(.., bias)| bias).collect();

        let mut model = Model::quantized([channels, size[0], size[1]], from);
        let along = [filters as i64];
        model.constant(TensorProto::i8("w", &[channels as i64, filters as i64], &columns));
        model.constant(TensorProto::f32("w_scale", &along, &scales));
        model.constant(TensorProto::i8("w_zero_point", &along, &vec![0; filters]));
        if has_bias {
            model.constant(TensorProto::f32("b", &along, &biases));
        }
        model.node("Transpose", &["q"], &["rows"], vec![AttributeProto::ints("perm", &[0, 2, 3, 1])]);
        let inputs = ["rows", "w", "q_scale", "w_scale", "q_zero_point", "w_zero_point", "b"];
        model.node("MatMulIntegerToFloat", &inputs[..6 + usize::from(has_bias)], &["sums"], Vec::new());
        model.node("Transpose", &["sums"], &["y"], vec![AttributeProto::ints("perm", &[0, 3, 1, 2])]);
        model.output("y");

        let weights = (0..filters * channels).map(|at| columns[at % channels * filters + at / channels]).collect();
        let conv = NaiveConv { dims: [filters, channels, 1, 1], weights, biases: Vec::new(), strides: [1; 2], pads: [0; 4] };
        let wanted = conv.sums(&input, size, from.zero_point);
        let places = size[0] * size[1];
        let float = |sums: &[i64]| -> Vec<f32> {
            let of = |(at, sum): (usize, &i64)| {
                let product = *sum as f32 * (from.scale * scales[at / places]);
                if has_bias { product + biases[at / places] } else { product }
            };
            sums.iter().enumerate().map(of).collect()
        };
        let mut executor = executor(&model);
        let given: Vec<f32> = input.iter().map(|byte| from.dequantize(*byte)).collect();
        executor.run(&given, Sums::Exact).unwrap();
        prop_assert_eq!(floats(&executor, "y"), float(&wanted.exact));
        // The same values, places before channels.
        let y = floats(&executor, "y");
        let last: Vec<f32> = (0..places * filters).map(|at| y[at % filters * places + at / filters]).collect();
        prop_assert_eq!(floats(&executor, "sums"), last);
        executor.run(&given, Sums::Saturating).unwrap();
        prop_assert_eq!(floats(&executor, "y"), float(if from.signed { &wanted.exact } else { &wanted.saturating }));
    }

    /// Of random bytes: joined, cut, pooled, enlarged and looked up, in uint8 and int8.
    #[test]
    fn moves_are_those_of_plain_loops(
        ([first, second], size) in ([1usize..=9, 1usize..=9], [1usize..=12, 1usize..=12]),
        pool in ([1usize..=3, 1usize..=3], [1usize..=2, 1usize..=2]),
        factor in [1u32..=3, 1u32..=3],
        (from, mut to) in (any_grid(), any_grid()),
        input in vec(any_byte(), 18 * 144),
    ) {
        prop_assume!(pool.0[0] <= size[0] && pool.0[1] <= size[1]);
        to.signed = from.signed;
        let channels = first + second;
        let places = size[0] * size[1];
        let input = &input[..channels * places];
        let mut model = Model::quantized([channels, size[0], size[1]], from);
        model.grid("y", to);
        model.grid("leaky", to);
        let axis = || vec![AttributeProto::int("axis", 1)];
        let int64 = |name: &str, values: &[i64]| TensorProto {
            name: name.into(),
            data_type: INT64,
            dims: vec![values.len() as i64],
            int64_data: values.to_vec(),
            ..TensorProto::default()
        };
        for (name, values) in [("sizes", &[first as i64, second as i64][..]), ("one", &[1]), ("last", &[-1]), ("far", &[i64::MAX])] {
            model.constant(int64(name, values));
        }
        model.constant(TensorProto::f32("factor", &[4], &[1.0, 1.0, factor[0] as f32, factor[1] as f32]));
        model.node("Split", &["q", "sizes"], &["a", "b"], axis());
        model.node("Concat", &["b", "a"], &["ba"], axis());
        model.node("Slice", &["q", "last", "far", "one"], &["end"], Vec::new());
        model.node("Identity", &["q"], &["same"], Vec::new());
        for name in ["a", "b"] {
            model.grid(name, from);
        }
        model.node("QLinearConcat", &["+y", "a+", "b+"], &["y"], axis());
        model.node("QLinearLeakyRelu", &["q+", "+leaky"], &["leaky"], vec![AttributeProto::float("alpha", 0.1)]);
        let ints = |name: &str, values: [usize; 2]| AttributeProto::ints(name, &values.map(|value| value as u32));
        let pads = AttributeProto::ints("pads", &[pool.0[0] as u32 - 1, 0, 0, pool.0[1] as u32 - 1]);
        model.node("MaxPool", &["q"], &["pooled"], vec![ints("kernel_shape", pool.0), ints("strides", pool.1), pads]);
        let modes = [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")];
        model.node("Resize", &["q", "", "factor"], &["large"], modes.map(|(name, mode)| AttributeProto::string(name, mode)).to_vec());
        model.node("DequantizeLinear", &["q+"], &["d"], Vec::new());
        model.node("Slice", &["d", "last", "far", "one"], &["d_end"], Vec::new());
        model.output("d");

        let given: Vec<f32> = input.iter().map(|byte| from.dequantize(*byte)).collect();
        let mut executor = executor(&model);
        executor.run(&given, Sums::Exact).unwrap();
        let (a, b) = input.split_at(first * places);
        prop_assert_eq!(bytes(&executor, "same"), input);
        prop_assert_eq!(bytes(&executor, "a"), a);
        prop_assert_eq!(bytes(&executor, "b"), b);
        prop_assert_eq!(bytes(&executor, "ba"), [b, a].concat());
        prop_assert_eq!(bytes(&executor, "end"), &input[(channels - 1) * places..]);
        prop_assert_eq!(&floats(&executor, "d"), &given);
        prop_assert_eq!(floats(&executor, "d_end"), &given[(channels - 1) * places..]);
        let regrid: Vec<u8> = given.iter().map(|value| to.round(value / to.scale)).collect();
        prop_assert_eq!(bytes(&executor, "y"), regrid);
        let leaky = |value: &f32| to.round(if *value >= 0.0 { *value } else { *value * 0.1 } / to.scale);
        prop_assert_eq!(bytes(&executor, "leaky"), given.iter().map(leaky).collect::<Vec<u8>>());

        let at = |channel: usize, y: usize, x: usize| input[(channel * size[0] + y) * size[1] + x];
        let [rows, columns] = executor.network().tensor("pooled").unwrap().dims()[2..] else { unreachable!() };
        let mut pooled = Vec::new();
        for (channel, y, x) in every([channels, rows, columns]) {
            let window = every([1, pool.0[0], pool.0[1]]).filter_map(|(_, dy, dx)| {
                let (v, u) = ((y * pool.1[0] + dy).checked_sub(pool.0[0] - 1)?, x * pool.1[1] + dx);
                (v < size[0] && u < size[1]).then(|| at(channel, v, u))
            });
            pooled.push(window.max().unwrap());
        }
        prop_assert_eq!(bytes(&executor, "pooled"), pooled);
        let factor = factor.map(|factor| factor as usize);
        let large = every([channels, size[0] * factor[0], size[1] * factor[1]]);
        let large: Vec<u8> = large.map(|(channel, y, x)| at(channel, y / factor[0], x / factor[1])).collect();
        prop_assert_eq!(bytes(&executor, "large"), large);
    }
}

fn every([channels, height, width]: [usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..channels).flat_map(move |c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))))
}

/// A sum that leaves int32 wraps around, as it does in every kernel.
#[test]
fn sums_wrap_around() {
    let grid = Grid { scale: 1.0, zero_point: 0, signed: false };
    let conv = NaiveConv { dims: [1; 4], weights: vec![1], biases: vec![i32::MAX], strides: [1; 2], pads: [0; 4] };
    let case = Case { size: [1; 2], input: vec![1], from: grid, to: grid, conv, scales: vec![1e-9] };
    let mut executor = executor(&case.model());
    for (given, wanted) in [(0.0, 2), (1.0, 0)] {
        executor.run(&[given], Sums::Exact).unwrap();
        assert_eq!(bytes(&executor, "y"), [wanted]);
    }
}

/// One whole run on the picture takes seconds in a build for tests, so that no run is done twice.
type Runs = BTreeMap<String, Executor>;

/// Every model of a golden after its run on the picture; each tensor is what the golden says.
fn golden_runs(golden: &str, sums: Sums) -> Runs {
    let run = |golden: Golden| {
        let executor = golden_run(&golden, Network::read(&golden.model).unwrap(), sums);
        (golden.file, executor)
    };
    Golden::read(golden).into_iter().map(run).collect()
}

/// The runs with exact sums, which two tests look at.
static EXACT: LazyLock<Mutex<Runs>> = LazyLock::new(|| Mutex::new(golden_runs("integer.json", Sums::Exact)));

/// tests/reference/integer.py: the same in NumPy, byte for byte what ONNX Runtime computes where its kernels are exact.
#[test]
fn exact_sums_give_the_bytes_of_the_reference() {
    LazyLock::force(&EXACT);
}

/// tests/reference/saturating.py: ONNX Runtime itself, on a processor with AVX2 and without VNNI.
#[test]
fn saturating_sums_give_the_bytes_of_onnx_runtime_without_vnni() {
    golden_runs("integer_saturating.json", Sums::Saturating);
}

/// What the weights alone tell, and what became of it on a picture.
#[test]
fn products_overflow_only_where_weights_allow_it() {
    const TUNED: &str = "yolov4-tiny-416_int8_tuned.onnx";
    let allowed = node_overflows(&ModelProto::decode(installed(TUNED).as_slice()).unwrap());
    let found = EXACT.lock().unwrap().get_mut(TUNED).unwrap().overflows();
    let nodes = |mut names: Vec<String>| (names.sort_unstable(), names).1;
    assert_eq!(
        nodes(allowed.iter().map(|node| node.node.clone()).collect()),
        nodes(found.iter().map(|node| node.node.clone()).collect())
    );
    for node in &found {
        let allowed = allowed.iter().find(|allowed| allowed.node == node.node).unwrap();
        assert!(node.overflowing == 0 || allowed.overflowing > 0, "{node:?}, {allowed:?}");
        assert!(node.overflowing < node.pairs);
    }
    // 416² / 2² places, 32 filters, 27 weights.
    assert_eq!((found[0].tensor.as_str(), found[0].pairs), ("layer_00_conv_quantized", 208 * 208 * 32 * 14));
    // Counted in NumPy: each pair of weights times each pair of bytes, where the sum leaves int16.
    for (node, pairs, overflowing) in [
        ("layer_00_conv_quant", 19_382_272, 322_160),
        ("layer_02_conv_quant", 199_360_512, 74),
        ("layer_05_conv_quant", 49_840_128, 110),
    ] {
        let found = found.iter().find(|found| found.node == node).unwrap();
        assert_eq!((found.pairs, found.overflowing), (pairs, overflowing), "{node}");
    }
}

#[test]
fn the_sum_of_nine_digits_is_that_of_the_standard() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// A convolution that is read, to be spoilt.
fn small() -> Model {
    let grid = Grid { scale: 0.5, zero_point: 3, signed: false };
    let conv = NaiveConv {
        dims: [2, 3, 3, 3],
        weights: (0..54).map(|weight| weight as i8 - 20).collect(),
        biases: vec![5, -5],
        strides: [1; 2],
        pads: [1; 4],
    };
    let case = Case { size: [2, 5], input: Vec::new(), from: grid, to: grid, conv, scales: vec![0.1, 0.2] };
    let mut model = case.model();
    // For those who take it.
    model.constant(TensorProto::i8("w_zero_point_of_all", &[], &[0]));
    model
}

#[test]
fn what_cannot_be_computed_is_refused_with_its_name_and_a_way_out() {
    fn tensor<'a>(model: &'a mut Model, name: &str) -> &'a mut TensorProto {
        model.graph.initializer.iter_mut().find(|tensor| tensor.name == name).unwrap()
    }
    fn set(model: &mut Model, tensor_: TensorProto) {
        let name = tensor_.name.clone();
        *tensor(model, &name) = tensor_;
    }
    /// Of the convolution, in place of its own.
    fn attribute(model: &mut Model, attribute: AttributeProto) {
        model.graph.node[1].attribute.retain(|given| given.name != attribute.name);
        model.graph.node[1].attribute.push(attribute);
    }
    type Change = Box<dyn FnOnce(&mut Model)>;
    let cases: Vec<(&str, Change)> = vec![
        (
            "(Conv) cannot be run in integer arithmetic: it outputs float32; quantize",
            Box::new(|m| m.graph.node[1].op_type = "Conv".into()),
        ),
        ("(Softmax) cannot be run", Box::new(|m| m.graph.node[1].op_type = "Softmax".into())),
        ("QLinearConv_1 (QLinearConv)", Box::new(|m| tensor(m, "w").data_type = UINT8)),
        ("zero points of its weights are not 0", Box::new(|m| set(m, TensorProto::i8("w_zero_point", &[2], &[0, 1])))),
        ("its weights w are not a constant", Box::new(|m| m.graph.initializer.retain(|t| t.name != "w"))),
        ("not all in the file", Box::new(|m| tensor(m, "w").raw_data.clear())),
        ("not all in the file", Box::new(|m| tensor(m, "w").raw_data.truncate(53))),
        ("is not between 1 and", Box::new(|m| set(m, TensorProto::i8("w", &[0, 3, 3, 3], &[])))),
        ("its filters cover 2 of 3 channels", Box::new(|m| tensor(m, "w").dims = vec![3, 2, 3, 3])),
        ("2 dimensions, not 4", Box::new(|m| tensor(m, "w").dims = vec![2, 27])),
        ("3 weight scales for 2 filters", Box::new(|m| set(m, TensorProto::f32("w_scale", &[3], &[1.0; 3])))),
        ("not greater than 0", Box::new(|m| set(m, TensorProto::f32("q_scale", &[], &[0.0])))),
        ("not greater than 0", Box::new(|m| set(m, TensorProto::f32("y_scale", &[], &[f32::NAN])))),
        (
            "multiply to inf",
            Box::new(|m| {
                set(m, TensorProto::f32("w_scale", &[], &[f32::MAX]));
                set(m, TensorProto::f32("y_scale", &[], &[f32::MIN_POSITIVE]));
            }),
        ),
        ("zero point of another type", Box::new(|m| m.graph.node[1].input[2] = "w_zero_point_of_all".into())),
        ("1 biases for 2 filters", Box::new(|m| set(m, TensorProto::i32("b", &[1], &[0])))),
        ("grouped", Box::new(|m| attribute(m, AttributeProto::int("group", 3)))),
        ("dilated", Box::new(|m| attribute(m, AttributeProto::ints("dilations", &[2, 2])))),
        ("strides", Box::new(|m| attribute(m, AttributeProto::ints("strides", &[1])))),
        ("is not between 1 and", Box::new(|m| attribute(m, AttributeProto::ints("strides", &[0, 1])))),
        ("kernel_shape [1, 1]", Box::new(|m| attribute(m, AttributeProto::ints("kernel_shape", &[1, 1])))),
        ("auto_pad", Box::new(|m| attribute(m, AttributeProto::string("auto_pad", "SAME_UPPER")))),
        ("does not fit", Box::new(|m| attribute(m, AttributeProto::ints("pads", &[0, 0, 0, 0])))),
        ("no node before it computes its input nobody", Box::new(|m| m.graph.node[1].input[0] = "nobody".into())),
        ("another tensor is also named q", Box::new(|m| m.graph.node[1].output[0] = "q".into())),
        ("2 outputs, not one", Box::new(|m| m.graph.node[1].output.push("z".into()))),
        ("computes its output z", Box::new(|m| m.output("z"))),
        ("0 inputs", Box::new(|m| m.graph.input.clear())),
        ("is not one image", Box::new(|m| m.graph.input = vec![ValueInfoProto::f32("x", &[2, 3, 2, 5])])),
        ("make the model's input smaller", Box::new(|m| m.graph.input = Model::new([3, 16384, 16384]).graph.input)),
        ("is not between 1 and 16384", Box::new(|m| m.graph.input = Model::new([3, 4, 16385]).graph.input)),
    ];
    for (words, change) in cases {
        let mut model = small();
        change(&mut model);
        let message = Network::read(&model.bytes()).map_or_else(|e| e.to_string(), |_| "nothing".into());
        assert!(message.contains(words), "{message}\nlacks: {words}");
    }
}

#[test]
fn the_input_must_fit() {
    let mut executor = executor(&small());
    let wanted = IntegerError::Input { given: 5, wanted: 30, dims: [1, 3, 2, 5] };
    assert_eq!(executor.run(&[0.0; 5], Sums::Exact), Err(wanted));
    assert_eq!(executor.values("y"), None);
    assert_eq!(executor.overflows(), []);
    executor.run(&[0.0; 30], Sums::Exact).unwrap();
    assert!(executor.values("y").is_some() && executor.values("nobody").is_none());
}

/// Wherever a download ends.
#[test]
fn a_model_cut_short_is_no_panic() {
    let whole = small().bytes();
    assert!(Network::read(&whole).is_ok());
    // What is cut from the end is the metadata at first, then the graph.
    let read = (0..whole.len() - 30).filter(|end| Network::read(&whole[..*end]).is_ok());
    assert_eq!(read.collect::<Vec<_>>(), Vec::<usize>::new());
}

proptest! {
    #[test]
    fn a_spoilt_model_is_no_panic(places in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut model = small().bytes();
        for (place, byte) in places {
            *place.get_mut(&mut model) = byte;
        }
        if let Ok(network) = Network::read(&model) {
            let wanted = network.input().shape.values();
            let held: usize = network.tensors().iter().map(|tensor| tensor.shape.values()).sum();
            if held < 1 << 20 {
                let mut executor = Executor::new(Arc::new(network));
                executor.run(&vec![0.5; wanted], Sums::Saturating).unwrap();
                executor.overflows();
            }
        }
    }
}
