//! Rewrites the QDQ form into the QOperator form, so that whoever reads integers reads one form.
//!
//! ```text
//! a_bytes ─ DequantizeLinear ─▶ a ─ Conv ─▶ b ─ QuantizeLinear ─▶ b_bytes      becomes
//! a_bytes ─ QLinearConv ─▶ b_bytes
//! ```
//!
//! | between bytes | becomes |
//! | --- | --- |
//! | `Conv` | `QLinearConv`, its biases in units of the input's scale times the weights' |
//! | `Conv` of 1×1 whose sums stay in float | `Transpose`, `MatMulIntegerToFloat`, `Transpose` |
//! | `LeakyRelu` | `QLinearLeakyRelu` |
//! | `Concat` | `Concat` of bytes where all scales are one, else `QLinearConcat` |
//! | `MaxPool`, `Resize` to the nearest, `Split`, `Slice`, `Pad`, `Transpose`, `Identity` | itself, on bytes |
//! | bytes that get another scale | `QLinearConcat` of one input |
//!
//! Names stay: tensors in bytes are called as in the file, nodes as their float operators. A node of which something is
//! in float stays as it is: who reads the graph refuses it by its name. What this form computes is what "exact" means for
//! a QDQ model: a program that joins the pairs with their operators computes the same bytes, and one that computes some
//! of them in float rounds a few values the other way.

mod conv;
mod grid;
mod moves;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use prost::Message;

use self::grid::{QdqGrid, RoundedTensor};
use super::{
    AttributeProto, Attributes, Constants, GraphProto, INT8, IntegerForm, MICROSOFT, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, UINT8, shown,
};

/// A node of a QDQ model that has no operator on bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {node} ({op}) cannot be rewritten to integers: {why}")]
pub struct RefusedNode {
    pub node: String,
    pub op: String,
    /// Follows the node's name and a colon.
    pub why: String,
}

/// What to do about it.
const ADVICE: &str =
    "quantize the whole model as onnxruntime.quantization.quantize_static or `twinsight models build` do";

/// The model in the QOperator form, if its bytes are one in the QDQ form that can be rewritten; `None` otherwise.
pub fn with_integer_operators(bytes: &[u8]) -> Option<Vec<u8>> {
    let model = ModelProto::decode(bytes).ok().filter(is_qdq)?;
    Some(in_integer_operators(model).ok()?.encode_to_vec())
}

/// The model in the QOperator form, if it is in the QDQ form; otherwise as it is.
pub fn in_integer_operators(mut model: ModelProto) -> Result<ModelProto, RefusedNode> {
    if !is_qdq(&model) {
        return Ok(model);
    }
    let mut graph = model.graph.take().unwrap_or_default();
    let (nodes, constants) = QdqRewriter::new(&graph).rewritten(&graph)?;
    graph.node = nodes;
    graph.initializer.extend(constants);
    drop_unread(&mut graph);
    // Of tensors that are bytes now, or no longer there; they are inferred again.
    graph.value_info.clear();
    graph.quantization_annotation.clear();
    model.graph = Some(graph);
    if !model.opset_import.iter().any(|set| set.domain == MICROSOFT) {
        model.opset_import.push(OperatorSetIdProto { domain: MICROSOFT.into(), version: 1 });
    }
    Ok(model)
}

fn is_qdq(model: &ModelProto) -> bool {
    model.graph.as_ref().is_some_and(|graph| {
        let operations = graph.node.iter().map(|node| node.op_type.as_str());
        operations.clone().any(|op| op == "DequantizeLinear") && IntegerForm::of(operations) == IntegerForm::Qdq
    })
}

/// Constants that nothing reads any more go, also where they are listed as inputs. ONNX Runtime warns about them.
fn drop_unread(graph: &mut GraphProto) {
    let read: HashSet<&str> = graph.node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
    let unread = graph.initializer.iter().filter(|tensor| !read.contains(tensor.name.as_str()));
    let unread: HashSet<String> = unread.map(|tensor| tensor.name.clone()).collect();
    graph.initializer.retain(|tensor| !unread.contains(&tensor.name));
    graph.input.retain(|input| !unread.contains(&input.name));
}

