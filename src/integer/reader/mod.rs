//! Reads an ONNX graph into a plan. Every size is checked before anything of that size is allocated.

mod constants;
mod moves;
mod products;
mod rounding;

use std::collections::HashMap;

use prost::Message;

use super::IntegerError;
use super::network::{Network, Op, Step};
use super::tensor::{Axes, Element, Shape, Tensor};
use crate::onnx::{Attributes, Constants, GraphProto, ModelProto, NodeProto, ValueInfoProto, in_integer_operators};

/// Limit for channels, for pixels along a side of a tensor or window, and for strides.
const MAX_SIDE: usize = 1 << 14;
/// Limit for all tensors together.
const MAX_BYTES: usize = 1 << 30;

const FORM: &str = "quantize the whole model, in ONNX's QOperator form (quant_format=QuantFormat.QOperator) or QDQ \
                    form, as `twinsight models build` does";

impl Network {
    /// Reads an ONNX file. Nodes that are read: `QuantizeLinear`, `DequantizeLinear`, `QLinearConv`, `MaxPool`,
    /// `Resize`, `Split`, `Slice`, `Pad`, `Concat`, `Identity`, `Transpose`, and ONNX Runtime's `QLinearLeakyRelu`,
    /// `QLinearConcat` and `MatMulIntegerToFloat`. Activations are uint8 or int8, weights are int8 with the zero
    /// point 0, and the batch is 1. A model in the QDQ form is rewritten to these first.
    pub fn read(bytes: &[u8]) -> Result<Self, IntegerError> {
        let model = ModelProto::decode(bytes)
            .map_err(|cause| IntegerError::Model(format!("it is not an ONNX file, or is damaged ({cause})")))?;
        Self::of(model)
    }

    /// The same of a model that is no file.
    pub fn of(model: ModelProto) -> Result<Self, IntegerError> {
        let model = in_integer_operators(model)?;
        let graph = model.graph.ok_or_else(|| IntegerError::Model("it has no graph".into()))?;
        let mut reader = Reader::new(&graph);
        let input = reader.input(&graph.input)?;
        for proto in &graph.node {
            let node = ReadNode { proto, attributes: Attributes(&proto.attribute) };
            reader.node(node).map_err(|why| IntegerError::Node {
                node: node.name().into(),
                op: proto.op_type.clone(),
                why,
            })?;
        }
        let output = |output: &ValueInfoProto| {
            let place = reader.places.get(&output.name).copied();
            place.ok_or_else(|| IntegerError::Model(format!("no node computes its output {}", output.name)))
        };
        let outputs = graph.output.iter().map(output).collect::<Result<_, _>>()?;
        let Reader { tensors, places, buffers, steps, .. } = reader;
        Ok(Self { tensors, places, buffers, steps, input, outputs })
    }
}

#[derive(Clone, Copy)]
struct ReadNode<'a> {
    proto: &'a NodeProto,
    attributes: Attributes<'a>,
}

impl<'a> ReadNode<'a> {
    /// Node names are optional in ONNX; without one, the name of the node's output.
    fn name(self) -> &'a str {
        let output = self.proto.output.first().map_or("", String::as_str);
        if self.proto.name.is_empty() { output } else { &self.proto.name }
    }

    /// The name of an input; `None` if it is omitted.
    fn input(self, place: usize) -> Option<&'a str> {
        self.proto.input.get(place).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The name of its only output.
    fn output(self) -> Result<&'a str, String> {
        match &self.proto.output[..] {
            [output] if !output.is_empty() => Ok(output),
            outputs => Err(format!("it has {} outputs, not one", outputs.len())),
        }
    }
}

/// The plan so far. Errors about a node are phrased to follow its name and a colon.
struct Reader<'a> {
    constants: Constants<'a>,
    tensors: Vec<Tensor>,
    places: HashMap<String, usize>,
    buffers: Vec<usize>,
    /// Size of all buffers.
    bytes: usize,
    steps: Vec<Step>,
}

