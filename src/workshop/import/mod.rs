//! Reads a float model in ONNX back as a graph, so that a network of which there is nothing else can be quantized.
//!
//! ```text
//! any exporter's ONNX ── onnx::normalized ──▶ one normal form ── GraphReader ──▶ Graph
//! ```
//!
//! What a yolov4-tiny needs is read, as this program and others write it. Anything else is refused by name, with what to
//! do instead.

mod advice;

use std::collections::HashMap;

use prost::Message;

use self::advice::advice;
use super::darknet::{MaxPool, TensorShape};
use super::graph::{FoldedConv, Graph, GraphOp, GraphTensor, Node};
use crate::detect::Size;
use crate::onnx::{
    Attributes, Constants, GraphProto, ModelProto, NodeProto, NormalError, ValueInfoProto, normalized, operation, shown,
};

/// Of each side of the input, in pixels, and of a tensor's channels.
const MAX_SIDE: i64 = 1 << 14;

/// Why a model cannot be read as a graph. Each is the end of a sentence that begins with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("is not an ONNX model ({0})")]
    Onnx(String),
    #[error(transparent)]
    Normal(#[from] NormalError),
    #[error("has {0} inputs, not one")]
    Inputs(usize),
    #[error("does not have a float32 input [1, 3, height, width]; export it with one")]
    Input,
    #[error("outputs {0}, which nothing in it computes")]
    Output(String),
    #[error("is already INT8 (its node {0}); pass the float model it was built from")]
    Int8(String),
    /// `operation`: as "Conv" or "ai.example.Conv".
    #[error("has the node {node}, {operation}: {why}")]
    Node { node: String, operation: String, why: String },
}

/// The graph of a float model's bytes. `size`: the input's where the model leaves it open. Convolutions that put out a raw
/// head are named as this program names them, as `head_stride_16`; tensors keep their names.
pub fn import(bytes: &[u8], size: Size) -> Result<Graph, ImportError> {
    let model = ModelProto::decode(bytes).map_err(|e| ImportError::Onnx(e.to_string()))?;
    let integer = model.graph.iter().flat_map(|graph| &graph.node).find(|node| is_integer(&node.op_type));
    if let Some(node) = integer {
        return Err(ImportError::Int8(shown(node)));
    }
    let graph = normalized(model, [size.height, size.width])?.model.graph.ok_or(NormalError::NoGraph)?;
    let constants = Constants::of(&graph);
    let input = input(&graph)?;
    let mut reader =
        GraphReader { constants, shapes: HashMap::from([(input.name.clone(), input.shape)]), nodes: Vec::new() };
    for node in &graph.node {
        reader.node(node)?;
    }
    let GraphReader { shapes, mut nodes, .. } = reader;
    let mut outputs = Vec::with_capacity(graph.output.len());
    for ValueInfoProto { name, .. } in graph.output {
        let Some(shape) = shapes.get(&name).copied() else { return Err(ImportError::Output(name)) };
        if let Some(head) = nodes.iter_mut().find(|n| n.outputs[0].name == name && matches!(n.op, GraphOp::Conv(_))) {
            head.name = format!("head_stride_{}", input.shape.size.height / shape.size.height.max(1));
        }
        outputs.push(GraphTensor { name, shape });
    }
    // The finest grid first.
    outputs.sort_by_key(|output| std::cmp::Reverse(output.shape.size.area()));
    Ok(Graph { input, nodes, outputs })
}

fn is_integer(operation: &str) -> bool {
    operation.contains("QLinear") || operation.contains("QuantizeLinear") || operation.contains("Integer")
}

fn input(graph: &GraphProto) -> Result<GraphTensor, ImportError> {
    let [input] = graph.input.as_slice() else { return Err(ImportError::Inputs(graph.input.len())) };
    match input.dims().as_deref() {
        Some([1, 3, height, width]) if [height, width].iter().all(|side| (1..=MAX_SIDE).contains(*side)) => {
            let size = Size::new(*width as u32, *height as u32);
            Ok(GraphTensor { name: input.name.clone(), shape: TensorShape { channels: 3, size } })
        }
        _ => Err(ImportError::Input),
    }
}

struct GraphReader<'a> {
    constants: Constants<'a>,
    /// Of every tensor so far.
    shapes: HashMap<String, TensorShape>,
    nodes: Vec<Node>,
}

