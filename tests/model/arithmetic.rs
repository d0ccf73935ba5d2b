//! INT8 means the same on every processor: the program's sessions, checked against an independent reference.
//!
//! The tests pass on processors with and without VNNI, and report which of the two this one is.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use twinsight::detect::{Form, RawHeads};
use twinsight::integer::{Element, Executor, Network, Sums, Values};
use twinsight::model::{Arithmetic, Catalog, Detector, ModelName, ModelRequest, RawSession, Runtime, SessionDetector};
use twinsight::onnx::{self, AttributeProto, FLOAT, ModelProto, NodeProto, ValueInfoProto};

use crate::golden::{Golden, crc32, crc32_of_floats, picture};
use crate::program::{installed, models, twinsight};

fn runtime() -> Runtime {
    Runtime::find(&Catalog::at(models())).unwrap_or_else(|e| panic!("{e}: run make setup"))
}

fn heads(path: &Path, arithmetic: Arithmetic) -> RawHeads {
    let request = ModelRequest::new(ModelName::File(path.to_owned()), arithmetic.clone());
    let mut detector = SessionDetector::open(&runtime(), &Catalog::at(models()), &request).unwrap();
    assert_eq!(detector.info().arithmetic, Some(arithmetic));
    let mut heads = RawHeads::default();
    detector.run(&picture(), &mut heads).unwrap();
    heads
}

fn bits(heads: &RawHeads) -> Vec<Vec<u32>> {
    heads.heads.iter().map(|head| head.iter().map(|value| value.to_bits()).collect()).collect()
}

/// The model with every tensor as an output in float32, which holds any byte.
fn exposed(model: &[u8]) -> Vec<u8> {
    let network = Network::read(model).unwrap();
    let is_float: HashMap<&str, bool> =
        network.tensors().iter().map(|t| (t.name.as_str(), t.element.bytes() == 4)).collect();
    let mut model = ModelProto::decode(model).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let names: Vec<String> = graph.node.iter().flat_map(|node| node.output.clone()).collect();
    graph.output.clear();
    for name in names {
        let (op, attribute) = if is_float[name.as_str()] {
            ("Identity", vec![])
        } else {
            ("Cast", vec![AttributeProto::int("to", FLOAT.into())])
        };
        let output = format!("{name}/shown");
        graph.output.push(ValueInfoProto::f32_of_any_shape(&output));
        let node = NodeProto { op_type: op.into(), input: vec![name], attribute, ..NodeProto::default() };
        graph.node.push(NodeProto { name: output.clone(), output: vec![output], ..node });
    }
    model.encode_to_vec()
}

/// By tensor: whether the session's values are those of the golden.
fn tensors(golden: &Golden, arithmetic: &Arithmetic) -> Vec<(String, bool)> {
    let mut session = RawSession::from_bytes(&runtime(), &exposed(&golden.model), 2, arithmetic).unwrap();
    let mut found = Vec::new();
    let is_float = |name: &str| {
        let network = Network::read(&golden.model).unwrap();
        network.tensor(name).unwrap().element.bytes() == 4
    };
    let floats: Vec<&String> = golden.tensors.keys().filter(|name| is_float(name)).collect();
    session
        .run(&picture(), |name, _, values| {
            let name = name.strip_suffix("/shown").unwrap().to_owned();
            let crc = if floats.contains(&&name) {
                crc32_of_floats(values)
            } else {
                crc32(&values.iter().map(|value| *value as u8).collect::<Vec<u8>>())
            };
            found.push((name.clone(), crc == golden.tensors[&name]));
        })
        .unwrap();
    assert_eq!(found.len(), golden.tensors.len());
    found
}

/// tests/reference/integer.py: NumPy with exact integer sums.
#[test]
fn every_tensor_is_that_of_exact_sums_on_this_processor() {
    let native_is_exact = runtime().self_test().unwrap().native_is_exact();
    eprintln!("this processor's plain INT8 kernels are {}", if native_is_exact { "exact" } else { "not exact" });
    for golden in Golden::read("integer.json") {
        let differing: Vec<String> =
            tensors(&golden, &Arithmetic::Exact).into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
        assert!(differing.is_empty(), "{}: {differing:?} differ", golden.file);
    }
}