impl<'a> Reader<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let (tensors, places, buffers, steps) = Default::default();
        Self { constants: Constants::of(graph), tensors, places, buffers, bytes: 0, steps }
    }

    /// The only input that is not a constant.
    fn input(&mut self, inputs: &[ValueInfoProto]) -> Result<usize, IntegerError> {
        let inputs: Vec<_> = inputs.iter().filter(|input| !self.constants.has(&input.name)).collect();
        let [input] = inputs[..] else {
            return Err(IntegerError::Model(format!("it has {} inputs, not one", inputs.len())));
        };
        let refused = |why: &str| IntegerError::Model(format!("its input {}: {why}", input.name));
        let dims = input.dims().ok_or_else(|| refused("is not a float32 tensor with a known shape"))?;
        // A batch that is left open means one image here.
        let [1 | -1, channels, height, width] = dims[..] else {
            return Err(refused("is not one image of channels, height and width; export the model with batch size 1"));
        };
        let shape = (|| Ok(Shape { channels: side(channels)?, height: side(height)?, width: side(width)? }))();
        let added = shape.and_then(|shape| self.add(&input.name, shape, Element::F32));
        added.map_err(|why: String| refused(&why))
    }

    fn node(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        match node.proto.op_type.as_str() {
            // Its value is among the constants.
            "Constant" => Ok(()),
            "QuantizeLinear" => self.quantize(node),
            "DequantizeLinear" => self.dequantize(node),
            "QLinearLeakyRelu" => self.leaky_relu(node),
            "QLinearConv" => self.conv(node),
            "MatMulIntegerToFloat" => self.matmul(node),
            "QLinearConcat" => self.quantized_concat(node),
            "Concat" => self.concat(node),
            "Split" => self.split(node),
            "Slice" => self.slice(node),
            "Pad" => self.pad(node),
            "MaxPool" => self.max_pool(node),
            "Resize" => self.resize(node),
            "Identity" => self.identity(node),
            "Transpose" => self.transpose(node),
            "Conv" | "ConvInteger" | "Gemm" | "MatMul" | "LeakyRelu" => Err(format!("it outputs float32; {FORM}")),
            _ => Err(format!("this operator is not supported; {FORM}")),
        }
    }

    /// The tensor that a node reads as input `place`.
    fn tensor(&self, node: ReadNode<'a>, place: usize) -> Result<(usize, &Tensor), String> {
        let name = node.input(place).ok_or("an input is missing")?;
        match self.places.get(name) {
            Some(tensor) => Ok((*tensor, &self.tensors[*tensor])),
            None if self.constants.has(name) => Err(format!("its input {name} is a constant; {FORM}")),
            None => Err(format!("no node before it computes its input {name}")),
        }
    }

    /// The same, with channels first.
    fn picture(&self, node: ReadNode<'a>, place: usize) -> Result<(usize, &Tensor), String> {
        let found = self.tensor(node, place)?;
        match found.1.axes {
            Axes::ChannelsFirst => Ok(found),
            Axes::ChannelsLast => Err(format!("its input {} has channels last", found.1.name)),
        }
    }

    /// Adds a tensor with channels first, and memory for it.
    fn add(&mut self, name: &str, shape: Shape, element: Element) -> Result<usize, String> {
        let tensor =
            Tensor { name: name.into(), shape, axes: Axes::ChannelsFirst, element, buffer: self.buffers.len() };
        let bytes = shape.values().saturating_mul(element.bytes());
        if bytes > MAX_BYTES - self.bytes {
            return Err(format!(
                "the tensors up to this node take more than {} MiB; make the model's input smaller",
                MAX_BYTES >> 20
            ));
        }
        let place = self.insert(tensor)?;
        self.bytes += bytes;
        self.buffers.push(place);
        Ok(place)
    }

    /// Adds a tensor that shares existing memory.
    fn insert(&mut self, tensor: Tensor) -> Result<usize, String> {
        let place = self.tensors.len();
        if self.constants.has(&tensor.name) || self.places.contains_key(&tensor.name) {
            return Err(format!("another tensor is also named {}", tensor.name));
        }
        self.places.insert(tensor.name.clone(), place);
        self.tensors.push(tensor);
        Ok(place)
    }

    fn step(&mut self, node: ReadNode<'a>, op: Op, input: usize, output: usize) {
        self.steps.push(Step { node: node.name().into(), op, input, output });
    }
}

/// A number of channels, or of pixels along a side.
fn side(length: i64) -> Result<usize, String> {
    let found = usize::try_from(length).ok().filter(|side| (1..=MAX_SIDE).contains(side));
    found.ok_or_else(|| format!("a side of {length} is not between 1 and {MAX_SIDE}"))
}
