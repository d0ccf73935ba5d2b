//! One normal form for the graphs that exporters write in many ways.
//!
//! ```text
//! any file ──▶ Normalizer: node by node ──▶ finish: what is not read goes, what can be folded is ──▶ opset 13
//! ```
//!
//! | in the normal form | stands for |
//! | --- | --- |
//! | initializers | Constant nodes, and all that is computed of constants and shapes alone (Shape, Gather, Slice, Concat, Cast, Mul, Floor …) |
//! | `Conv` with explicit `pads`, its weights and biases float32 initializers | also with `auto_pad`; zeros added by Pad before it; BatchNormalization, and Mul, Add, Sub, Div by constants per channel, after it |
//! | `MaxPool` with explicit `pads` | also with `auto_pad` or `ceil_mode`; Pad before it where that makes no difference |
//! | `Pad` of rows and columns with zeros | what is left of Pad |
//! | `LeakyRelu` with its `alpha` | also Relu (alpha 0), PRelu with one slope, Clip from 0 on, Max(x, αx), Where(x > 0, x, αx) |
//! | `Split` of channels | also Slice of channels |
//! | `Concat` of channels | also with a negative axis |
//! | `Resize` that repeats pixels, by scales | also by sizes, in any coordinates that come to the same; Upsample; Reshape, Expand or Tile, Reshape |
//! | nothing | Identity, Dropout, Cast to float32, and whatever changes nothing |
//!
//! Heights, widths and the batch that the file leaves open are given. A node that has no normal form stays as it is: who
//! reads the graph refuses it by its name.

mod activation;
mod affine;
mod dims;
mod finish;
mod fold;
mod parts;
mod resize;
mod small_tensor;
mod window;

use std::collections::{HashMap, HashSet};

use small_tensor::{MAX_VALUES, Numbers, SmallTensor, count};

use super::{
    Attributes, DimensionProto, FLOAT, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, ValueInfoProto,
};

/// Versions of the standard operators whose meaning is known here.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=24;

/// Of each side of a tensor.
const MAX_SIDE: i64 = 1 << 14;

/// Of all constants that are computed of one model, together: as many float32 as its file may hold.
const MAX_COMPUTED: usize = 1 << 28;

/// Of all constants that one node reads, together.
const MAX_READ: usize = 3 * MAX_VALUES;

const TOO_MUCH: &str = "the constants of the model take too much memory; simplify it (python -m onnxsim)";

/// Why a model has no normal form. Each is the end of a sentence that begins with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NormalError {
    #[error("has no graph")]
    NoGraph,
    #[error("uses operators of opset {0}; export it with an opset from {first} to {last}", first = OPSETS.start(), last = OPSETS.end())]
    Opset(i64),
    /// `operation`: as "Slice" or "ai.example.Conv".
    #[error("has the node {node}, {operation}: {why}")]
    Node { node: String, operation: String, why: String },
}

/// A model in its normal form.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalModel {
    pub model: ModelProto,
    /// Whether all of its nodes have a normal form. Then it is a model of opset 13; otherwise some nodes are as they were.
    pub is_whole: bool,
}

/// The model in its normal form. `size`: height and width for an input that leaves them open.
pub fn normalized(mut model: ModelProto, size: [u32; 2]) -> Result<NormalModel, NormalError> {
    let opset = model.opset_import.iter().find(|set| is_standard(&set.domain)).map_or(1, |set| set.version);
    let graph = model.graph.take().ok_or(NormalError::NoGraph)?;
    if !OPSETS.contains(&opset) {
        return Err(NormalError::Opset(opset));
    }
    let mut normalizer = Normalizer::new(graph, opset, size);
    for node in std::mem::take(&mut normalizer.graph.node) {
        let (shown, operation) = (shown(&node), operation(&node));
        normalizer.node(node).map_err(|why| NormalError::Node { node: shown, operation, why })?;
    }
    Ok(normalizer.finish(model))
}

/// A node's name, or that of what it computes where it has none.
pub fn shown(node: &NodeProto) -> String {
    if node.name.is_empty() { node.output.first().cloned().unwrap_or_default() } else { node.name.clone() }
}

/// A node's operation, with its set of operators where that is not the standard one.
pub fn operation(node: &NodeProto) -> String {
    if is_standard(&node.domain) { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) }
}

fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

