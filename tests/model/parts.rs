//! Small parts of a float model, as sessions of their own.

use prost::Message;
use twinsight::model::{Catalog, RawSession, Runtime};
use twinsight::onnx::{
    GraphProto, IR_VERSION, ModelProto, NodeProto, OPSET, OperatorSetIdProto, TensorProto, ValueInfoProto,
};

use crate::program::models;

/// ONNX's number of the type bool.
const BOOL: i32 = 9;

fn part(op: &str, constants: Vec<TensorProto>) -> RawSession {
    let read = constants.iter().map(|constant| constant.name.clone());
    let node = NodeProto {
        op_type: op.into(),
        input: [String::from("x")].into_iter().chain(read).collect(),
        output: vec!["y".into()],
        ..NodeProto::default()
    };
    let graph = GraphProto {
        name: "part".into(),
        node: vec![node],
        initializer: constants,
        input: vec![ValueInfoProto::f32("x", &[1, 2, 3, 1])],
        output: vec![ValueInfoProto::f32_of_any_shape("y")],
        ..GraphProto::default()
    };
    let opset = OperatorSetIdProto { domain: String::new(), version: OPSET };
    let model =
        ModelProto { ir_version: IR_VERSION, graph: Some(graph), opset_import: vec![opset], ..ModelProto::default() };
    RawSession::part(&Runtime::find(&Catalog::at(models())).unwrap(), &model.encode_to_vec(), 1).unwrap()
}

#[test]
fn the_shape_of_an_output_is_known_before_a_picture_comes() {
    let mut inferred = part("LeakyRelu", Vec::new());
    assert_eq!(inferred.output_shape(), Ok(vec![1, 2, 3, 1]));
    // How many values are left follows from values, so that ONNX Runtime leaves it open.
    let some = TensorProto {
        dims: vec![6],
        data_type: BOOL,
        name: "some".into(),
        raw_data: vec![1, 0, 1, 1, 0, 1],
        ..TensorProto::default()
    };
    let mut open = part("Compress", vec![some]);
    assert_eq!(open.output_shape(), Ok(vec![4]));
    let mut found = Vec::new();
    open.run(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], |_, _, values| found.extend_from_slice(values)).unwrap();
    assert_eq!(found, [0.0, 2.0, 3.0, 5.0]);
}
