//! Writes a graph as ONNX, in float.

use prost::Message;

use super::darknet::{MaxPool, TensorShape};
use super::graph::{FoldedConv, Graph, GraphOp, GraphTensor, Node};
use crate::model::metadata::Metadata;
use crate::onnx::{
    AttributeProto, GraphProto, IR_VERSION, MICROSOFT, ModelProto, NodeProto, OPSET, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, ValueInfoProto,
};

/// The float model's bytes, always the same for the same graph.
pub fn float_onnx(graph: &Graph, metadata: &Metadata) -> Vec<u8> {
    let (nodes, initializers) = float_nodes(graph);
    encode(graph, &graph.outputs, nodes, initializers, &metadata.to_props())
}

/// The same network with every tensor that it computes as an output, for calibration.
pub fn exposed_onnx(graph: &Graph) -> Vec<u8> {
    let (nodes, initializers) = float_nodes(graph);
    let all: Vec<GraphTensor> = graph.activations().cloned().collect();
    encode(graph, &all, nodes, initializers, &[])
}

/// A model's bytes. The operator sets are those that its nodes need.
pub(super) fn encode(
    graph: &Graph,
    outputs: &[GraphTensor],
    node: Vec<NodeProto>,
    initializer: Vec<TensorProto>,
    props: &[(String, String)],
) -> Vec<u8> {
    let value = |tensor: &GraphTensor| ValueInfoProto::f32(&tensor.name, &dims(tensor.shape));
    let mut opset_import = vec![OperatorSetIdProto { domain: String::new(), version: OPSET }];
    if node.iter().any(|n| n.domain == MICROSOFT) {
        opset_import.push(OperatorSetIdProto { domain: MICROSOFT.into(), version: 1 });
    }
    let prop = |(key, value): &(String, String)| StringStringEntryProto { key: key.clone(), value: value.clone() };
    let model = ModelProto {
        ir_version: IR_VERSION,
        // Without a version, so that a new one of this program gives the same bytes.
        producer_name: "twinsight".into(),
        graph: Some(GraphProto {
            node,
            name: "detector".into(),
            initializer,
            input: vec![value(&graph.input)],
            output: outputs.iter().map(value).collect(),
            ..GraphProto::default()
        }),
        opset_import,
        metadata_props: props.iter().map(prop).collect(),
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

/// Batch, channels, height, width.
fn dims(shape: TensorShape) -> [i64; 4] {
    [1, shape.channels.into(), shape.size.height.into(), shape.size.width.into()]
}

fn float_nodes(graph: &Graph) -> (Vec<NodeProto>, Vec<TensorProto>) {
    let mut initializers = Vec::new();
    let nodes = graph.nodes.iter().map(|node| float_node(node, &mut initializers)).collect();
    (nodes, initializers)
}

/// A node as it is in the float model; its weights go to `initializers`.
pub(super) fn float_node(node: &Node, initializers: &mut Vec<TensorProto>) -> NodeProto {
    let mut input = node.inputs.clone();
    match &node.op {
        GraphOp::Conv(folded) => {
            let (weight, bias) = (format!("{}_weight", node.name), format!("{}_bias", node.name));
            initializers.push(TensorProto::f32(&weight, &weight_dims(folded), &folded.weights));
            initializers.push(TensorProto::f32(&bias, &[folded.filters.into()], &folded.biases));
            input.extend([weight, bias]);
        }
        GraphOp::Upsample { factor } => {
            // Resize's second input, a region, is left out.
            input.extend([String::new(), upsample_scales(node, *factor, initializers)]);
        }
        GraphOp::Split => input.extend(split_sizes(node, initializers)),
        GraphOp::Pad(pads) => input.push(pad_ends(node, *pads, initializers)),
        GraphOp::LeakyRelu { .. } | GraphOp::Concat | GraphOp::MaxPool(_) => {}
    }
    plain_node(node, input)
}

/// The node with these inputs.
pub(super) fn plain_node(node: &Node, input: Vec<String>) -> NodeProto {
    NodeProto {
        input,
        output: node.outputs.iter().map(|t| t.name.clone()).collect(),
        name: node.name.clone(),
        op_type: op_type(&node.op).into(),
        attribute: attributes(&node.op),
        ..NodeProto::default()
    }
}

pub(super) fn weight_dims(conv: &FoldedConv) -> [i64; 4] {
    [conv.filters.into(), conv.input_channels.into(), conv.size.into(), conv.size.into()]
}

/// Adds the tensor that tells Resize its factors, and gives its name.
pub(super) fn upsample_scales(node: &Node, factor: u32, initializers: &mut Vec<TensorProto>) -> String {
    let name = format!("{}_scales", node.name);
    initializers.push(TensorProto::f32(&name, &[4], &[1.0, 1.0, factor as f32, factor as f32]));
    name
}

/// Adds the tensor that tells Split its sizes where they differ, and gives its name.
pub(super) fn split_sizes(node: &Node, initializers: &mut Vec<TensorProto>) -> Option<String> {
    let sizes: Vec<i64> = node.outputs.iter().map(|part| part.shape.channels.into()).collect();
    if sizes.iter().all(|size| *size == sizes[0]) {
        return None;
    }
    let name = format!("{}_sizes", node.name);
    initializers.push(TensorProto::i64(&name, &[sizes.len() as i64], &sizes));
    Some(name)
}

/// Adds the tensor that tells Pad how much, and gives its name.
pub(super) fn pad_ends(node: &Node, pads: [u32; 4], initializers: &mut Vec<TensorProto>) -> String {
    let [top, left, bottom, right] = pads.map(i64::from);
    let name = format!("{}_pads", node.name);
    initializers.push(TensorProto::i64(&name, &[8], &[0, 0, top, left, 0, 0, bottom, right]));
    name
}

pub(super) fn op_type(op: &GraphOp) -> &'static str {
    match op {
        GraphOp::Conv(_) => "Conv",
        GraphOp::LeakyRelu { .. } => "LeakyRelu",
        GraphOp::Split => "Split",
        GraphOp::Concat => "Concat",
        GraphOp::MaxPool(_) => "MaxPool",
        GraphOp::Upsample { .. } => "Resize",
        GraphOp::Pad(_) => "Pad",
    }
}

pub(super) fn attributes(op: &GraphOp) -> Vec<AttributeProto> {
    match op {
        GraphOp::Conv(folded) => {
            let FoldedConv { size, stride, padding, .. } = *folded;
            window(size, stride, padding)
        }
        GraphOp::LeakyRelu { slope } => vec![AttributeProto::float("alpha", *slope)],
        GraphOp::Split | GraphOp::Concat => vec![AttributeProto::int("axis", 1)],
        GraphOp::MaxPool(MaxPool { size, stride, padding }) => window(*size, *stride, *padding),
        // Output pixel i reads input pixel floor(i / factor): darknet's repetition of pixels.
        GraphOp::Upsample { .. } => vec![
            AttributeProto::string("coordinate_transformation_mode", "asymmetric"),
            AttributeProto::string("mode", "nearest"),
            AttributeProto::string("nearest_mode", "floor"),
        ],
        // Zeros are its default.
        GraphOp::Pad(_) => Vec::new(),
    }
}

fn window(size: u32, stride: u32, pads: [u32; 4]) -> Vec<AttributeProto> {
    vec![
        AttributeProto::ints("kernel_shape", &[size, size]),
        AttributeProto::ints("pads", &pads),
        AttributeProto::ints("strides", &[stride, stride]),
    ]
}
