//! Rewrites INT8 models with int8 activations to uint8.
//!
//! `onnxruntime.quantization.quantize_static` produces int8 activations by default, but on x86 ONNX Runtime has fast
//! kernels for uint8 activations only. Adding 128 to the bytes and to the zero points of every activation changes no
//! value: scale · (byte − zero point) stays the same, and so does every clamp, which moves from −128..=127 to
//! 0..=255. Weights, biases and scales are untouched.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::{Attributes, Constants, GraphProto, INT8, ModelProto, NodeProto, TensorProto};

/// The model with uint8 activations, which gives bit-identical outputs. `None` if it has no int8 activations, if one
/// of them is read by an operation that is not known to compute the same on uint8, or if its values are not in the
/// file.
pub fn with_unsigned_activations(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut model = ModelProto::decode(bytes).ok()?;
    let graph = model.graph.as_mut()?;
    let plan = UnsignedPlan::of(graph)?;
    plan.carry_out(graph);
    Some(model.encode_to_vec())
}

/// Whether a model has int8 activations that can be rewritten.
pub fn has_signed_activations(model: &ModelProto) -> bool {
    model.graph.as_ref().is_some_and(|graph| UnsignedPlan::of(graph).is_some())
}

/// The planned changes.
struct UnsignedPlan {
    /// Tensors that become uint8.
    activations: HashSet<String>,
    /// Inputs of nodes that are zero points of these tensors: node index and input index.
    zero_points: Vec<(usize, usize)>,
    /// New zero points, by the name of the old ones.
    values: HashMap<String, TensorProto>,
}

impl UnsignedPlan {
    /// `None` if there is nothing to do, or if it cannot be done.
    fn of(graph: &GraphProto) -> Option<Self> {
        let constants = Constants::of(graph);
        let mut plan = Self { activations: HashSet::new(), zero_points: Vec::new(), values: HashMap::new() };
        for (place, node) in graph.node.iter().enumerate() {
            let is_signed = |at: usize| node.input.get(at).is_some_and(|name| plan.activations.contains(name));
            // Weights that are quantized inside the graph keep their bytes.
            if node.op_type == "QuantizeLinear" && constants.has(node.input.first()?) {
                continue;
            }
            let Some(form) = NodeBytes::of(node) else {
                if (0..node.input.len()).any(is_signed) {
                    return None;
                }
                continue;
            };
            let mut signed_inputs = Vec::new();
            for &(at, zero_point) in &form.inputs {
                if is_signed(at) {
                    signed_inputs.push(zero_point);
                }
            }
            let puts_out = match form.output {
                OutputBytes::Float => false,
                // Operations that only move bytes keep their type; all tensors they join have the same one.
                OutputBytes::OfInput => match (signed_inputs.len(), form.inputs.len()) {
                    (0, _) => false,
                    (signed, all) if signed == all => true,
                    _ => return None,
                },
                OutputBytes::Rounded(zero_point) => {
                    let is_int8 = constants.tensor(node.input.get(zero_point)?).is_some_and(|t| t.data_type == INT8);
                    if is_int8 {
                        signed_inputs.push(Some(zero_point));
                    }
                    is_int8
                }
            };
            for at in signed_inputs.into_iter().flatten() {
                plan.zero_point(&constants, node, place, at)?;
            }
            if puts_out {
                plan.activations.extend(node.output.iter().cloned());
            }
        }
        let leaves = graph.output.iter().any(|output| plan.activations.contains(&output.name));
        (!plan.activations.is_empty() && !leaves).then_some(plan)
    }

    /// Plans the change of a zero point. `None` if it is unknown, so that nothing can be changed.
    fn zero_point(&mut self, constants: &Constants<'_>, node: &NodeProto, place: usize, at: usize) -> Option<()> {
        let name = node.input.get(at)?;
        let old = constants.tensor(name).filter(|tensor| tensor.data_type == INT8 && tensor.data_location == 0)?;
        let values: Option<Vec<u8>> =
            constants.integers(name)?.iter().map(|value| u8::try_from(value + 128).ok()).collect();
        self.values.insert(name.clone(), TensorProto::u8(unsigned(name), &old.dims, &values?));
        self.zero_points.push((place, at));
        Some(())
    }

    fn carry_out(self, graph: &mut GraphProto) {
        for (place, at) in self.zero_points {
            let name = &mut graph.node[place].input[at];
            *name = unsigned(name);
        }
        let mut names: Vec<&String> = self.values.keys().collect();
        names.sort();
        graph.initializer.extend(names.into_iter().map(|name| self.values[name].clone()));
        // Their types were int8; they are inferred again. ONNX Runtime warns about tensors that nothing reads.
        graph.value_info.retain(|info| !self.activations.contains(&info.name));
        let read: HashSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
        let goes = |name: &str| self.values.contains_key(name) && !read.contains(&name.to_owned());
        graph.initializer.retain(|tensor| !goes(&tensor.name));
        graph.input.retain(|input| !goes(&input.name));
    }
}

fn unsigned(name: &str) -> String {
    format!("{name}/unsigned")
}

/// Where a node has its bytes and their zero points.
struct NodeBytes {
    /// For each input that may be an activation: its index, and that of its zero point.
    inputs: Vec<(usize, Option<usize>)>,
    output: OutputBytes,
}

enum OutputBytes {
    Float,
    /// Bytes of the input's type.
    OfInput,
    /// Bytes with the zero point at this index.
    Rounded(usize),
}

impl NodeBytes {
    /// `None` for an unknown operation.
    fn of(node: &NodeProto) -> Option<Self> {
        let attributes = Attributes(&node.attribute);
        let one = |zero_point: usize| vec![(0, Some(zero_point))];
        let rounded = |inputs, zero_point| Some(Self { inputs, output: OutputBytes::Rounded(zero_point) });
        match node.op_type.as_str() {
            "QuantizeLinear" => rounded(Vec::new(), 2),
            "QLinearConv" => rounded(one(2), 7),
            "QLinearLeakyRelu" | "QLinearSigmoid" | "QLinearAveragePool" | "QLinearGlobalAveragePool" => {
                rounded(one(2), 4)
            }
            "QLinearAdd" | "QLinearMul" => rounded(vec![(0, Some(2)), (3, Some(5))], 7),
            "QLinearConcat" => rounded((2..node.input.len()).step_by(3).map(|at| (at, Some(at + 2))).collect(), 1),
            "DequantizeLinear" => Some(Self { inputs: one(2), output: OutputBytes::Float }),
            "MatMulIntegerToFloat" => Some(Self { inputs: one(4), output: OutputBytes::Float }),
            // It pads with its zero point.
            "Pad" if node.input.get(2).is_some_and(|name| !name.is_empty()) => {
                Some(Self { inputs: one(2), output: OutputBytes::OfInput })
            }
            "Concat" => {
                let inputs = (0..node.input.len()).map(|at| (at, None)).collect();
                Some(Self { inputs, output: OutputBytes::OfInput })
            }
            // Interpolated values would be rounded, which differs after a shift.
            "Resize" | "Upsample" if attributes.text("mode", "nearest") != "nearest" => None,
            "MaxPool" | "Resize" | "Upsample" | "Split" | "Slice" | "Transpose" | "Reshape" | "Identity"
            | "Flatten" | "Squeeze" | "Unsqueeze" => {
                Some(Self { inputs: vec![(0, None)], output: OutputBytes::OfInput })
            }
            _ => None,
        }
    }
}
