use prost::Message;

use super::*;
use crate::detect::{Classes, Form};
use crate::model::Precision;
use crate::model::metadata::Metadata;
use crate::onnx::{AttributeProto, TensorProto};
use crate::workshop::export::float_onnx;

fn node(name: &str, op: GraphOp, inputs: &[&str], outputs: &[(&str, u32, u32)]) -> Node {
    let tensor = |(name, channels, side): &(&str, u32, u32)| GraphTensor {
        name: (*name).into(),
        shape: TensorShape { channels: *channels, size: Size::new(*side, *side) },
    };
    let inputs = inputs.iter().map(|i| (*i).to_owned()).collect();
    Node { name: name.into(), op, inputs, outputs: outputs.iter().map(tensor).collect() }
}

fn conv(input_channels: u32, filters: u32, size: u32, stride: u32) -> GraphOp {
    let padding = [size / 2; 4];
    let weights = (0..filters * input_channels * size * size).map(|i| i as f32 * 0.25 - 1.0).collect();
    let biases = (0..filters).map(|i| i as f32 - 0.5).collect();
    GraphOp::Conv(FoldedConv { input_channels, filters, size, stride, padding, weights, biases })
}

/// One of each operation, on an input of 64×64.
fn graph() -> Graph {
    let pool = MaxPool { size: 2, stride: 2, padding: [0; 4] };
    let nodes = vec![
        node("a", conv(3, 4, 3, 2), &["images"], &[("a", 4, 32)]),
        node("leaky", GraphOp::LEAKY, &["a"], &[("leaky", 4, 32)]),
        node("split", GraphOp::Split, &["leaky"], &[("split_0", 2, 32), ("split_1", 2, 32)]),
        node("both", GraphOp::Concat, &["split_1", "leaky"], &[("both", 6, 32)]),
        node("pool", GraphOp::MaxPool(pool), &["both"], &[("pool", 6, 16)]),
        node("head_stride_4", conv(6, 7, 1, 1), &["pool"], &[("head_stride_4", 7, 16)]),
        node("up", GraphOp::Upsample { factor: 2 }, &["pool"], &[("up", 6, 32)]),
        node("head_stride_2", conv(6, 7, 1, 1), &["up"], &[("head_stride_2", 7, 32)]),
    ];
    let input = node("", GraphOp::Concat, &[], &[("images", 3, 64)]).outputs.remove(0);
    let outputs = [7, 5].map(|place: usize| nodes[place].outputs[0].clone()).to_vec();
    Graph { input, nodes, outputs }
}

fn model() -> ModelProto {
    let form = Form { classes: Classes::new(["a", "b"]), ..Form::yolov4_tiny_416() };
    let metadata = Metadata {
        form,
        precision: Precision::Fp32,
        recipe: "float".into(),
        leaky_slope: None,
        weights_sha256: None,
        calibration_sha256: None,
    };
    ModelProto::decode(float_onnx(&graph(), &metadata).as_slice()).unwrap()
}

/// What becomes of the model after a change to its graph.
fn changed(change: impl FnOnce(&mut GraphProto)) -> Result<Graph, ImportError> {
    let mut model = model();
    change(model.graph.as_mut().unwrap());
    import(&model.encode_to_vec(), Size::new(64, 64))
}

fn of<'a>(graph: &'a mut GraphProto, name: &str) -> &'a mut NodeProto {
    graph.node.iter_mut().find(|node| node.name == name).unwrap()
}

fn set(node: &mut NodeProto, attribute: AttributeProto) {
    node.attribute.retain(|a| a.name != attribute.name);
    node.attribute.push(attribute);
}

#[test]
fn what_was_written_is_read_back_whole() {
    assert_eq!(changed(|_| ()).unwrap(), graph());
}