struct Normalizer {
    opset: i64,
    /// Without its nodes and initializers.
    graph: GraphProto,
    constants: HashMap<String, TensorProto>,
    /// Dimensions of what is computed, as far as they are known.
    shapes: HashMap<String, Vec<i64>>,
    /// Tensors that are others under another name.
    aliases: HashMap<String, String>,
    /// Every name of a tensor in the file.
    names: HashSet<String>,
    steps: Vec<NormalStep>,
    /// Of each tensor: the step that computes it.
    producers: HashMap<String, usize>,
    /// Tensors with no value below 0.
    non_negative: HashSet<String>,
    /// How many values of constants were computed so far.
    computed: usize,
}

/// A node on its way to the normal form.
enum NormalStep {
    /// In the normal form.
    Node(NodeProto),
    /// Without a normal form, as far as is known yet.
    Raw(NodeProto),
    /// scale · x + shift by channel: goes into the convolution before it, or becomes one.
    Affine(NodeEnds, Affine),
    /// Becomes one output of a Split.
    Part(ChannelPart),
    /// A value around rows and columns: top, left, bottom, right.
    Pad { ends: NodeEnds, pads: [i64; 4], value: f32 },
}

/// A node's name, what it reads, and what it computes.
#[derive(Clone)]
struct NodeEnds {
    name: String,
    input: String,
    output: String,
}

/// Consecutive channels, `count` of them from `start` on.
#[derive(Clone)]
struct ChannelPart {
    ends: NodeEnds,
    start: i64,
    count: i64,
}

/// One of each a channel.
#[derive(Clone, Debug, PartialEq)]
struct Affine {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl NormalStep {
    fn inputs(&self) -> &[String] {
        match self {
            Self::Node(node) | Self::Raw(node) => &node.input,
            Self::Affine(ends, _) | Self::Part(ChannelPart { ends, .. }) | Self::Pad { ends, .. } => {
                std::slice::from_ref(&ends.input)
            }
        }
    }

    fn outputs(&self) -> &[String] {
        match self {
            Self::Node(node) | Self::Raw(node) => &node.output,
            Self::Affine(ends, _) | Self::Part(ChannelPart { ends, .. }) | Self::Pad { ends, .. } => {
                std::slice::from_ref(&ends.output)
            }
        }
    }

    /// All names of tensors in it.
    fn tensors(&mut self) -> Vec<&mut String> {
        match self {
            Self::Node(node) | Self::Raw(node) => node.input.iter_mut().chain(&mut node.output).collect(),
            Self::Affine(ends, _) | Self::Part(ChannelPart { ends, .. }) | Self::Pad { ends, .. } => {
                vec![&mut ends.input, &mut ends.output]
            }
        }
    }
}

impl Normalizer {
    fn new(mut graph: GraphProto, opset: i64, size: [u32; 2]) -> Self {
        let initializers = std::mem::take(&mut graph.initializer);
        let constants: HashMap<String, TensorProto> =
            initializers.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        // Older writers list the weights as inputs too.
        graph.input.retain(|input| !constants.contains_key(&input.name));
        let mut shapes = HashMap::new();
        for input in &mut graph.input {
            if let Some(dims) = closed(input, size) {
                shapes.insert(input.name.clone(), dims);
            }
        }
        let computed = graph.node.iter().flat_map(|node| &node.output);
        let names =
            computed.chain(constants.keys()).chain(graph.input.iter().map(|input| &input.name)).cloned().collect();
        let (aliases, steps, producers, non_negative, computed) = Default::default();
        Self { opset, graph, constants, shapes, aliases, names, steps, producers, non_negative, computed }
    }

    fn node(&mut self, mut node: NodeProto) -> Result<(), String> {
        for input in &mut node.input {
            if let Some(other) = self.aliases.get(input.as_str()) {
                input.clone_from(other);
            }
        }
        if !is_standard(&node.domain) {
            self.keep(node);
            return Ok(());
        }
        node.domain.clear();
        if self.constant(&node)? {
            return Ok(());
        }
        let done = match node.op_type.as_str() {
            "Identity" => self.same(&node),
            "Dropout" => self.dropout(&node),
            "Cast" => self.cast(&node)?,
            "Relu" | "LeakyRelu" | "PRelu" | "Clip" | "Max" | "Where" => self.activation(&node),
            "BatchNormalization" | "Mul" | "Add" | "Sub" | "Div" => self.affine(&node)?,
            "Conv" => self.conv(&node)?,
            "MaxPool" => self.max_pool(&node)?,
            "Pad" => self.pad(&node)?,
            "Slice" => self.slice(&node)?,
            "Split" => self.split(&node)?,
            "Concat" => self.concat(&node)?,
            "Resize" | "Upsample" => self.resize(&node)?,
            "Reshape" | "Expand" | "Tile" => self.repeat(&node)?,
            _ => None,
        };
        if done.is_none() {
            self.keep(node);
        }
        Ok(())
    }

