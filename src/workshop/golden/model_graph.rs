//! An ONNX graph as a pack describes it: nodes in order, what the bytes of each tensor mean, weights and biases.

use std::collections::HashMap;

use prost::Message as _;
use serde_json::Value;

use super::array::{GoldenArray, ValueType};
use super::axes::AxisOrder;
use super::manifest::{PackedNode, PackedScale};
use crate::onnx::{AttributeProto, Constants, GraphProto, INT8, ModelProto, NodeProto, UINT8, in_integer_operators};

/// Nodes, and how to read their tensors.
pub struct ModelGraph {
    pub nodes: Vec<PackedNode>,
    /// Scale and zero point of byte tensors, by name.
    pub grids: HashMap<String, (f32, i32)>,
    pub constants: Vec<GraphConstant>,
}

/// Weights or biases.
pub struct GraphConstant {
    pub name: String,
    pub layout: AxisOrder,
    /// In ONNX's order.
    pub array: GoldenArray,
    pub scale: Option<PackedScale>,
    pub zero_point: Option<i32>,
}

impl ModelGraph {
    /// Of a model that the integer engine has read, so that its form is known to be good. The message follows the
    /// model's name. The nodes of a model in the QDQ form are those that it is rewritten to.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let model = ModelProto::decode(bytes).map_err(|cause| format!("it is not an ONNX file ({cause})"))?;
        let model = in_integer_operators(model).map_err(|refused| refused.to_string())?;
        let graph = model.graph.ok_or("it has no graph")?;
        let constants = Constants::of(&graph);
        let nodes = graph.node.iter().filter(|node| node.op_type != "Constant");
        let mut grids = HashMap::new();
        for node in nodes.clone() {
            add_grids(node, &constants, &mut grids);
        }
        let found = constant_arrays(&graph, &constants);
        Ok(Self { nodes: nodes.map(packed).collect(), grids, constants: found })
    }

    /// The node that makes a tensor.
    pub fn producer(&self, tensor: &str) -> Option<&PackedNode> {
        self.nodes.iter().find(|node| node.outputs.iter().any(|output| output == tensor))
    }

    /// The nodes that read a tensor.
    pub fn consumers(&self, tensor: &str) -> Vec<String> {
        let reads = |node: &&PackedNode| node.inputs.iter().any(|input| input == tensor);
        self.nodes.iter().filter(reads).map(|node| node.name.clone()).collect()
    }
}

fn packed(node: &NodeProto) -> PackedNode {
    let output = node.output.first().cloned().unwrap_or_default();
    PackedNode {
        name: if node.name.is_empty() { output } else { node.name.clone() },
        operator: node.op_type.clone(),
        domain: node.domain.clone(),
        attributes: node.attribute.iter().filter_map(|of| Some((of.name.clone(), value(of)?))).collect(),
        inputs: node.input.clone(),
        outputs: node.output.clone(),
    }
}

/// Numbers and text; graphs and tensors are left out, which no node of the family has.
fn value(of: &AttributeProto) -> Option<Value> {
    // As short as it can be and still the same float32.
    let float = |value: &f32| serde_json::from_str(&format!("{value:?}")).unwrap_or(Value::Null);
    match of {
        _ if of.f.is_some() => of.f.as_ref().map(float),
        _ if of.i.is_some() => of.i.map(Value::from),
        _ if of.s.is_some() => of.s.as_ref().map(|text| String::from_utf8_lossy(text).into()),
        _ if of.t.is_some() || of.g.is_some() => None,
        _ if !of.floats.is_empty() => Some(of.floats.iter().map(float).collect()),
        _ => Some(of.ints.iter().copied().map(Value::from).collect()),
    }
}

/// Places of inputs: the tensor that is described (`None`: the output), its scale, its zero point.
type GridPlace = (Option<usize>, usize, usize);

fn add_grids(node: &NodeProto, constants: &Constants<'_>, grids: &mut HashMap<String, (f32, i32)>) {
    let input = |place: usize| node.input.get(place).filter(|name| !name.is_empty());
    let places: Vec<GridPlace> = match node.op_type.as_str() {
        "QuantizeLinear" => vec![(None, 1, 2)],
        "DequantizeLinear" => vec![(Some(0), 1, 2)],
        "QLinearConv" => vec![(Some(0), 1, 2), (None, 6, 7)],
        "QLinearLeakyRelu" => vec![(Some(0), 1, 2), (None, 3, 4)],
        "MatMulIntegerToFloat" => vec![(Some(0), 2, 4)],
        "QLinearConcat" => {
            let inputs = (2..node.input.len()).step_by(3).map(|place| (Some(place), place + 1, place + 2));
            inputs.chain([(None, 0, 1)]).collect()
        }
        // Bytes are moved.
        _ => {
            let grid = input(0).and_then(|name| grids.get(name)).copied();
            for output in node.output.iter().filter(|name| !name.is_empty()) {
                grids.extend(grid.map(|grid| (output.clone(), grid)));
            }
            return;
        }
    };
    for (place, scale, zero_point) in places {
        let name = place.map_or(node.output.first(), input);
        let scale =
            input(scale).and_then(|name| constants.floats(name)).and_then(|(_, values)| values.first().copied());
        let zero_point = input(zero_point).and_then(|name| constants.integers(name)?.first().copied()).unwrap_or(0);
        if let (Some(name), Some(scale)) = (name, scale) {
            grids.entry(name.clone()).or_insert((scale, zero_point));
        }
    }
}

/// In graph order, each once.
fn constant_arrays(graph: &GraphProto, constants: &Constants<'_>) -> Vec<GraphConstant> {
    let mut found: Vec<GraphConstant> = Vec::new();
    for node in &graph.node {
        // Weights with their layout, and their scale; biases.
        let (weights, layout, scale, bias) = match node.op_type.as_str() {
            "QLinearConv" => (3, AxisOrder::Oihw, 4, 8),
            "MatMulIntegerToFloat" => (1, AxisOrder::Io, 3, 6),
            _ => continue,
        };
        let input = |place: usize| node.input.get(place).filter(|name| !name.is_empty());
        let scales = input(scale).and_then(|name| constants.floats(name)).map(|(_, values)| values);
        let scale = scales.map(|scales| match scales[..] {
            [scale] => PackedScale::One(scale),
            _ => PackedScale::PerFilter(scales),
        });
        for (place, layout, scale, zero_point) in [(weights, layout, scale, Some(0)), (bias, AxisOrder::O, None, None)]
        {
            let Some(name) = input(place).filter(|name| found.iter().all(|of| of.name != **name)) else { continue };
            if let Some(array) = array(name, constants) {
                found.push(GraphConstant { name: name.clone(), layout, array, scale, zero_point });
            }
        }
    }
    found
}

fn array(name: &str, constants: &Constants<'_>) -> Option<GoldenArray> {
    let tensor = constants.tensor(name)?;
    let dims: Vec<usize> = tensor.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect::<Option<_>>()?;
    if let Some((_, floats)) = constants.floats(name) {
        let bytes = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
        return Some(GoldenArray { value_type: ValueType::F32, dims, bytes });
    }
    let values = constants.integers(name)?;
    let (value_type, bytes) = match tensor.data_type {
        INT8 => (ValueType::I8, values.iter().map(|value| *value as u8).collect()),
        UINT8 => (ValueType::U8, values.iter().map(|value| *value as u8).collect()),
        _ => (ValueType::I32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    };
    Some(GoldenArray { value_type, dims, bytes })
}
