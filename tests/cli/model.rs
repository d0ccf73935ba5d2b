//! `twinsight detect --model FILE` with third-party files, good and bad.

use std::path::{Path, PathBuf};

use prost::Message;
use twinsight::onnx::{
    AttributeProto, DimensionProto, GraphProto, IR_VERSION, ModelProto, NodeProto, OPSET, OperatorSetIdProto,
    TensorProto, ValueInfoProto,
};

use crate::detections::lines;
use crate::photos::photos;
use crate::program::{installed, twinsight};
use crate::run::Run;

fn detect_with(model: &Path) -> Run {
    Run::of(twinsight().args(["detect", "--json", "--model"]).arg(model).args(photos()))
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// One that ONNX Runtime runs: each output is the input.
fn identity(input: &[i64], outputs: usize) -> Vec<u8> {
    let name = |i| format!("out{i}");
    let node = |i| NodeProto {
        op_type: "Identity".into(),
        input: vec!["images".into()],
        output: vec![name(i)],
        ..NodeProto::default()
    };
    whole(GraphProto {
        node: (0..outputs).map(node).collect(),
        input: vec![ValueInfoProto::f32("images", input)],
        output: (0..outputs).map(|i| ValueInfoProto::f32(name(i), input)).collect(),
        ..GraphProto::default()
    })
}

/// One node on an image of this side, which reads one constant.
fn one_node(op: &str, side: i64, constant: TensorProto, attribute: Vec<AttributeProto>) -> Vec<u8> {
    let node = NodeProto {
        op_type: op.into(),
        input: vec!["images".into(), constant.name.clone()],
        output: vec!["out".into()],
        attribute,
        ..NodeProto::default()
    };
    whole(GraphProto {
        node: vec![node],
        initializer: vec![constant],
        input: vec![ValueInfoProto::f32("images", &[1, 3, side, side])],
        output: vec![ValueInfoProto::f32_of_any_shape("out")],
        ..GraphProto::default()
    })
}

fn whole(graph: GraphProto) -> Vec<u8> {
    let graph = GraphProto { name: "graph".into(), ..graph };
    let opset = OperatorSetIdProto { domain: String::new(), version: OPSET };
    ModelProto { ir_version: IR_VERSION, graph: Some(graph), opset_import: vec![opset], ..ModelProto::default() }
        .encode_to_vec()
}

fn float_model() -> ModelProto {
    let bytes = std::fs::read(installed("yolov4-tiny-416_float.onnx")).unwrap();
    ModelProto::decode(bytes.as_slice()).unwrap()
}

#[test]
fn a_file_that_is_no_model_gets_one_clear_line() {
    let files = Files::new();
    let whole = std::fs::read(installed("yolov4-tiny-416_float.onnx")).unwrap();
    for (path, words) in [
        (files.write("text.onnx", "not a model"), "is not a model that ONNX Runtime can read"),
        (files.write("empty.onnx", ""), "is not a model that ONNX Runtime can read"),
        (files.write("cut.onnx", &whole[..whole.len() / 2]), "is not a model that ONNX Runtime can read"),
        (files.0.path().to_owned(), "it is a folder, not a file"),
    ] {
        let run = detect_with(&path);
        assert!(run.error().contains(path.to_str().unwrap()) && run.error().contains(words), "{}", run.err);
        assert!(!run.err.contains("setup"), "set-up does not bring a file of the user's: {}", run.err);
    }
}

#[test]
fn a_model_of_another_form_is_told_apart() {
    let files = Files::new();
    for (name, bytes, words) in [
        ("small.onnx", identity(&[1, 3, 8, 8], 1), "its input is float32 [1, 3, 8, 8], not float32 [1, 3, 416, 416]"),
        ("flat.onnx", identity(&[1, 519_168], 1), "not float32 [1, 3, 416, 416]"),
        ("one-head.onnx", identity(&[1, 3, 416, 416], 1), "it has 1 output, but a model of its form has 2"),
        ("other-heads.onnx", identity(&[1, 3, 416, 416], 2), "no output is float32 [1, 255, 26, 26]; it has out0"),
    ] {
        let path = files.write(name, bytes);
        let run = detect_with(&path);
        let start = format!("{} is not a detector that Twinsight supports: ", path.display());
        assert!(run.error().starts_with(&start) && run.error().contains(words), "{}", run.err);
    }
}

#[test]
fn metadata_that_contradicts_the_model_is_told() {
    let files = Files::new();
    for (key, value, words) in [
        ("twinsight.format", "2", "format 2"),
        ("twinsight.input", "[320,320]", "not float32 [1, 3, 320, 320]"),
        ("twinsight.strides", "[16]", "different numbers of strides"),
        ("twinsight.strides", "[16,16]", "two heads have stride 16"),
        ("twinsight.anchors", "nonsense", "twinsight.anchors cannot be read"),
        ("twinsight.classes", r#"["cat"]"#, "no output is float32"),
    ] {
        let mut model = float_model();
        let prop = model.metadata_props.iter_mut().find(|p| p.key == key).unwrap();
        prop.value = value.into();
        let run = detect_with(&files.write("changed.onnx", model.encode_to_vec()));
        assert!(run.error().contains(words), "{key}: {}", run.err);
    }
}

/// As the published files, whose heads come in any order and which say nothing of themselves.
#[test]
fn a_model_without_metadata_simply_works() {
    let files = Files::new();
    let mut model = float_model();
    assert!(!model.metadata_props.is_empty());
    model.metadata_props.clear();
    model.graph.as_mut().unwrap().output.reverse();
    let bare = files.write("bare.onnx", model.encode_to_vec());

    let ours = lines(&Run::of(twinsight().args(["detect", "--json"]).args(photos())).done());
    let run = detect_with(&bare).done();
    assert!(run.contains(r#""precision":"unknown""#), "{run}");
    for (ours, theirs) in ours.iter().zip(&lines(&run)) {
        assert_eq!(ours.detections, theirs.detections);
    }
}

/// Dropped in the models folder under the names that the published files have.
#[test]
fn installed_without_metadata_it_still_is_fp32() {
    let files = Files::new();
    let mut model = float_model();
    model.metadata_props.clear();
    files.write("yolov4-tiny-416_float.onnx", model.encode_to_vec());
    let library = twinsight::model::Runtime::locate(&twinsight::model::Catalog::at(crate::program::models())).unwrap();
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", files.0.path()).env("ORT_DYLIB_PATH", library).args(["detect", "--json"]);
    let out = Run::of(command.args(photos())).done();
    assert!(out.contains(r#""precision":"fp32""#), "{out}");
}

/// What exporters call dynamic axes, and outputs whose shapes they leave out; in either order.
#[test]
fn an_open_input_size_is_that_of_the_form_and_heads_are_told_apart_all_the_same() {
    let files = Files::new();
    let ours = lines(&Run::of(twinsight().args(["detect", "--json"]).args(photos())).done());
    for (order, has_shapes, is_described) in
        [("fine", true, false), ("coarse", true, false), ("fine", false, false), ("coarse", false, true)]
    {
        let mut model = float_model();
        if !is_described {
            model.metadata_props.clear();
        }
        let graph = model.graph.as_mut().unwrap();
        if order == "coarse" {
            graph.output.reverse();
        }
        for value in graph.input.iter_mut().chain(&mut graph.output) {
            let shape = &mut value.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape;
            for place in [0, 2, 3] {
                let dim_param = Some(format!("{}_{place}", value.name));
                shape.as_mut().unwrap().dim[place] = DimensionProto { dim_param, ..DimensionProto::default() };
            }
            if !has_shapes && value.name != "images" {
                *shape = None;
            }
        }
        let path = files.write(&format!("{order}.onnx"), model.encode_to_vec());
        let run = detect_with(&path);
        assert_eq!(run.code, 0, "{run:?}");
        let says = run.err.contains("fine.onnx leaves its input size open; using 416×416")
            || run.err.contains("coarse.onnx leaves its input size open; using 416×416");
        assert_eq!(says, !is_described, "{}", run.err);
        for (ours, theirs) in ours.iter().zip(&lines(&run.out)) {
            assert_eq!(ours.detections, theirs.detections, "{order} {has_shapes}");
        }
    }
}

/// No box is found by a comparison with NaN: that is no reason to say that there is none.
#[test]
fn a_model_whose_outputs_are_not_finite_is_refused() {
    let files = Files::new();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut model = float_model();
        let weights = &mut model.graph.as_mut().unwrap().initializer;
        let bias = weights.iter_mut().find(|t| t.name == "head_stride_32_bias").unwrap();
        bias.raw_data[4..8].copy_from_slice(&bad.to_le_bytes());
        let run = detect_with(&files.write("bad.onnx", model.encode_to_vec()));
        let words =
            "the outputs of bad are not finite (NaN or infinity in the head of stride 32): its weights are damaged";
        assert!(run.error().starts_with(words), "{}", run.err);
    }
}

#[test]
fn a_window_larger_than_its_image_is_an_error() {
    let files = Files::new();
    let weights = TensorProto::f32("w", &[16, 3, 5, 5], &[0.5; 16 * 75]);
    let run = detect_with(&files.write("large.onnx", one_node("Conv", 1, weights, vec![])));
    assert!(
        run.error().contains("large.onnx is not a model that ONNX Runtime can read: the window of one of"),
        "{run:?}"
    );
}

/// A description helps nobody there: what to export does.
#[test]
fn decoded_outputs_are_told_what_to_export_instead() {
    let files = Files::new();
    let flat = TensorProto::i64("shape", &[3], &[1, 3 * 416, 416]);
    let run = detect_with(&files.write("decoded.onnx", one_node("Reshape", 416, flat, vec![])));
    let error = run.error();
    assert!(
        error.contains("its output out is float32 [1, 1248, 416]: it holds decoded boxes, not a raw head"),
        "{error}"
    );
    assert!(
        error.contains("export the model without its detection layer") && !error.contains("describe it"),
        "{error}"
    );
}
