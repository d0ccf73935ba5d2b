//! Recipes: their effect on a model, and the messages for a bad one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message;
use twinsight::onnx::{GraphProto, ModelProto, TensorProto};
use twinsight::workshop::{CalibrationTable, FloatModel, Recipe, WorkshopError};

use crate::program::{models, twinsight};
use crate::run::Run;
use crate::stock::source;

fn table(file: &str) -> (CalibrationTable, PathBuf) {
    let path = models().join(file);
    (CalibrationTable::read(&path).unwrap(), path)
}

fn graph(source: &FloatModel, recipe: &Recipe, file: &str) -> GraphProto {
    let (table, path) = table(file);
    let built = source.quantized(recipe, &table, &path).unwrap();
    ModelProto::decode(built.bytes.as_slice()).unwrap().graph.unwrap()
}

const CARD: &str = "yolov4-tiny-416.calibration.json";
const TUNED: &str = "yolov4-tiny-416.tuned.calibration.json";

fn floats(tensor: &TensorProto) -> Vec<f32> {
    tensor.raw_data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

#[test]
fn the_tuned_recipe_does_what_it_says() {
    let source = source();
    let graph = graph(source, &Recipe::tuned(), TUNED);
    let mut operations: BTreeMap<&str, usize> = BTreeMap::new();
    for node in &graph.node {
        *operations.entry(&node.op_type).or_default() += 1;
    }
    // 21 convolutions, of which both heads put out float, so that nothing is ever turned from bytes into float.
    assert_eq!((operations["QLinearConv"], operations["MatMulIntegerToFloat"]), (19, 2));
    assert_eq!((operations["Concat"], operations["QuantizeLinear"]), (7, 1));
    assert!(!operations.contains_key("QLinearConcat") && !operations.contains_key("DequantizeLinear"));

    let tensors: BTreeMap<&str, &TensorProto> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
    let scales = floats(tensors["layer_02_conv_weight_scale"]);
    let bytes = &tensors["layer_02_conv_weight_quantized"].raw_data;
    assert_eq!(scales.len(), 64);
    for (filter, weights) in bytes.chunks(bytes.len() / 64).enumerate() {
        let most = weights.iter().map(|b| b.cast_signed().unsigned_abs()).max();
        assert_eq!(most, Some(127), "filter {filter} uses the whole of its bytes");
    }
    // Rows of the heads' matrices are channels: 256 of them, times 255 filters.
    assert_eq!(tensors["head_stride_16_weight_quantized"].dims, [256, 255]);
}

/// Bytes are only copied where a concatenation's inputs mean the same by them.
#[test]
fn all_inputs_of_a_concatenation_share_one_scale() {
    let graph = graph(source(), &Recipe::tuned(), TUNED);
    let scale_of = |tensor: &str| -> Option<String> {
        let node = graph.node.iter().find(|node| node.output.iter().any(|t| t == tensor))?;
        let at = match node.op_type.as_str() {
            "QLinearConv" => 6,
            "QLinearLeakyRelu" => 3,
            _ => return None,
        };
        Some(node.input[at].clone())
    };
    let mut met = 0;
    for node in graph.node.iter().filter(|node| node.op_type == "Concat") {
        let scales: Vec<String> = node.input.iter().filter_map(|t| scale_of(t)).collect();
        assert!(scales.windows(2).all(|pair| pair[0] == pair[1]), "{}: {scales:?}", node.name);
        met += usize::from(scales.len() > 1);
    }
    assert!(met >= 5, "only {met} concatenations could be looked at");
}

#[test]
fn excluded_nodes_stay_in_float_and_the_model_says_so() {
    let recipe = Recipe::card().with_float(&["layer_00_conv".into()]);
    let (table, path) = table(CARD);
    let built = source().quantized(&recipe, &table, &path).unwrap();
    assert_eq!(built.file, "yolov4-tiny-416_int8_card-custom.onnx");
    let graph = ModelProto::decode(built.bytes.as_slice()).unwrap().graph.unwrap();
    let kinds: Vec<&str> = graph.node[..3].iter().map(|n| n.op_type.as_str()).collect();
    // Its leaky ReLU stays in float with it, and then bytes begin.
    assert_eq!(kinds, ["Conv", "LeakyRelu", "QuantizeLinear"]);
}

#[test]
fn a_table_of_another_method_is_refused() {
    let (table, path) = table(CARD);
    let error = source().quantized(&Recipe::tuned(), &table, &path).unwrap_err();
    assert!(matches!(error, WorkshopError::Table { .. }), "{error}");
    assert!(error.to_string().contains("the method minmax, but the recipe tuned needs percentile"), "{error}");
}

/// Each mistake in a recipe, and what is said about it.
#[test]
fn a_bad_recipe_is_told_what_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.json");
    let good = r#"{"name": "mine", "weights": "tensor", "ranges": "minmax", "concat": "own", "float": []}"#;
    let quantize = |recipe: &Path| {
        let out = dir.path().join("out.onnx");
        let table = models().join(CARD);
        let mut command = twinsight();
        command.args(["models", "quantize", "--recipe"]).arg(recipe).arg("--table").arg(table).arg("-o").arg(out);
        Run::of(&mut command)
    };
    for (from, to, said) in [
        ("\"own\"}", "", "cannot be read"),
        ("\"tensor\"", "\"row\"", "unknown variant `row`, expected one of `tensor`, `channel`, `no overflow`"),
        ("\"minmax\"", "\"percentile 200\"", "use minmax, percentile 50 to 100, entropy or mse"),
        ("\"float\"", "\"floats\"", "unknown field `floats`"),
        ("\"mine\"", "\"../mine\"", "letters, digits, - and _"),
        ("\"mine\"", "\"tuned\"", "rename it"),
        (
            "[]",
            "[\"layer_99\"]",
            "names the node layer_99, which the network does not have; its nodes are layer_00_conv,",
        ),
        ("\"float\": []", "\"float_output\": [\"layer_00_conv\"]", "it is not a 1×1 convolution"),
    ] {
        let text = if from == "\"own\"}" { good[..good.len() - 1].to_owned() } else { good.replace(from, to) };
        assert_ne!(text, good);
        std::fs::write(&path, text).unwrap();
        let run = quantize(&path);
        assert!(run.error().contains(said), "{to}: {}", run.err);
    }
    assert!(quantize(Path::new("tunde")).error().starts_with("there is no recipe tunde; built in are card, tuned"));
    assert!(quantize(&dir.path().join("none.json")).error().starts_with("cannot read "));
    std::fs::write(&path, good).unwrap();
    assert_eq!(quantize(&path).code, 0);
}
