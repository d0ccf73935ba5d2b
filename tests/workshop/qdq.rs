//! Models in the QDQ form: float operators between pairs of QuantizeLinear and DequantizeLinear.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use prost::Message;
use twinsight::integer::{Network, Values};
use twinsight::model::{Arithmetic, Catalog, RawSession};
use twinsight::onnx::{Attributes, GraphProto, INT32, IntegerForm, Integers, ModelProto, TensorProto};
use twinsight::workshop::rebuild::ModelOrigin;
use twinsight::workshop::{CalibrationFrame, Calibrator, ModelFile, Recipe, read_metadata};

use crate::chips::built;
use crate::golden::picture;
use crate::not_checked::not_checked;
use crate::program::{models, twinsight};
use crate::run::Run;
use crate::small_network::Shop;
use crate::stock::{runtime, source};

fn twins(name: &str) -> [ModelFile; 2] {
    let recipe = Recipe::find(name).unwrap();
    let path = models().join(source().table_name(&recipe));
    let table = twinsight::workshop::CalibrationTable::read(&path).unwrap();
    let qdq = source().quantized(&recipe.clone().with_format(IntegerForm::Qdq), &table, &path).unwrap();
    [built(source(), &recipe), qdq]
}

fn graph(file: &ModelFile) -> GraphProto {
    ModelProto::decode(file.bytes.as_slice()).unwrap().graph.unwrap()
}

fn constants(graph: &GraphProto) -> BTreeMap<&str, &TensorProto> {
    graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect()
}

const NAMES: [&str; 6] = ["card", "tuned", "safe", "vitis-like", "zynq", "m7"];

/// Standard operators alone, every tensor between two pairs, every number that of the QOperator form.
#[test]
fn all_recipes_have_this_form_with_the_same_numbers() {
    for name in NAMES {
        let [qoperator, qdq] = twins(name);
        assert_eq!(qdq.file, format!("yolov4-tiny-416_int8_{name}-qdq.onnx"));
        assert_eq!(Integers::of(&qoperator.bytes).unwrap().form, IntegerForm::QOperator);
        let of = Integers::of(&qdq.bytes).unwrap();
        assert_eq!((of.form, of.signed), (IntegerForm::Qdq, Integers::of(&qoperator.bytes).unwrap().signed));
        let (ours, theirs) = (graph(&qdq), graph(&qoperator));
        let operations: BTreeSet<&str> = ours.node.iter().map(|node| node.op_type.as_str()).collect();
        let wanted =
            ["Concat", "Conv", "DequantizeLinear", "LeakyRelu", "MaxPool", "QuantizeLinear", "Resize", "Split"];
        assert_eq!(operations, BTreeSet::from(wanted), "{name}");
        assert!(ours.node.iter().all(|node| node.domain.is_empty()));

        let rounded: HashSet<&str> =
            ours.node.iter().filter(|n| n.op_type == "DequantizeLinear").map(|n| n.output[0].as_str()).collect();
        let in_float = Recipe::find(name).unwrap().float_output.len() * 2;
        let (ours, theirs) = (constants(&ours), constants(&theirs));
        for node in graph(&qdq).node.iter().filter(|node| !node.op_type.ends_with("uantizeLinear")) {
            let is_constant = |input: &&String| ours.contains_key(input.as_str());
            for input in node.input.iter().filter(|input| !input.is_empty() && !is_constant(input)) {
                assert!(rounded.contains(input.as_str()), "{name}: {} reads {input}", node.name);
            }
        }
        let (mut pairs, mut biases) = (0, 0);
        for node in graph(&qdq).node.iter().filter(|node| node.op_type == "DequantizeLinear") {
            let tensor = ours.get(node.input[0].as_str());
            // One scale a filter, along the first axis.
            let many = ours[node.input[1].as_str()].dims.len();
            assert_eq!(Attributes(&node.attribute).int("axis", -1).unwrap(), if many == 1 { 0 } else { -1 });
            match tensor {
                Some(tensor) if tensor.data_type == INT32 => biases += 1,
                Some(_) => {}
                None => pairs += 1,
            }
        }
        assert_eq!(biases, 21 - in_float, "{name}");
        // The input, 21 convolutions, 19 leaky ReLUs, 3 pools, 7 concatenations, 3 splits in two, and an upsampling.
        assert_eq!(pairs, 1 + 21 - in_float + 19 + 3 + 7 + 6 + 1, "{name}");
        for (tensor, wanted) in theirs {
            // A matrix of the heads is the other way round; and float biases are named alike.
            if !tensor.starts_with("head_") || in_float == 0 {
                assert_eq!(ours.get(tensor), Some(&wanted), "{name}, {tensor}");
            }
        }
    }
}

/// Every tensor of a model in the integer engine.
fn tensors(file: &ModelFile, input: &[f32]) -> BTreeMap<String, Option<Values>> {
    let network = Arc::new(Network::read(&file.bytes).unwrap_or_else(|e| panic!("{}: {e}", file.file)));
    let mut plan = Arithmetic::Exact.plan(&network, true).unwrap();
    plan.run(input).unwrap();
    network.tensors().iter().map(|tensor| (tensor.name.clone(), plan.values(&tensor.name))).collect()
}

fn same_tensors([qoperator, qdq]: &[ModelFile; 2], input: &[f32]) {
    let (wanted, found) = (tensors(qoperator, input), tensors(qdq, input));
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{}", qdq.file);
    assert!(wanted.values().flatten().count() > 10);
    for (tensor, wanted) in &wanted {
        assert!(found[tensor] == *wanted, "{}: {tensor} differs", qdq.file);
    }
}

