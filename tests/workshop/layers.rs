//! `twinsight layers`: correct figures, and the layers really responsible.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::Value;
use twinsight::detect::Form;
use twinsight::model::Arithmetic;
use twinsight::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use twinsight::workshop::layers::{LayerModels, LayerNoise, Layers, LayersError, Study};

use crate::not_checked::not_checked;
use crate::photos::photos;
use crate::program::{installed, twinsight};
use crate::run::Run;
use crate::stock::runtime;

/// Both models of a network of the stock form.
fn layers(float: &[u8], int8: &[u8]) -> Result<Layers, LayersError> {
    let form = Form::yolov4_tiny_416();
    Layers::new(&runtime(), LayerModels { float, int8, form: &form, arithmetic: &Arithmetic::Exact })
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(installed(name)).unwrap()
}

#[derive(serde::Deserialize)]
struct Golden {
    propagated: f64,
    isolated: Option<f64>,
}

/// tests/reference/layers.py: onnxruntime in Python with all tensors as outputs, NumPy for the rest, on an input
/// that is the same everywhere.
#[test]
fn noise_is_what_numpy_finds() {
    let text = std::fs::read_to_string(crate::program::root().join("tests/data/layers.json")).unwrap();
    let golden: BTreeMap<String, Golden> = serde_json::from_str(&text).unwrap();
    let (float, int8) = (file("yolov4-tiny-416_float.onnx"), file("yolov4-tiny-416_int8_qop.onnx"));
    let mut layers = layers(&float, &int8).unwrap();
    let input: Vec<f32> = (0..3 * 416 * 416usize).map(|i| ((i * 7919 % 256) as f64 / 255.0) as f32).collect();
    layers.add(&input).unwrap();
    let found = layers.layers();
    assert_eq!((found.len(), golden.len()), (58, 58));
    for layer in found {
        let golden = &golden[&layer.tensor];
        let close = |ours: f64, theirs: f64| (ours - theirs).abs() < 0.05;
        assert!(close(layer.propagated, golden.propagated), "{}: {} dB", layer.tensor, layer.propagated);
        match (layer.isolated, golden.isolated) {
            (Some(ours), Some(theirs)) => assert!(close(ours, theirs), "{}: {ours}, and {theirs}", layer.tensor),
            (ours, theirs) => assert_eq!(ours, theirs, "{}", layer.tensor),
        }
    }
}