    /// Computes a node of constants and shapes alone. `false`: it is none, or its operation is not known.
    fn constant(&mut self, node: &NodeProto) -> Result<bool, String> {
        let given: Vec<&String> = node.input.iter().filter(|name| !name.is_empty()).collect();
        let values = match node.op_type.as_str() {
            "Constant" => return Ok(self.constant_node(node)),
            "Shape" | "Size" => match given.first().and_then(|name| self.dims(name)) {
                Some(dims) => fold::of_shape(node, dims)?,
                None => return Ok(false),
            },
            _ if given.iter().all(|name| self.constants.contains_key(name.as_str())) => {
                // Each is copied as often as it is read.
                let lengths = given.iter().filter_map(|name| count(self.dims(name)?));
                if lengths.sum::<usize>() > MAX_READ {
                    return Err(TOO_MUCH.into());
                }
                let values: Option<Vec<Option<SmallTensor>>> = node
                    .input
                    .iter()
                    .map(|name| if name.is_empty() { Some(None) } else { self.value(name).map(Some) })
                    .collect();
                match values.map(|values| fold::evaluate(node, &values)) {
                    Some(computed) => match computed? {
                        Some(values) => values,
                        None => return Ok(false),
                    },
                    None => return Ok(false),
                }
            }
            _ => return Ok(false),
        };
        for (name, value) in node.output.iter().zip(values) {
            if !self.may_compute(value.len()) {
                return Err(TOO_MUCH.into());
            }
            self.constants.insert(name.clone(), value.to_tensor(name));
        }
        Ok(true)
    }

    /// Counts values that are computed. `false`: with them they are too many for one model.
    fn may_compute(&mut self, values: usize) -> bool {
        self.computed = self.computed.saturating_add(values);
        self.computed <= MAX_COMPUTED
    }

    /// Takes a Constant node's value. `false`: it has none that is known here.
    fn constant_node(&mut self, node: &NodeProto) -> bool {
        let Some(output) = node.output.first() else { return false };
        let value = node.attribute.iter().find_map(|attribute| {
            let value = match attribute.name.as_str() {
                // As it is, because it may be large.
                "value" => return Some(TensorProto { name: output.clone(), ..attribute.t.clone()? }),
                "value_int" => SmallTensor::scalar(attribute.i?),
                "value_ints" => SmallTensor::list(attribute.ints.clone()),
                "value_float" => SmallTensor::new(Vec::new(), Numbers::Floats(vec![attribute.f?]))?,
                "value_floats" => SmallTensor::floats_list(attribute.floats.clone()),
                _ => return None,
            };
            Some(value.to_tensor(output))
        });
        value.is_some_and(|value| self.constants.insert(output.clone(), value).is_none())
    }

    /// The output is the first input.
    fn same(&mut self, node: &NodeProto) -> Option<()> {
        let (input, output) = (node.input.first()?, node.output.first()?);
        self.aliases.insert(output.clone(), input.clone());
        Some(())
    }

    /// Does nothing unless it is told to train.
    fn dropout(&mut self, node: &NodeProto) -> Option<()> {
        let trains = match node.input.get(2).filter(|name| !name.is_empty()) {
            Some(name) => self.value(name)?.ints()?.iter().any(|flag| *flag != 0),
            None => false,
        };
        if trains { None } else { self.same(node) }
    }

    fn cast(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let to = Attributes(&node.attribute).int("to", 0)?;
        // What has a shape here is float32.
        let is_float = node.input.first().is_some_and(|name| self.shapes.contains_key(name));
        Ok(if is_float && to == i64::from(FLOAT) { self.same(node) } else { None })
    }

    /// Takes a node as it is.
    fn keep(&mut self, node: NodeProto) {
        self.push(NormalStep::Raw(node));
    }