#[test]
fn another_writers_ways_make_no_difference() {
    let read = changed(|graph| {
        // Weights as inputs too, values outside of raw_data, constants as nodes, no names, a batch left open.
        graph.input.extend(graph.initializer.iter().map(|t| ValueInfoProto::f32(&t.name, &t.dims)));
        for tensor in &mut graph.initializer {
            tensor.float_data = tensor.raw_data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            tensor.raw_data.clear();
        }
        let place = graph.initializer.iter().position(|t| t.name == "a_bias").unwrap();
        let bias = graph.initializer.remove(place);
        graph.input.retain(|input| input.name != "a_bias");
        let mut value = AttributeProto { name: "value".into(), r#type: 4, ..AttributeProto::default() };
        value.t = Some(TensorProto { name: String::new(), ..bias });
        let constant = NodeProto {
            output: vec!["a_bias".into()],
            op_type: "Constant".into(),
            attribute: vec![value],
            ..NodeProto::default()
        };
        graph.node.insert(0, constant);
        let shape = graph.input[0].r#type.as_mut().and_then(|t| t.tensor_type.as_mut()).and_then(|t| t.shape.as_mut());
        shape.unwrap().dim[0].dim_value = None;
        let up = of(graph, "up");
        set(up, AttributeProto::string("coordinate_transformation_mode", "half_pixel"));
        set(up, AttributeProto::string("nearest_mode", "round_prefer_floor"));
        up.input.truncate(2);
        up.input.extend([String::new(), "sizes".into()]);
        let raw_data = [1i64, 6, 32, 32].iter().flat_map(|v| v.to_le_bytes()).collect();
        let sizes =
            TensorProto { dims: vec![4], data_type: 7, name: "sizes".into(), raw_data, ..TensorProto::default() };
        graph.initializer.push(sizes);
        set(of(graph, "both"), AttributeProto::int("axis", -3));
        graph.node.iter_mut().for_each(|node| node.name.clear());
        // Coarsest first.
        graph.output.reverse();
    });
    // Nodes without a name have that of what they put out.
    let mut expected = graph();
    expected.nodes[2].name = "split_0".into();
    assert_eq!(read.unwrap(), expected);
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    type Change = fn(&mut GraphProto);
    let cases: [(Change, &str); 15] = [
        (|g| of(g, "leaky").op_type = "Mish".into(), "the node leaky, Mish: of activations only Relu and LeakyRelu"),
        (|g| of(g, "leaky").op_type = "BatchNormalization".into(), "only constant scales, means and variances"),
        (
            |g| of(g, "leaky").domain = "com.microsoft".into(),
            "com.microsoft.LeakyRelu: it comes from ONNX Runtime's optimizer",
        ),
        (|g| of(g, "leaky").op_type = "QLinearConv".into(), "already INT8 (its node leaky)"),
        (|g| set(of(g, "leaky"), AttributeProto::float("alpha", 1.5)), "its slope is 1.5"),
        (|g| set(of(g, "a"), AttributeProto::int("group", 3)), "it is grouped"),
        (|g| set(of(g, "a"), AttributeProto::ints("strides", &[2, 1])), "strides is not the same"),
        (|g| set(of(g, "a"), AttributeProto::ints("strides", &[0, 0])), "in steps of 0"),
        (|g| g.initializer.retain(|t| t.name != "a_weight"), "its weights are not a float32 constant"),
        (|g| g.initializer.iter_mut().for_each(|t| t.dims[0] += 1), "its weights are not a float32 constant"),
        (|g| set(of(g, "split"), AttributeProto::int("axis", 2)), "does not split channels"),
        (|g| of(g, "both").input[0] = "nothing".into(), "its input nothing is not computed"),
        (|g| set(of(g, "up"), AttributeProto::string("mode", "linear")), "does not repeat each pixel"),
        (|g| g.output[0].name = "gone".into(), "outputs gone, which nothing"),
        (|g| of(g, "pool").attribute.clear(), "its window of 0"),
    ];
    for (change, words) in cases {
        let error = changed(change).unwrap_err().to_string();
        assert!(error.contains(words), "{words:?} is not in {error:?}");
    }
    let size = Size::new(64, 64);
    let no_graph = ImportError::Normal(NormalError::NoGraph);
    assert!(matches!(import(b"no model", size), Err(ImportError::Onnx(_) | ImportError::Normal(NormalError::NoGraph))));
    assert_eq!(import(&[], size), Err(no_graph));
    assert_eq!(changed(|g| g.input.clear()), Err(ImportError::Inputs(0)));
    assert_eq!(changed(|g| g.input[0] = ValueInfoProto::f32("images", &[1, 1, 64, 64])), Err(ImportError::Input));
}