/// Takes a graph node by node. Errors are phrased to follow the node's name and a colon.
struct QdqRewriter<'a> {
    constants: Constants<'a>,
    /// Tensors that only are others under another name.
    aliases: HashMap<&'a str, &'a str>,
    /// Of each tensor: the nodes that read it.
    readers: HashMap<&'a str, Vec<&'a NodeProto>>,
    /// Outputs of the graph.
    outputs: HashSet<&'a str>,
    /// Every name of a tensor.
    names: HashSet<String>,
    /// Constants in float, and the DequantizeLinear that makes them of integers.
    scaled: HashMap<&'a str, &'a NodeProto>,
    /// Float tensors that bytes stand for.
    rounded: HashMap<&'a str, RoundedTensor>,
    /// Types of the bytes that QuantizeLinear nodes make, by name.
    byte_types: HashMap<&'a str, i32>,
    /// Those of both that exist in float too.
    in_float: HashSet<&'a str>,
    nodes: Vec<NodeProto>,
    /// Constants that are added.
    initializers: Vec<TensorProto>,
}

impl<'a> QdqRewriter<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let outputs: HashSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        let inputs = graph.input.iter().map(|input| &input.name);
        let constants = graph.initializer.iter().map(|tensor| &tensor.name);
        let computed = graph.node.iter().flat_map(|node| &node.output);
        let names = computed.chain(constants).chain(inputs).cloned().collect();
        let (aliases, readers, scaled, rounded, byte_types, in_float, nodes, initializers) = Default::default();
        let mut rewriter = Self {
            constants: Constants::of(graph),
            aliases,
            readers,
            outputs,
            names,
            scaled,
            rounded,
            byte_types,
            in_float,
            nodes,
            initializers,
        };
        for node in graph.node.iter().filter(|node| node.op_type == "Identity") {
            let output = node.output.first().map(String::as_str);
            if let (Some(input), Some(output)) = (rewriter.input(node, 0), output)
                && !rewriter.outputs.contains(output)
            {
                rewriter.aliases.insert(output, input);
            }
        }
        for node in &graph.node {
            if let (Some(output), Some(data_type)) = (node.output.first(), rewriter.quantized_type(node)) {
                rewriter.byte_types.insert(output, data_type);
            }
            // The nodes that read it read what it stands for.
            let places = if rewriter.is_alias(node) { 0 } else { node.input.len() };
            for place in 0..places {
                if let Some(input) = rewriter.input(node, place) {
                    rewriter.readers.entry(input).or_default().push(node);
                }
            }
        }
        rewriter
    }

    /// The nodes, and the constants that are added. Nodes are in an order in which each is computed before it is read.
    fn rewritten(mut self, graph: &'a GraphProto) -> Result<(Vec<NodeProto>, Vec<TensorProto>), RefusedNode> {
        // A scale may stand after the operator that has taken it.
        let (constants, others): (Vec<&NodeProto>, Vec<&NodeProto>) =
            graph.node.iter().partition(|node| node.op_type == "Constant");
        self.nodes.extend(constants.into_iter().cloned());
        for node in others {
            let refused = |why| RefusedNode { node: shown(node), op: node.op_type.clone(), why };
            self.node(node).map_err(refused)?;
        }
        Ok((self.nodes, self.initializers))
    }

    fn node(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let source = self.input(node, 0).and_then(|name| self.rounded.get(name)).cloned();
        match (node.op_type.as_str(), source) {
            ("Identity", _) if self.is_alias(node) => Ok(()),
            ("DequantizeLinear", _) => self.dequantize(node),
            ("QuantizeLinear", Some(source)) => self.requantize(node, source),
            ("Conv", Some(source)) => self.conv(node, source),
            ("LeakyRelu", Some(source)) => self.leaky_relu(node, source),
            ("Concat", Some(source)) => self.concat(node, source),
            ("MaxPool" | "Resize" | "Split" | "Slice" | "Pad" | "Transpose" | "Identity", Some(source))
                if !interpolates(node) =>
            {
                self.moved(node, source)
            }
            _ => {
                self.as_it_is(node);
                Ok(())
            }
        }
    }

    /// Its bytes stand for its output from here on.
    fn dequantize(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let (output, source) = (output(node)?, self.input(node, 0).ok_or("its input is missing")?);
        if self.constants.has(source) {
            self.scaled.insert(output, node);
        } else {
            let grid = self.grid(node, [1, 2])?;
            self.rounded.insert(output, RoundedTensor { bytes: source.to_owned(), grid });
        }
        if self.outputs.contains(output) {
            self.float(output);
        }
        Ok(())
    }

    /// A QuantizeLinear of what bytes stand for already.
    fn requantize(&mut self, node: &'a NodeProto, source: RoundedTensor) -> Result<(), String> {
        let bytes = output(node)?;
        // The operator before it has taken it.
        if source.bytes == bytes {
            return Ok(());
        }
        let to = self.grid(node, [1, 2])?;
        if to.is(&source.grid) {
            self.push(node, "Identity", vec![source.bytes], vec![bytes.to_owned()], Vec::new());
        } else {
            let input = vec![to.scale, to.zero_point, source.bytes, source.grid.scale, source.grid.zero_point];
            self.push(node, "QLinearConcat", input, vec![bytes.to_owned()], vec![AttributeProto::int("axis", 1)]);
        }
        Ok(())
    }

    /// A node that is not rewritten, after the floats that it reads.
    fn as_it_is(&mut self, node: &'a NodeProto) {
        for place in 0..node.input.len() {
            if let Some(name) = self.input(node, place) {
                self.float(name);
            }
        }
        self.nodes.push(NodeProto { input: self.inputs(node), ..node.clone() });
    }

    /// Makes sure that a tensor exists in float.
    fn float(&mut self, tensor: &'a str) {
        if let Some(RoundedTensor { bytes, grid }) = self.rounded.get(tensor).cloned() {
            if self.in_float.insert(tensor) {
                self.nodes.push(NodeProto {
                    input: vec![bytes, grid.scale, grid.zero_point],
                    output: vec![tensor.to_owned()],
                    name: format!("{tensor}_DequantizeLinear"),
                    op_type: "DequantizeLinear".into(),
                    ..NodeProto::default()
                });
            }
        } else if let Some(node) = self.scaled.get(tensor).copied()
            && self.in_float.insert(tensor)
        {
            self.nodes.push(NodeProto { input: self.inputs(node), ..node.clone() });
        }
    }

    /// From here on bytes stand for a float tensor.
    fn put(&mut self, tensor: &'a str, rounded: RoundedTensor) {
        self.rounded.insert(tensor, rounded);
        if self.outputs.contains(tensor) {
            self.float(tensor);
        }
    }

    /// The QuantizeLinear nodes that round a tensor, and the other nodes that read it.
    fn readers_of(&self, tensor: &str) -> (Vec<&'a NodeProto>, Vec<&'a NodeProto>) {
        let readers = self.readers.get(tensor).map_or(&[][..], Vec::as_slice);
        let rounds = |node: &'a NodeProto| node.op_type == "QuantizeLinear" && self.input(node, 0) == Some(tensor);
        readers.iter().copied().partition(|&node| rounds(node))
    }

    /// What the QuantizeLinear after a tensor makes of it; `None`: it is read in float, too or alone.
    fn rounding(&mut self, tensor: &'a str) -> Result<Option<RoundedTensor>, String> {
        let (rounding, others) = self.readers_of(tensor);
        let mut rounding = rounding.into_iter();
        let first = match rounding.next() {
            Some(first) if others.is_empty() && !self.outputs.contains(tensor) => first,
            _ => return Ok(None),
        };
        let grid = self.grid(first, [1, 2])?;
        for other in rounding {
            // With two scales it is rounded from float.
            if !self.grid(other, [1, 2])?.is(&grid) {
                return Ok(None);
            }
        }
        Ok(Some(RoundedTensor { bytes: output(first)?.to_owned(), grid }))
    }

    /// `places`: the inputs that are the scale and the zero point.
    fn grid(&mut self, node: &'a NodeProto, places: [usize; 2]) -> Result<QdqGrid, String> {
        let scale = self.input(node, places[0]).ok_or("its scale is missing")?;
        let values = self.constants.floats(scale).map(|(_, values)| values);
        let Some([step]) = values.as_deref() else {
            return Err(format!("its scale {scale} is not one float32 constant in the file; {ADVICE}"));
        };
        let (zero_point, zero, data_type) = match self.input(node, places[1]) {
            Some(name) => {
                let points = self.constants.integers(name);
                let (Some(tensor), Some([point])) = (self.constants.tensor(name), points.as_deref()) else {
                    return Err(format!("its zero point {name} is not a one-byte constant in the file; {ADVICE}"));
                };
                (name.to_owned(), *point, tensor.data_type)
            }
            None => {
                // Of a DequantizeLinear: those that the QuantizeLinear before it makes.
                let makes = node.op_type == "QuantizeLinear";
                let bytes = if makes { node.output.first().map(String::as_str) } else { self.input(node, 0) };
                let data_type = bytes.and_then(|bytes| self.byte_types.get(bytes)).copied().unwrap_or(UINT8);
                if data_type != UINT8 && data_type != INT8 {
                    return Err(format!("it quantizes to another type than int8 or uint8; {ADVICE}"));
                }
                (self.zeros(scale, data_type), 0, data_type)
            }
        };
        Ok(QdqGrid { scale: scale.to_owned(), zero_point, step: *step, zero, data_type })
    }

    /// The type that a QuantizeLinear says that it rounds to, by its zero point or by an attribute.
    fn quantized_type(&self, node: &'a NodeProto) -> Option<i32> {
        if node.op_type != "QuantizeLinear" {
            return None;
        }
        let zero_point = self.input(node, 2).and_then(|name| self.constants.tensor(name));
        let given = || Attributes(&node.attribute).int("output_dtype", 0).ok().filter(|given| *given != 0);
        zero_point.map(|tensor| tensor.data_type).or_else(|| i32::try_from(given()?).ok())
    }

    /// The name of zero points of 0, as many as a constant has scales, where the file leaves them out.
    fn zeros(&mut self, scale: &str, data_type: i32) -> String {
        let name = format!("{scale}/{}", if data_type == INT8 { "zero_point_int8" } else { "zero_point_uint8" });
        if self.names.insert(name.clone()) {
            let (dims, scales) = self.constants.floats(scale).unwrap_or_default();
            self.initializers.push(TensorProto { data_type, ..TensorProto::u8(&name, &dims, &vec![0; scales.len()]) });
        }
        name
    }

    /// The name of an input, with aliases resolved; `None` if it is omitted.
    fn input(&self, node: &'a NodeProto, place: usize) -> Option<&'a str> {
        let name = node.input.get(place).map(String::as_str).filter(|name| !name.is_empty())?;
        Some(self.aliases.get(name).copied().unwrap_or(name))
    }

    /// All of its inputs; the name of one that is omitted is empty.
    fn inputs(&self, node: &'a NodeProto) -> Vec<String> {
        (0..node.input.len()).map(|place| self.input(node, place).unwrap_or_default().to_owned()).collect()
    }

    fn is_alias(&self, node: &NodeProto) -> bool {
        let output = node.output.first();
        node.op_type == "Identity" && output.is_some_and(|output| self.aliases.contains_key(output.as_str()))
    }

    /// A name that no tensor has: this one, if it is free.
    fn fresh(&mut self, name: String) -> String {
        let (mut found, mut count) = (name.clone(), 1);
        while !self.names.insert(found.clone()) {
            count += 1;
            found = format!("{name}/{count}");
        }
        found
    }

    /// Adds a node under the name of the one that it stands for.
    fn push(
        &mut self,
        of: &NodeProto,
        op: &str,
        input: Vec<String>,
        output: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) {
        let theirs = matches!(op, "QLinearLeakyRelu" | "QLinearConcat" | "MatMulIntegerToFloat");
        self.nodes.push(NodeProto {
            input,
            output,
            name: shown(of),
            op_type: op.into(),
            attribute,
            domain: if theirs { MICROSOFT.into() } else { String::new() },
            ..NodeProto::default()
        });
    }
}

/// Whether a node makes values between others: their bytes would be cut where floats are rounded.
fn interpolates(node: &NodeProto) -> bool {
    node.op_type == "Resize" && Attributes(&node.attribute).text("mode", "nearest") != "nearest"
}

/// The name of a node's first output.
fn output(node: &NodeProto) -> Result<&str, String> {
    let name = node.output.first().map(String::as_str).filter(|name| !name.is_empty());
    name.ok_or_else(|| "it has no output".into())
}