/// Where the plain kernels are exact, `native` is `exact`. On x86-64 without VNNI it is what tests/reference/saturating.py
/// recorded there; elsewhere it is only known to differ.
#[test]
fn native_is_what_the_plain_kernels_of_this_processor_give() {
    let native_is_exact = runtime().self_test().unwrap().native_is_exact();
    let golden = if native_is_exact { "integer.json" } else { "integer_saturating.json" };
    for golden in Golden::read(golden) {
        let found = tensors(&golden, &Arithmetic::Native);
        let differing = found.iter().filter(|(_, same)| !same).count();
        assert_eq!(differing, 0, "{}: of {}", golden.file, found.len());
    }
}

/// Raw heads to the last bit, by the detector that the window uses.
#[test]
fn raw_heads_of_the_detector_are_exact_to_the_last_bit() {
    let form = Form::yolov4_tiny_416();
    for Golden { file, tensors, .. } in Golden::read("integer.json") {
        let heads = heads(&installed(&file), Arithmetic::Exact);
        for (head, values) in form.heads.iter().zip(&heads.heads) {
            assert_eq!(
                crc32_of_floats(values),
                tensors[&format!("head_stride_{}", head.stride)],
                "{file}, {}",
                head.stride
            );
        }
    }
}

#[test]
fn the_self_test_takes_no_time_worth_speaking_of() {
    let runtime = runtime();
    let took = runtime.self_test().unwrap().took;
    eprintln!("the self-test took {took:?}");
    // 30 ms are promised of the release build on a machine that does nothing else; an emulated one takes a second.
    assert!(took.as_secs() < 2, "{took:?}");
    assert!(std::ptr::eq(runtime.self_test().unwrap(), runtime.self_test().unwrap()), "once a process");
}

fn quantized(recipe: &str, dir: &Path) -> std::path::PathBuf {
    let path = dir.join(format!("{recipe}.onnx"));
    let made = twinsight().args(["models", "quantize", "--recipe", recipe, "-o"]).arg(&path).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    path
}

/// Signed activations are what `quantize_static` makes by default: 128 less on every byte.
#[test]
fn signed_activations_give_the_same_raw_heads_as_unsigned_ones() {
    let dir = tempfile::tempdir().unwrap();
    let signed = quantized("card-signed", dir.path());
    let unsigned = heads(&installed("yolov4-tiny-416_int8_qop.onnx"), Arithmetic::Exact);
    assert_eq!(bits(&heads(&signed, Arithmetic::Exact)), bits(&unsigned));

    let bytes = std::fs::read(&signed).unwrap();
    let model = ModelProto::decode(bytes.as_slice()).unwrap();
    assert!(onnx::has_signed_activations(&model));
    let rewritten = onnx::with_unsigned_activations(&bytes).unwrap();
    assert_eq!(onnx::with_unsigned_activations(&rewritten), None, "there is nothing left to rewrite");
    // The same values in integers too, of the file as it is.
    let network = Network::read(&bytes).unwrap();
    assert!(network.tensors().iter().any(|tensor| tensor.element == Element::I8));
    let mut executor = Executor::new(Arc::new(network));
    executor.run(&picture(), Sums::Exact).unwrap();
    for (head, values) in Form::yolov4_tiny_416().heads.iter().zip(&unsigned.heads) {
        assert_eq!(executor.values(&format!("head_stride_{}", head.stride)), Some(Values::F32(values.clone())));
    }
}

#[test]
fn a_safe_model_is_exact_on_every_processor() {
    let path = installed("yolov4-tiny-416_int8_safe.onnx");
    let bytes = std::fs::read(&path).unwrap();
    let integers = onnx::Integers::of(&bytes).unwrap();
    assert_eq!((integers.overflowing, integers.signed), (0, false));
    assert!(integers.filters > 1000, "{integers:?}");
    let [exact, native] = [Arithmetic::Exact, Arithmetic::Native].map(|arithmetic| bits(&heads(&path, arithmetic)));
    assert!(exact == native, "its plain kernels overflow on this processor");
    // And on processors without VNNI, whatever this one is.
    let mut executor = Executor::new(Arc::new(Network::read(&bytes).unwrap()));
    let mut of = |sums| {
        executor.run(&picture(), sums).unwrap();
        let names = ["head_stride_16", "head_stride_32"];
        let bits = |name: &str| match executor.values(name).unwrap() {
            Values::F32(values) => values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>(),
            other => panic!("{other:?}"),
        };
        names.map(bits).to_vec()
    };
    assert_eq!([of(Sums::Exact), of(Sums::Saturating)], [exact.clone(), exact]);
}
