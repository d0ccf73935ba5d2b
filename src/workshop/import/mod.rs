//! Reads a float model in ONNX back as a graph, so that a network of which there is nothing else can be quantized.
//!
//! What a yolov4-tiny needs is read, as this program and others write it: convolutions with their batch norm folded,
//! leaky ReLU, parts of channels, concatenation, max pooling, and pixels repeated. Anything else is refused by name.

use std::collections::HashMap;

use prost::Message;

use super::darknet::{ConvLayer, MaxPool, TensorShape};
use super::graph::{FoldedConv, Graph, GraphOp, GraphTensor, LEAKY_SLOPE, Node};
use crate::detect::Size;
use crate::onnx::{Attributes, Constants, GraphProto, ModelProto, NodeProto, ValueInfoProto};

/// Of each side of the input, in pixels, and of a tensor's channels.
const MAX_SIDE: i64 = 1 << 14;

/// Why a model cannot be read as a graph. Each is the end of a sentence that begins with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("is not an ONNX model ({0})")]
    Onnx(String),
    #[error("has no graph")]
    NoGraph,
    #[error("has {0} inputs, not one")]
    Inputs(usize),
    #[error("does not have an input of float32 [1, 3, height, width] with height and width given")]
    Input,
    #[error("outputs {0}, which nothing in it computes")]
    Output(String),
    #[error("is already INT8 (its node {0}); pass the float model it was built from")]
    Int8(String),
    /// `operation`: as "Conv" or "ai.example.Conv".
    #[error("has the node {node}, {operation}: {why}")]
    Node { node: String, operation: String, why: String },
}