impl GraphReader<'_> {
    fn node(&mut self, node: &NodeProto) -> Result<(), ImportError> {
        let operation = operation(node);
        let refused = |why: String| ImportError::Node { node: shown(node), operation: operation.clone(), why };
        let attributes = Attributes(&node.attribute);
        let (op, inputs, outputs) = match operation.as_str() {
            "Conv" => self.conv(node, attributes),
            "LeakyRelu" => self.leaky(node, attributes),
            "Split" => self.split(node, attributes),
            "Concat" => self.concat(node, attributes),
            "MaxPool" => self.pool(node, attributes),
            "Resize" => self.upsample(node, attributes),
            "Pad" => self.pad(node, attributes),
            other => Err(advice(other).into()),
        }
        .map_err(refused)?;
        let names: Vec<&String> = node.output.iter().filter(|name| !name.is_empty()).collect();
        if names.len() != outputs.len() || names.len() != node.output.len() {
            return Err(refused(format!("it has {} outputs, not {}", names.len(), outputs.len())));
        }
        let outputs: Vec<GraphTensor> =
            names.into_iter().zip(outputs).map(|(name, shape)| GraphTensor { name: name.clone(), shape }).collect();
        for GraphTensor { name, shape } in &outputs {
            if self.shapes.insert(name.clone(), *shape).is_some() {
                return Err(refused(format!("it outputs {name}, which already exists")));
            }
        }
        // Nodes are told apart by their names, which ONNX does not ask for, nor to differ.
        let taken = |name: &str| self.nodes.iter().any(|n| n.name == name);
        let name = if node.name.is_empty() || taken(&node.name) { &outputs[0].name } else { &node.name };
        self.nodes.push(Node { name: name.clone(), op, inputs, outputs });
        Ok(())
    }

    /// The tensor that a node reads at `place`, and its shape.
    fn read(&self, node: &NodeProto, place: usize) -> Result<(String, TensorShape), String> {
        let name = node.input.get(place).filter(|name| !name.is_empty()).ok_or("an input is missing")?;
        let shape = self.shapes.get(name).ok_or_else(|| format!("its input {name} is not computed before it"))?;
        Ok((name.clone(), *shape))
    }

    fn conv(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        let weights = node.input.get(1).and_then(|name| self.constants.floats(name));
        let Some((dims, weights)) = weights else { return Err("its weights are not a float32 constant".into()) };
        let [filters, input_channels, side, other] = dims[..] else {
            return Err(format!("its weights are {dims:?}, not four-dimensional"));
        };
        if !(1..=MAX_SIDE).contains(&filters)
            || input_channels != i64::from(before.channels)
            || side != other
            || side < 1
        {
            return Err(format!(
                "its weights are {dims:?} for {} channels: not square, or grouped; only plain convolutions are supported",
                before.channels
            ));
        }
        if attributes.int("group", 1)? != 1 || (side > 1 && attributes.pair("dilations", 1)? != 1) {
            return Err("it is grouped or dilated, and only plain convolutions are supported".into());
        }
        if attributes.pair("kernel_shape", side)? != side {
            return Err("its kernel_shape is not that of its weights".into());
        }
        let stride = attributes.pair("strides", 1)?;
        let padding = attributes.pads()?;
        let biases = match node.input.get(2).filter(|name| !name.is_empty()) {
            None => vec![0.0; filters as usize],
            Some(name) => match self.constants.floats(name) {
                Some((dims, biases)) if dims == [filters] => biases,
                _ => return Err("its biases are not a float32 constant with one value per filter".into()),
            },
        };
        let size = window(before.size, side, stride, padding)?;
        let shape = TensorShape { channels: filters as u32, size };
        let (input_channels, filters, size, stride) = (before.channels, filters as u32, side as u32, stride as u32);
        let folded = FoldedConv { input_channels, filters, size, stride, padding, weights, biases };
        Ok((GraphOp::Conv(folded), vec![from], vec![shape]))
    }

    fn leaky(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, shape) = self.read(node, 0)?;
        let slope = attributes.float("alpha", 0.01);
        if !(0.0..=1.0).contains(&slope) {
            return Err(format!("its slope is {slope}; slopes from 0 to 1 are supported"));
        }
        Ok((GraphOp::LeakyRelu { slope }, vec![from], vec![shape]))
    }

    fn split(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        if !attributes.is_along_channels(0)? {
            return Err("it does not split channels (axis 1)".into());
        }
        let parts = node.output.len().max(1) as u32;
        let sizes = match node.input.get(1).filter(|name| !name.is_empty()) {
            Some(name) => self.constants.ints(name).ok_or("its split sizes are not constant")?,
            None => vec![i64::from(before.channels / parts); parts as usize],
        };
        let channels = i64::from(before.channels);
        let are_parts = sizes.iter().all(|size| (1..=channels).contains(size)) && sizes.iter().sum::<i64>() == channels;
        if !are_parts {
            return Err(format!("it splits {} channels into parts of {sizes:?}", before.channels));
        }
        let part = |size: i64| TensorShape { channels: size as u32, ..before };
        Ok((GraphOp::Split, vec![from], sizes.into_iter().map(part).collect()))
    }

    fn concat(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let read = (0..node.input.len()).map(|place| self.read(node, place)).collect::<Result<Vec<_>, _>>()?;
        let Some((_, first)) = read.first().cloned() else { return Err("it has no inputs".into()) };
        if !attributes.is_along_channels(-1)? || read.iter().any(|(_, shape)| shape.size != first.size) {
            return Err("it does not concatenate channels of the same height and width".into());
        }
        let channels = read.iter().map(|(_, shape)| shape.channels).sum();
        Ok((GraphOp::Concat, read.into_iter().map(|(name, _)| name).collect(), vec![TensorShape { channels, ..first }]))
    }

    fn pool(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        if attributes.int("ceil_mode", 0)? != 0 || attributes.pair("dilations", 1)? != 1 {
            return Err("it rounds up or is dilated".into());
        }
        let (side, stride) = (attributes.pair("kernel_shape", 0)?, attributes.pair("strides", 1)?);
        let padding = attributes.pads()?;
        let size = window(before.size, side, stride, padding)?;
        let pool = MaxPool { size: side as u32, stride: stride as u32, padding };
        Ok((GraphOp::MaxPool(pool), vec![from], vec![TensorShape { size, ..before }]))
    }

    fn pad(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        let only_zeros = "only zeros around rows and columns are supported";
        if attributes.text("mode", "constant") != "constant" || node.input.get(2).is_some_and(|name| !name.is_empty()) {
            return Err(format!("it pads with other values; {only_zeros}"));
        }
        let ends = node.input.get(1).and_then(|name| self.constants.ints(name)).ok_or("its pads are not constant")?;
        let [0, 0, top, left, 0, 0, bottom, right] = ends[..] else {
            return Err(format!("its pads are {ends:?}; {only_zeros}"));
        };
        let pads = [top, left, bottom, right];
        if !pads.iter().all(|pad| (0..=MAX_SIDE).contains(pad)) {
            return Err(format!("its pads are {ends:?}; {only_zeros}"));
        }
        let pads @ [top, left, bottom, right] = pads.map(|pad| pad as u32);
        let size = Size::new(before.size.width + left + right, before.size.height + top + bottom);
        Ok((GraphOp::Pad(pads), vec![from], vec![TensorShape { size, ..before }]))
    }

    fn upsample(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        let scales = node.input.get(2).and_then(|name| self.constants.floats(name)).map(|(_, scales)| scales);
        let text = |name, default| attributes.text(name, default);
        let repeats = text("mode", "nearest") == "nearest"
            && text("coordinate_transformation_mode", "half_pixel") == "asymmetric"
            && text("nearest_mode", "round_prefer_floor") == "floor";
        let factor = match scales.as_deref() {
            Some([1.0, 1.0, rows, columns]) if repeats && rows == columns && rows.fract() == 0.0 => *rows as u32,
            _ => {
                return Err(
                    "it does not repeat each pixel a whole number of times, the same along both sides; export \
                             it with nearest-neighbour upsampling"
                        .into(),
                );
            }
        };
        let side = |side: u32| side.checked_mul(factor).filter(|_| (1..=64).contains(&factor)).ok_or("it is too large");
        let size = Size::new(side(before.size.width)?, side(before.size.height)?);
        Ok((GraphOp::Upsample { factor }, vec![from], vec![TensorShape { size, ..before }]))
    }
}

/// An operation, the tensors that it reads, and the shapes of what it puts out.
type Read = (GraphOp, Vec<String>, Vec<TensorShape>);

/// How many places a window has along both sides. `padding`: top, left, bottom, right.
fn window(input: Size, size: i64, stride: i64, padding: [u32; 4]) -> Result<Size, String> {
    let [top, left, bottom, right] = padding.map(i64::from);
    let along = |length: u32, padding: i64| {
        let room = i64::from(length) + padding - size;
        if !(1..=MAX_SIDE).contains(&size) || !(1..=MAX_SIDE).contains(&stride) || room < 0 {
            return Err(format!("its window of {size}, in steps of {stride}, does not fit on {length} pixels"));
        }
        u32::try_from(room / stride + 1).map_err(|_| "it is too large".to_owned())
    };
    Ok(Size::new(along(input.width, left + right)?, along(input.height, top + bottom)?))
}

#[cfg(test)]
mod tests;