    fn push(&mut self, step: NormalStep) {
        for output in step.outputs() {
            self.producers.insert(output.clone(), self.steps.len());
        }
        self.steps.push(step);
    }

    /// Takes a node of the normal form that puts out float32 of these dimensions.
    fn push_shaped(&mut self, step: NormalStep, dims: &[i64]) {
        for output in step.outputs() {
            self.shapes.insert(output.clone(), dims.to_vec());
        }
        self.push(step);
    }

    /// The step that computes a tensor.
    fn producer(&self, tensor: &str) -> Option<&NormalStep> {
        self.producers.get(tensor).map(|place| &self.steps[*place])
    }

    fn dims(&self, tensor: &str) -> Option<&[i64]> {
        let constant = || self.constants.get(tensor).map(|tensor| tensor.dims.as_slice());
        self.shapes.get(tensor).map(Vec::as_slice).or_else(constant)
    }

    /// Batch, channels, height, width of a tensor that is computed.
    fn picture(&self, tensor: &str) -> Option<[i64; 4]> {
        let dims: [i64; 4] = self.shapes.get(tensor)?.as_slice().try_into().ok()?;
        dims.iter().all(|side| (1..=MAX_SIDE).contains(side)).then_some(dims)
    }

    /// `None`: it is no constant, or one of a type or length that is not computed with.
    fn value(&self, tensor: &str) -> Option<SmallTensor> {
        SmallTensor::of(self.constants.get(tensor)?)
    }

    /// The constant that a node reads at `place`.
    fn given(&self, node: &NodeProto, place: usize) -> Option<SmallTensor> {
        self.value(node.input.get(place).filter(|name| !name.is_empty())?)
    }

    /// Adds a constant under a name that nothing has, which begins with `name`.
    fn add_constant(&mut self, name: &str, make: impl FnOnce(&str) -> TensorProto) -> String {
        let name = self.free_name(name);
        let tensor = make(&name);
        self.constants.insert(name.clone(), tensor);
        name
    }

    /// A name that no tensor has, and that none gets afterwards.
    fn free_name(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}/{number}"));
        let mut all = std::iter::once(name.to_owned()).chain(numbered);
        let free = all.find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.insert(free.clone());
        free
    }
}

/// The dimensions of a float32 input with those that it leaves open filled in, in the input too.
fn closed(input: &mut ValueInfoProto, [height, width]: [u32; 2]) -> Option<Vec<i64>> {
    let image = [1, 3, i64::from(height), i64::from(width)];
    let tensor = input.r#type.as_mut()?.tensor_type.as_mut().filter(|tensor| tensor.elem_type == FLOAT)?;
    let shape = tensor.shape.get_or_insert_with(|| TensorShapeProto { dim: vec![DimensionProto::default(); 4] });
    let is_image = shape.dim.len() == 4;
    for (dim, default) in shape.dim.iter_mut().zip(image) {
        if is_image && dim.dim_value.is_none_or(|value| value < 0) {
            *dim = DimensionProto { dim_value: Some(default), ..DimensionProto::default() };
        }
    }
    shape.dim.iter().map(|dim| dim.dim_value).collect()
}

/// The name, the only input and the only output of a node.
fn ends_of(node: &NodeProto) -> Option<NodeEnds> {
    let (input, output) = (node.input.first()?.clone(), node.output.first()?.clone());
    Some(NodeEnds { name: node.name.clone(), input, output })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::OperatorSetIdProto;

    #[test]
    fn a_constant_is_not_copied_without_limit() {
        let zeros = TensorProto {
            name: "zeros".into(),
            dims: vec![MAX_VALUES as i64],
            data_type: FLOAT,
            raw_data: vec![0; 4 * MAX_VALUES],
            ..TensorProto::default()
        };
        let concat = NodeProto {
            input: vec!["zeros".into(); 4],
            output: vec!["all".into()],
            op_type: "Concat".into(),
            ..NodeProto::default()
        };
        let graph = GraphProto { node: vec![concat], initializer: vec![zeros], ..GraphProto::default() };
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: 13 }];
        let model = ModelProto { graph: Some(graph), opset_import, ..ModelProto::default() };
        let message = normalized(model, [64, 64]).unwrap_err().to_string();
        assert!(message.contains("all, Concat: the constants of the model take too much memory"), "{message}");
    }
}
