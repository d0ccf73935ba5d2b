//! Models in the QDQ form: the bytes of the QOperator form, and of ONNX Runtime.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use twinsight::integer::{Element, Executor, Network, Sums, Values};
use twinsight::onnx::{AttributeProto, TensorProto};

use crate::case::{Case, any_case, bytes, executor};
use crate::golden::{crc32, crc32_of_floats};
use crate::support::{Grid, Model};

/// The model of a case as float operators between pairs.
fn qdq(case: &Case) -> Model {
    let dims = case.conv.dims;
    let mut model = Model::quantized([dims[1], case.size[0], case.size[1]], case.from);
    model.node("DequantizeLinear", &["q+"], &["x_rounded"], Vec::new());
    let of_scales: &[i64] = if case.scales.len() == 1 { &[] } else { &[dims[0] as i64] };
    let axis = || vec![AttributeProto::int("axis", 0)];
    model.grid("y", case.to);
    model.constant(TensorProto::i8("w", &dims.map(|side| side as i64), &case.conv.weights));
    model.constant(TensorProto::f32("w_scale", of_scales, &case.scales));
    model.constant(TensorProto::i8("w_zero_point", of_scales, &vec![0; case.scales.len()]));
    model.node("DequantizeLinear", &["w+"], &["w_rounded"], axis());
    let mut inputs = vec!["x_rounded", "w_rounded"];
    if !case.conv.biases.is_empty() {
        let units: Vec<f32> = case.scales.iter().map(|scale| case.from.scale * scale).collect();
        model.constant(TensorProto::i32("b", &[dims[0] as i64], &case.conv.biases));
        model.constant(TensorProto::f32("b_scale", of_scales, &units));
        model.node("DequantizeLinear", &["b", "b_scale"], &["b_rounded"], axis());
        inputs.push("b_rounded");
    }
    let ints = |name: &str, values: &[usize]| {
        AttributeProto::ints(name, &values.iter().map(|v| *v as u32).collect::<Vec<_>>())
    };
    let attributes =
        vec![ints("kernel_shape", &dims[2..]), ints("strides", &case.conv.strides), ints("pads", &case.conv.pads)];
    model.node("Conv", &inputs, &["sums"], attributes);
    model.node("QuantizeLinear", &["sums", "+y"], &["y"], Vec::new());
    model.output("y");
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn convolutions_are_those_of_the_other_form(case in any_case()) {
        let input: Vec<f32> = case.input.iter().map(|byte| case.from.dequantize(*byte)).collect();
        let [mut wanted, mut found] = [case.model(), qdq(&case)].map(|model| executor(&model));
        for sums in [Sums::Exact, Sums::Saturating] {
            wanted.run(&input, sums).unwrap();
            found.run(&input, sums).unwrap();
            prop_assert_eq!(bytes(&found, "y"), bytes(&wanted, "y"));
        }
        prop_assert_eq!(found.network().tensors(), wanted.network().tensors());
    }
}

#[derive(serde::Deserialize)]
struct Recorded {
    /// The file, in hexadecimal.
    onnx: String,
    /// The CRC-32 of each tensor.
    tensors: BTreeMap<String, String>,
}

fn recorded() -> BTreeMap<String, Recorded> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/qdq_static.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn file(of: &Recorded) -> Vec<u8> {
    let digits = of.onnx.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// tests/reference/qdq_static.py: models of onnxruntime.quantization.quantize_static, in int8 with one weight scale per
/// tensor, as by default, and in uint8 with one per filter; ONNX Runtime's tensors.
#[test]
fn models_of_quantize_static_give_the_bytes_of_onnx_runtime() {
    let recorded = recorded();
    assert_eq!(recorded.keys().collect::<Vec<_>>(), ["int8", "uint8"]);
    for (name, of) in &recorded {
        let network = Network::read(&file(of)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(network.tensors().iter().all(|tensor| tensor.element != Element::I8), name == "uint8");
        let input: Vec<f32> =
            (0..network.input().shape.values()).map(|i| ((i * 7919 % 256) as f64 / 255.0) as f32).collect();
        let mut executor = Executor::new(Arc::new(network));
        executor.run(&input, Sums::Exact).unwrap();
        assert_eq!(of.tensors.len(), 14);
        for (tensor, wanted) in &of.tensors {
            let crc = match executor.values(tensor).unwrap_or_else(|| panic!("{name}: {tensor} is missing")) {
                Values::U8(values) => crc32(&values),
                Values::I8(values) => crc32(&values.iter().map(|value| value.cast_unsigned()).collect::<Vec<_>>()),
                Values::F32(values) => crc32_of_floats(&values),
            };
            assert_eq!(format!("{crc:08x}"), *wanted, "{name}: {tensor}");
        }
    }
}

/// With the name of the node in the file, and the reason.
#[test]
fn what_stays_in_float_is_refused() {
    let said = |model: &Model| Network::read(&model.bytes()).unwrap_err().to_string();
    let start = || {
        let grid = Grid { scale: 0.5, zero_point: 3, signed: false };
        let mut model = Model::quantized([2, 4, 4], grid);
        model.node("DequantizeLinear", &["q+"], &["x_rounded"], Vec::new());
        model.constant(TensorProto::i8("w", &[2, 2, 3, 3], &[1; 36]));
        model.constant(TensorProto::f32("w_scale", &[2], &[0.5; 2]));
        model.constant(TensorProto::i8("w_zero_point", &[2], &[0; 2]));
        model
    };
    // Along the axis that is ONNX's default.
    let mut model = start();
    model.node("DequantizeLinear", &["w+"], &["w_rounded"], Vec::new());
    model.node("Conv", &["x_rounded", "w_rounded"], &["y"], Vec::new());
    model.output("y");
    let why = "the node Conv_3 (Conv) cannot be run in integer arithmetic: its weights have scales along axis 1";
    assert!(said(&model).starts_with(why), "{}", said(&model));

    let mut model = start();
    model.node("DequantizeLinear", &["w+"], &["w_rounded"], vec![AttributeProto::int("axis", 0)]);
    model.node("Conv", &["x_rounded", "w_rounded"], &["y"], Vec::new());
    model.node("Relu", &["y"], &["z"], Vec::new());
    model.output("z");
    let why = "the node Conv_3 (Conv) cannot be run in integer arithmetic: its output is not rounded by one QuantizeLinear \
               before the node Relu_4 reads it; quantize";
    assert!(said(&model).starts_with(why), "{}", said(&model));

    let mut model = start();
    model.node("LeakyRelu", &["x_rounded"], &["y"], Vec::new());
    model.output("y");
    let why = "the node LeakyRelu_2 (LeakyRelu) cannot be run in integer arithmetic: it outputs float32; quantize";
    assert!(said(&model).starts_with(why), "{}", said(&model));
}

/// Wherever a download ends, and whatever is spoilt on the way.
#[test]
fn spoilt_models_are_no_panic() {
    for of in recorded().values() {
        let whole = file(of);
        for end in (0..whole.len()).step_by(5) {
            let _ = Network::read(&whole[..end]);
        }
        for place in (0..whole.len()).step_by(7) {
            let mut spoilt = whole.clone();
            spoilt[place] ^= 0x15;
            let _ = Network::read(&spoilt);
        }
    }
}