/// Under the same names, byte for byte; after each recipe, of a network that makes its tables in a moment.
#[test]
fn the_integer_engine_computes_the_tensors_of_the_other_form() {
    let shop = Shop::new();
    let source = shop.source();
    let mut calibrator = Calibrator::new(&shop.runtime(), &source).unwrap();
    let frame = twinsight::source::load(&shop.picture("calibration", 0)).unwrap();
    calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    let input: Vec<f32> = (0..3 * 64 * 64).map(|i| ((i * 7919 % 256) as f64 / 255.0) as f32).collect();
    for name in ["card", "card-signed", "tuned", "safe", "zynq", "m7"] {
        let recipe = Recipe::find(name).unwrap();
        let table = calibrator.table(recipe.ranges, recipe.grids_of_ranges());
        let built = |recipe: &Recipe| source.quantized(recipe, &table, &shop.path("table")).unwrap();
        same_tensors(&[built(&recipe), built(&recipe.clone().with_format(IntegerForm::Qdq))], &input);
    }
}

#[test]
fn the_integer_engine_computes_the_tensors_of_the_other_form_on_a_picture() {
    for name in ["tuned", "zynq"] {
        same_tensors(&twins(name), &picture());
    }
}

/// Exact arithmetic is that of the QOperator form, in ONNX Runtime as in the integer engine.
#[test]
fn exact_heads_are_those_of_the_other_form() {
    for name in NAMES {
        let [wanted, found] = twins(name).map(|file| {
            let mut session = RawSession::from_bytes(&runtime(), &file.bytes, 2, &Arithmetic::Exact).unwrap();
            let mut heads = Vec::new();
            session.run(&picture(), |head, _, values| heads.push((head.to_owned(), values.to_vec()))).unwrap();
            heads
        });
        for ((head, wanted), (other, found)) in wanted.iter().zip(&found) {
            assert_eq!((head, wanted.len()), (other, found.len()));
            assert!(wanted == found, "{name}, {head}");
        }
    }
}

/// ONNX Runtime itself joins pairs with their operators: it computes the same bytes of the file as it is. Not with int8
/// activations, where it rounds ties elsewhere: then a quarter of the values of zynq's heads differ on one photo.
#[test]
fn native_heads_are_those_of_the_other_form() {
    let runtime = runtime();
    if !runtime.self_test().unwrap().native_is_exact() {
        not_checked("QDQ models as they are", "this processor's plain kernels overflow");
        return;
    }
    for name in NAMES.into_iter().filter(|name| !["vitis-like", "zynq"].contains(name)) {
        let in_float = !Recipe::find(name).unwrap().float_output.is_empty();
        let [wanted, found] = twins(name).map(|file| {
            let mut session = RawSession::from_bytes(&runtime, &file.bytes, 2, &Arithmetic::Native).unwrap();
            let mut heads = Vec::new();
            session.run(&picture(), |head, _, values| heads.push((head.to_owned(), values.to_vec()))).unwrap();
            heads
        });
        for ((head, wanted), (_, found)) in wanted.iter().zip(&found) {
            // Heads that put out float add in float, here and there in another order.
            let most = if in_float { 1e-3 } else { 0.0 };
            let apart = wanted.iter().zip(found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart <= most, "{name}, {head}: {apart}");
        }
    }
}

#[test]
fn the_program_makes_it_runs_it_and_names_its_form() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tuned-qdq.onnx");
    let mut quantize = twinsight();
    quantize.args(["models", "quantize", "--recipe", "tuned", "--format", "qdq", "-o"]).arg(&path);
    Run::of(&mut quantize).done();
    assert_eq!(std::fs::read(&path).unwrap(), twins("tuned")[1].bytes);
    let (_, _, metadata) = read_metadata(&path).unwrap();
    assert_eq!(metadata.unwrap().recipe, "tuned-qdq");

    let mut list = twinsight();
    let out = Run::of(list.env("TWINSIGHT_MODELS", dir.path()).args(["models", "list"]));
    // The folder has no sums.
    assert!(out.err.contains("sums.json"), "{out:?}");
    std::fs::write(dir.path().join("sums.json"), "{}").unwrap();
    let mut list = twinsight();
    let out = Run::of(list.env("TWINSIGHT_MODELS", dir.path()).args(["models", "list"])).done();
    assert!(out.lines().any(|line| line.contains("tuned-qdq") && line.contains("QDQ, 3216 of 3614 filters")), "{out}");
    assert!(!out.contains("partly in float"), "{out}");

    let mut detect = twinsight();
    detect.args(["detect", "--json", "--model"]).arg(&path).arg(models().join("downloads/bus.jpg"));
    let line: serde_json::Value = serde_json::from_str(&Run::of(&mut detect).done()).unwrap();
    assert!(line["detections"].as_array().unwrap().len() >= 4, "{line}");

    // Its recipe and its table lie beside it: it can be rebuilt, in its form.
    let origin = ModelOrigin::near(&Catalog::at(models()), &path, None).unwrap();
    assert_eq!(origin.recipe().format, IntegerForm::Qdq);
    let rebuilt = origin.with_float(&["layer_00_conv".into()]).unwrap().save(&[dir.path().to_owned()]).unwrap();
    let model = ModelProto::decode(std::fs::read(rebuilt).unwrap().as_slice()).unwrap();
    let first: Vec<&str> = model.graph.as_ref().unwrap().node[..3].iter().map(|n| n.op_type.as_str()).collect();
    assert_eq!(first, ["Conv", "LeakyRelu", "QuantizeLinear"]);

    let mut wrong = twinsight();
    wrong.args(["models", "quantize", "--format", "qop", "-o"]).arg(&path);
    let run = Run::of(&mut wrong);
    assert!(run.code == 2 && run.err.contains("[possible values: qoperator, qdq]"), "{run:?}");
}