#[test]
fn the_two_heads_of_the_card_recipe_hurt_the_most() {
    let out = Run::of(twinsight().args(["layers", "--worst", "--json"]).args(photos())).done();
    let report: Value = serde_json::from_str(&out).unwrap();
    let layers = report["layers"].as_array().unwrap();
    let mut worst: Vec<&str> = layers[..2].iter().map(|l| l["node"].as_str().unwrap()).collect();
    worst.sort_unstable();
    assert_eq!(worst, ["head_stride_16_quant", "head_stride_32_quant"]);
    let shares: f64 = layers.iter().filter_map(|l| l["share"].as_f64()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    assert_eq!(report["pictures"], 2);
    let table = Run::of(twinsight().args(["layers", "--worst"]).args(photos())).done();
    assert!(table.contains("  overflow ppm ") && table.contains("\noverflow ppm: of a million pairs"), "{table}");
    // What the first convolution would overflow without VNNI, and what that does to the boxes.
    let first = layers.iter().find(|l| l["node"] == "layer_00_conv_quant").unwrap();
    assert!(first["overflow_per_million"].as_f64().unwrap() > 1000.0, "{first}");
    assert!(layers.iter().all(|l| l["overflow_per_million"].is_null() != (l["op"] == "QLinearConv")));
    let overflow = &report["overflow"];
    let [boxes, moved] = ["boxes", "moved"].map(|key| overflow[key].as_u64().unwrap());
    let changed = overflow["changed"].as_array().unwrap().len() as u64;
    let others: u64 = ["lost", "gained", "class_flips"].iter().map(|key| overflow[*key].as_u64().unwrap()).sum();
    assert!(boxes >= 5 && changed == moved + others && changed > 0, "{overflow}");
}

#[test]
fn heads_that_put_out_float_have_next_to_no_noise_of_their_own() {
    let (float, int8) = (file("yolov4-tiny-416_float.onnx"), file("yolov4-tiny-416_int8_tuned.onnx"));
    let mut layers = layers(&float, &int8).unwrap();
    layers.add(&vec![0.4; 3 * 416 * 416]).unwrap();
    let layers = layers.layers();
    let head = layers.iter().find(|l| l.tensor == "head_stride_16").unwrap();
    assert_eq!(head.op, "MatMulIntegerToFloat");
    assert!(head.isolated.unwrap() > 40.0, "{head:?}");
    assert_eq!(layers.len(), 58);
}

fn measured(arithmetic: &Arithmetic, input: &[f32]) -> Vec<LayerNoise> {
    let (float, int8) = (file("yolov4-tiny-416_float.onnx"), file("yolov4-tiny-416_int8_tuned.onnx"));
    let form = Form::yolov4_tiny_416();
    let models = LayerModels { float: &float, int8: &int8, form: &form, arithmetic };
    let mut layers = Layers::new(&runtime(), models).unwrap();
    layers.add(input).unwrap();
    layers.layers()
}

/// How far an arithmetic is from exact is known layer by layer, and from the first rounding on it does not go away.
#[test]
fn bytes_that_differ_from_exact_are_counted_in_every_layer() {
    let input: Vec<f32> = (0..3 * 416 * 416usize).map(|i| ((i * 7919 % 256) as f64 / 255.0) as f32).collect();
    let exact = measured(&Arithmetic::Exact, &input);
    assert!(exact.iter().all(|layer| layer.differing.is_none()));
    for arithmetic in [Arithmetic::Saturating, Arithmetic::named("m16").unwrap()] {
        let found = measured(&arithmetic, &input);
        let share = |tensor: &str| found.iter().find(|layer| layer.tensor == tensor).unwrap().differing.unwrap();
        assert_eq!(share("images"), 0.0, "a picture's bytes are the same on every chip");
        // A multiplier of 16 bits rounds all sums of the first layer as the exact one does.
        let first = share("layer_00_conv") > 0.0;
        assert_eq!(first, arithmetic == Arithmetic::Saturating, "{arithmetic}: {found:?}");
        assert!(share("head_stride_16") > 0.01, "{arithmetic}: {found:?}");
        assert!(found.iter().all(|layer| (0.0..=1.0).contains(&layer.differing.unwrap())));
        for (exact, found) in exact.iter().zip(&found) {
            assert_eq!((&exact.tensor, &exact.shape), (&found.tensor, &found.shape));
            assert!(found.differing.unwrap() > 0.0 || exact.propagated == found.propagated, "{}", exact.tensor);
        }
    }
    // ONNX Runtime's sessions by another way: the same figures, where its plain kernels are exact.
    if !runtime().self_test().unwrap().native_is_exact() {
        not_checked("layers in ONNX Runtime", "this processor's plain kernels overflow");
        return;
    }
    for (ours, theirs) in exact.iter().zip(measured(&Arithmetic::Native, &input)) {
        let close = |a: f64, b: f64| a == b || (a - b).abs() < 0.01;
        assert!(close(ours.propagated, theirs.propagated), "{ours:?} {theirs:?}");
        let [ours_alone, theirs_alone] = [ours.isolated, theirs.isolated].map(|db| db.unwrap_or(0.0));
        assert!(close(ours_alone, theirs_alone), "{ours:?} {theirs:?}");
    }
}

/// What follows a convolution in float is float too, a split of channels among it, and is rounded after it.
#[test]
fn whatever_stays_in_float_can_be_measured() {
    let float = file("yolov4-tiny-416_float.onnx");
    let dir = tempfile::tempdir().unwrap();
    for layer in ["layer_02_conv", "layer_10_leaky", "layer_18_conv"] {
        let out = dir.path().join("made.onnx");
        let mut command = twinsight();
        command.args(["models", "quantize", "--recipe", "card", "--exclude", layer, "-o"]).arg(&out);
        Run::of(&mut command).done();
        let mut layers = layers(&float, &std::fs::read(out).unwrap()).unwrap();
        layers.add(&vec![0.4; 3 * 416 * 416]).unwrap();
        let found = layers.layers();
        let noise = found.iter().map(|layer| layer.propagated).fold(f64::INFINITY, f64::min);
        // A grey picture is little signal.
        assert!(found.len() > 50 && noise > -3.0, "{layer}: {} rows, {noise} dB", found.len());
    }
}

fn changed(name: &str, change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let mut model = ModelProto::decode(file(name).as_slice()).unwrap();
    change(model.graph.as_mut().unwrap());
    model.encode_to_vec()
}

/// Nodes need no names in ONNX, and constants may be nodes. What is measured stays the same.
#[test]
fn files_that_say_the_same_otherwise_have_the_same_figures() {
    let [float, int8] = ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx"];
    let unnamed = |graph: &mut GraphProto| graph.node.iter_mut().for_each(|node| node.name.clear());
    let constants = |graph: &mut GraphProto| {
        let (small, large) = std::mem::take(&mut graph.initializer).into_iter().partition(|t| t.dims.is_empty());
        graph.initializer = large;
        let node = |tensor: twinsight::onnx::TensorProto| NodeProto {
            output: vec![tensor.name.clone()],
            op_type: "Constant".into(),
            attribute: vec![AttributeProto {
                name: "value".into(),
                t: Some(tensor),
                r#type: 4,
                ..AttributeProto::default()
            }],
            ..NodeProto::default()
        };
        let small: Vec<twinsight::onnx::TensorProto> = small;
        assert!(small.len() > 100, "{}", small.len());
        graph.node.splice(..0, small.into_iter().map(node));
    };
    let figures = |float: &[u8], int8: &[u8]| {
        let mut layers = layers(float, int8).unwrap();
        layers.count_overflows(int8);
        layers.add_and_try(&vec![0.4; 3 * 416 * 416], None, &mut || Ok(())).unwrap();
        let found = Study::of(&layers).layers.into_iter();
        found.map(|one| (LayerNoise { node: String::new(), ..one.layer }, one.overflowing)).collect::<Vec<_>>()
    };
    let as_they_are = figures(&file(float), &file(int8));
    assert_eq!(as_they_are.iter().filter(|(_, overflowing)| overflowing.is_some()).count(), 21);
    assert_eq!(figures(&changed(float, unnamed), &changed(int8, unnamed)), as_they_are, "without names");
    assert_eq!(figures(&file(float), &changed(int8, constants)), as_they_are, "constants as nodes");
}

#[test]
fn other_shapes_and_too_many_values_are_refused() {
    let [float, int8] = ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx"];
    let smaller = changed(int8, |graph| graph.input = vec![ValueInfoProto::f32("images", &[1, 3, 320, 320])]);
    let why = layers(&file(float), &smaller).err().unwrap().to_string();
    assert_eq!(why, "both together do not run: images has another shape than the float model's");
    // An output of 2³⁴ times the input's channels.
    let boundless = changed(float, |graph| {
        let mut before = "images".to_owned();
        for step in 0..34 {
            let output = format!("doubled_{step}");
            graph.node.push(NodeProto {
                input: vec![before.clone(), before],
                output: vec![output.clone()],
                name: output.clone(),
                op_type: "Concat".into(),
                attribute: vec![AttributeProto::int("axis", 1)],
                ..NodeProto::default()
            });
            before = output;
        }
        graph.output.push(ValueInfoProto::f32_of_any_shape(&before));
    });
    let why = layers(&boundless, &file(int8)).err().unwrap().to_string();
    assert!(why.contains("values; use a smaller input"), "{why}");
}

#[test]
fn models_that_cannot_be_compared_are_refused() {
    let float = file("yolov4-tiny-416_float.onnx");
    let refused = |a: &[u8], b: &[u8]| layers(a, b).err().unwrap();
    assert_eq!(refused(&float, &float), LayersError::NotQuantized);
    assert!(matches!(refused(b"no model", &float), LayersError::Float(_)));
    assert!(matches!(refused(&float, b"no model"), LayersError::Int8(_)));
    let run = Run::of(twinsight().args(["layers", "--b", "fp32"]).args(photos()));
    assert!(run.error().contains("yolov4-tiny-416_float.onnx: it has no QLinear nodes"), "{run:?}");
}