/// The graph of a float model's bytes. Convolutions that put out a raw head are named as this program names them, as
/// `head_stride_16`; tensors keep their names.
pub fn import(bytes: &[u8]) -> Result<Graph, ImportError> {
    let model = ModelProto::decode(bytes).map_err(|e| ImportError::Onnx(e.to_string()))?;
    let graph = model.graph.ok_or(ImportError::NoGraph)?;
    let constants = Constants::of(&graph);
    let input = input(&graph, &constants)?;
    let mut reader =
        GraphReader { constants, shapes: HashMap::from([(input.name.clone(), input.shape)]), nodes: Vec::new() };
    for (place, node) in graph.node.iter().enumerate().filter(|(_, node)| node.op_type != "Constant") {
        reader.node(node, place)?;
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

fn input(graph: &GraphProto, constants: &Constants<'_>) -> Result<GraphTensor, ImportError> {
    // Older writers list the weights as inputs too.
    let mut inputs = graph.input.iter().filter(|input| !constants.has(&input.name));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(ImportError::Inputs(graph.input.iter().filter(|i| !constants.has(&i.name)).count()));
    };
    match input.dims().as_deref() {
        Some([-1 | 1, 3, height, width]) if [height, width].iter().all(|side| (1..=MAX_SIDE).contains(*side)) => {
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
    fn node(&mut self, node: &NodeProto, place: usize) -> Result<(), ImportError> {
        let operation =
            if node.domain.is_empty() { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) };
        let shown = if node.name.is_empty() { format!("at place {place}") } else { node.name.clone() };
        if operation.contains("QLinear") || operation.contains("QuantizeLinear") || operation.contains("Integer") {
            return Err(ImportError::Int8(shown));
        }
        let refused = |why: String| ImportError::Node { node: shown.clone(), operation: operation.clone(), why };
        let attributes = Attributes(&node.attribute);
        let (op, inputs, outputs) = match operation.as_str() {
            "Conv" => self.conv(node, attributes),
            "LeakyRelu" => self.leaky(node, attributes),
            "Split" => self.split(node, attributes),
            "Concat" => self.concat(node, attributes),
            "MaxPool" => self.pool(node, attributes),
            "Resize" => self.upsample(node, attributes),
            "BatchNormalization" => {
                Err("first fold it into the preceding convolution, as exporters that simplify do".into())
            }
            _ => Err("only Conv, LeakyRelu, Split, Concat, MaxPool and Resize are supported".into()),
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
        // Nodes are told apart by their names, which ONNX does not ask for.
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
            return Err(format!("its weights are {dims:?} for {} channels: not square, or grouped", before.channels));
        }
        if attributes.int("group", 1)? != 1 || attributes.pair("dilations", 1)? != 1 {
            return Err("it is grouped or dilated".into());
        }
        if attributes.pair("kernel_shape", side)? != side {
            return Err("its kernel_shape is not that of its weights".into());
        }
        let stride = attributes.pair("strides", 1)?;
        let [padding, rest @ ..] = attributes.pads()?;
        if rest != [padding; 3] {
            return Err("its padding differs between sides".into());
        }
        let biases = match node.input.get(2).filter(|name| !name.is_empty()) {
            None => vec![0.0; filters as usize],
            Some(name) => match self.constants.floats(name) {
                Some((dims, biases)) if dims == [filters] => biases,
                _ => return Err("its biases are not a float32 constant with one value per filter".into()),
            },
        };
        let along = |length: u32| window(length, side, stride, 2 * i64::from(padding));
        let size = Size::new(along(before.size.width)?, along(before.size.height)?);
        let conv = ConvLayer {
            input_channels: before.channels,
            filters: filters as u32,
            size: side as u32,
            stride: stride as u32,
            padding,
            // Folded, or never there; and what follows is a node of its own.
            batch_normalize: false,
            leaky: false,
        };
        let shape = TensorShape { channels: filters as u32, size };
        Ok((GraphOp::Conv(FoldedConv { conv, weights, biases }), vec![from], vec![shape]))
    }

    fn leaky(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, shape) = self.read(node, 0)?;
        let slope = attributes.float("alpha", 0.01);
        if (slope - LEAKY_SLOPE).abs() > 1e-6 {
            return Err(format!("its slope is {slope}; only darknet's {LEAKY_SLOPE} is supported"));
        }
        Ok((GraphOp::LeakyRelu, vec![from], vec![shape]))
    }

    fn split(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        let parts = node.output.len().max(1) as u32;
        let channels = before.channels / parts;
        let sizes = match node.input.get(1).filter(|name| !name.is_empty()) {
            Some(name) => self.constants.ints(name).ok_or("its split sizes are not constant")?,
            None => attributes.ints("split"),
        };
        let equal = sizes.iter().all(|size| *size == i64::from(channels)) && channels * parts == before.channels;
        if !attributes.is_along_channels(0)? || !equal {
            return Err("it does not split the channels into equal parts".into());
        }
        Ok((GraphOp::Split, vec![from], vec![TensorShape { channels, ..before }; parts as usize]))
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
        let (size, stride) = (attributes.pair("kernel_shape", 0)?, attributes.pair("strides", 1)?);
        let padding = attributes.pads()?;
        let [top, left, bottom, right] = padding.map(i64::from);
        let (width, height) = (before.size.width, before.size.height);
        let after = Size::new(window(width, size, stride, left + right)?, window(height, size, stride, top + bottom)?);
        let pool = MaxPool { size: size as u32, stride: stride as u32, padding };
        Ok((GraphOp::MaxPool(pool), vec![from], vec![TensorShape { size: after, ..before }]))
    }

    fn upsample(&self, node: &NodeProto, attributes: Attributes<'_>) -> Result<Read, String> {
        let (from, before) = self.read(node, 0)?;
        let (width, height) = (before.size.width, before.size.height);
        let given = |place: usize| node.input.get(place).filter(|name| !name.is_empty());
        let factors: [f32; 4] = if let Some(sizes) = given(3) {
            let sizes = self.constants.ints(sizes).ok_or("its sizes are not constant")?;
            let [n, c, h, w] = sizes[..] else { return Err("its sizes are not four".into()) };
            [n as f32, c as f32 / before.channels as f32, h as f32 / height as f32, w as f32 / width as f32]
        } else {
            let scales = given(2).and_then(|name| self.constants.floats(name)).ok_or("its scales are not constant")?;
            scales.1.try_into().map_err(|_| "its scales are not four")?
        };
        let factor = factors[2] as u32;
        if factors != [1.0, 1.0, factor as f32, factor as f32] || !(1..=64).contains(&factor) {
            return Err(format!("it upsamples by {factors:?}, not both sides by the same integer"));
        }
        let mode = |name, default| attributes.text(name, default);
        let repeats =
            match (mode("coordinate_transformation_mode", "half_pixel"), mode("nearest_mode", "round_prefer_floor")) {
                ("asymmetric", "floor") => true,
                // The middles of two pixels lie at a quarter and three quarters: no rounding is in doubt.
                ("half_pixel" | "pytorch_half_pixel", "round_prefer_floor" | "round_prefer_ceil") => factor == 2,
                _ => false,
            };
        if mode("mode", "nearest") != "nearest" || !repeats {
            return Err("it does not repeat pixels (mode nearest, asymmetric, floor)".into());
        }
        let (Some(width), Some(height)) = (width.checked_mul(factor), height.checked_mul(factor)) else {
            return Err("it is too large".into());
        };
        Ok((GraphOp::Upsample { factor }, vec![from], vec![TensorShape { size: Size::new(width, height), ..before }]))
    }
}

/// An operation, the tensors that it reads, and the shapes of what it puts out.
type Read = (GraphOp, Vec<String>, Vec<TensorShape>);

/// How many places a window has along one side; `padding` of both ends together.
fn window(length: u32, size: i64, stride: i64, padding: i64) -> Result<u32, String> {
    let room = i64::from(length) + padding - size;
    if !(1..=MAX_SIDE).contains(&size) || !(1..=MAX_SIDE).contains(&stride) || room < 0 {
        return Err(format!("its window of {size}, in steps of {stride}, does not fit on {length} pixels"));
    }
    u32::try_from(room / stride + 1).map_err(|_| "it is too large".into())
}

#[cfg(test)]
mod tests;
