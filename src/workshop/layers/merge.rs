//! Puts a float model and its INT8 model into one, that shows where they differ.
//!
//! ```text
//! images ─┬─ a/…  the float model ──────────── a/t ─── quantized ─ one INT8 node ───▶ isolated
//!         └─ b/…  the INT8 model ──────────── b/t_quantized ─ dequantized ──────────▶ propagated
//! ```

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::LayersError;
use crate::onnx::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto, float_name,
    in_integer_operators, shown,
};

/// The name of the merged model's input.
pub const INPUT: &str = "images";

/// One model that computes everything, and what its outputs are.
pub struct Merged {
    /// With the weights of both models.
    pub model: ModelProto,
    pub rows: Vec<MergedRow>,
    /// Names of the float model's own outputs.
    pub heads: Vec<String>,
}

impl Merged {
    pub fn bytes(&self) -> Vec<u8> {
        self.model.encode_to_vec()
    }

    /// All nodes, with the weights of the INT8 model only.
    pub fn of_int8(&self) -> ModelProto {
        let ModelProto { ir_version, opset_import, graph, .. } = &self.model;
        let graph = graph.as_ref().map(|graph| GraphProto {
            node: graph.node.clone(),
            initializer: graph.initializer.iter().filter(|t| t.name.starts_with("b/")).cloned().collect(),
            ..GraphProto::default()
        });
        ModelProto { ir_version: *ir_version, opset_import: opset_import.clone(), graph, ..ModelProto::default() }
    }
}

/// One tensor of both models. The names are those of the merged model's outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRow {
    /// The node of the INT8 model, and its operation.
    pub node: String,
    pub op: String,
    /// The tensor of the float model.
    pub tensor: String,
    pub float: String,
    pub propagated: String,
    /// `None`: the node rounds nothing by itself.
    pub isolated: Option<String>,
}

/// Merges two models. An INT8 model in the QDQ form is rewritten to the QOperator form first.
pub fn merge(float: ModelProto, int8: ModelProto) -> Result<Merged, LayersError> {
    let int8 = in_integer_operators(int8).map_err(|refused| LayersError::Int8(refused.to_string()))?;
    let (mut a, mut b) = (parsed(float).map_err(LayersError::Float)?, parsed(int8).map_err(LayersError::Int8)?);
    let inputs = [input(&a).map_err(LayersError::Float)?, input(&b).map_err(LayersError::Int8)?];
    // Moved, because there are many.
    let weights = [&mut a, &mut b].map(|parsed| std::mem::take(&mut parsed.graph.initializer));
    let mut merger = Merger::new(&a, &b, inputs);
    for node in &b.graph.node {
        merger.int8_node(node);
    }
    if !b.graph.node.iter().any(|node| node.op_type.starts_with("QLinear")) {
        return Err(LayersError::NotQuantized);
    }
    if merger.rows.is_empty() {
        return Err(LayersError::NothingInCommon);
    }
    Ok(merger.finish(&a, &b, weights))
}

struct Parsed {
    graph: GraphProto,
    opsets: Vec<OperatorSetIdProto>,
    ir_version: i64,
}

fn parsed(model: ModelProto) -> Result<Parsed, String> {
    let mut graph = model.graph.ok_or("it has no graph")?;
    // Names are optional in ONNX.
    graph.node.iter_mut().for_each(|node| node.name = shown(node));
    let strange = graph.node.iter().find(|n| n.attribute.iter().any(|a| !a.is_understood()));
    match strange {
        Some(node) => Err(format!("its node {} has an attribute that cannot be copied", node.name)),
        None => Ok(Parsed { graph, opsets: model.opset_import, ir_version: model.ir_version }),
    }
}

struct Merger<'a> {
    /// What the float model computes, its input included.
    float_tensors: HashSet<&'a str>,
    inputs: [String; 2],
    nodes: Vec<NodeProto>,
    outputs: Vec<String>,
    /// Of each tensor of the INT8 model in bytes: the merged names of its scale and zero point.
    grids: HashMap<&'a str, [String; 2]>,
    /// Of each tensor of the INT8 model: the node that puts it out.
    producers: HashMap<&'a str, &'a NodeProto>,
    rows: Vec<MergedRow>,
}

impl<'a> Merger<'a> {
    fn new(a: &'a Parsed, b: &'a Parsed, inputs: [String; 2]) -> Self {
        let computed = a.graph.node.iter().flat_map(|n| &n.output).filter(|t| !t.is_empty()).map(String::as_str);
        let float_tensors = computed.chain(a.graph.input.iter().map(|i| i.name.as_str())).collect();
        let producers = b.graph.node.iter().flat_map(|n| n.output.iter().map(move |t| (t.as_str(), n))).collect();
        let (nodes, outputs, grids, rows) = Default::default();
        let mut merger = Self { float_tensors, inputs, nodes, outputs, grids, producers, rows };
        for node in &a.graph.node {
            let node = merger.renamed(node, 0);
            merger.nodes.push(node);
        }
        merger
    }

    /// The merged name of a tensor of model 0 (float) or 1 (INT8).
    fn name(&self, tensor: &str, model: usize) -> String {
        match tensor {
            "" => String::new(),
            _ if tensor == self.inputs[model] => INPUT.into(),
            _ => format!("{}/{tensor}", ["a", "b"][model]),
        }
    }

    fn renamed(&self, node: &NodeProto, model: usize) -> NodeProto {
        let rename = |names: &[String]| names.iter().map(|t| self.name(t, model)).collect();
        let name = format!("{}/{}", ["a", "b"][model], node.name);
        NodeProto { input: rename(&node.input), output: rename(&node.output), name, ..node.clone() }
    }

    fn int8_node(&mut self, node: &'a NodeProto) {
        let copy = self.renamed(node, 1);
        self.nodes.push(copy);
        let grid = self.grid_of(node);
        // What only turns bytes into float shows nothing new.
        if node.op_type == "DequantizeLinear" {
            return;
        }
        for (place, output) in node.output.iter().enumerate().filter(|(_, output)| !output.is_empty()) {
            if let Some(grid) = &grid {
                self.grids.insert(output, grid.clone());
            }
            let tensor = if grid.is_some() { float_name(output) } else { output };
            if !self.float_tensors.contains(tensor) {
                continue;
            }
            let product = self.product(node).filter(|_| grid.is_none());
            let isolated = match (product, &grid) {
                (Some([first, product]), _) => self.isolate_product(first, product, node, tensor),
                (None, Some(grid)) if place == 0 => self.isolate(node, tensor, grid),
                _ => None,
            };
            let propagated = match &grid {
                Some(grid) => self.dequantize(self.name(output, 1), grid, format!("b/{tensor}/float")),
                None => self.name(output, 1),
            };
            // A float tensor that is rounded afterwards: what is rounded tells more.
            if let Some(row) = self.rows.iter_mut().find(|row| row.tensor == tensor) {
                // In its place: what belongs to one row stays together.
                self.outputs
                    .iter_mut()
                    .filter(|output| **output == row.propagated)
                    .for_each(|output| output.clone_from(&propagated));
                (row.propagated, row.isolated) = (propagated, None);
                continue;
            }
            let float = self.name(tensor, 0);
            self.outputs.extend([propagated.clone()].into_iter().chain(isolated.clone()));
            let node = product.map_or(node, |[_, product]| product);
            let (node, op) = (node.name.clone(), node.op_type.clone());
            self.rows.push(MergedRow { node, op, tensor: tensor.to_owned(), float, propagated, isolated });
        }
    }

    /// Names of the scale and the zero point of what a node puts out; `None`: it puts out float.
    fn grid_of(&self, node: &NodeProto) -> Option<[String; 2]> {
        let named =
            |scale: usize| Some([self.name(node.input.get(scale)?, 1), self.name(node.input.get(scale + 1)?, 1)]);
        match node.op_type.as_str() {
            "QuantizeLinear" => named(1),
            "QLinearConv" => named(6),
            "QLinearLeakyRelu" => named(3),
            "QLinearConcat" => named(0),
            // What moves bytes keeps their meaning.
            "Split" | "Slice" | "Concat" | "MaxPool" | "Resize" | "Pad" | "Transpose" | "Reshape" | "Identity" => {
                self.grids.get(node.input.first()?.as_str()).cloned()
            }
            _ => None,
        }
    }

    /// The node once more, on the float model's tensors; the name of what it then puts out, in float.
    fn isolate(&mut self, node: &NodeProto, tensor: &str, grid: &[String; 2]) -> Option<String> {
        let firsts: Vec<usize> = match node.op_type.as_str() {
            "QuantizeLinear" => Vec::new(),
            "QLinearConv" | "QLinearLeakyRelu" => vec![0],
            "QLinearConcat" => (2..node.input.len()).step_by(3).collect(),
            _ => return None,
        };
        let mut copy = self.renamed(node, 1);
        copy.name = format!("i/{}", node.name);
        for first in firsts {
            let source = node.input.get(first)?;
            let source = float_name(source);
            if !self.float_tensors.contains(source) {
                return None;
            }
            let bytes = format!("i/{tensor}/{first}");
            let (scale, zero_point) = (copy.input.get(first + 1)?.clone(), copy.input.get(first + 2)?.clone());
            self.push("QuantizeLinear", vec![self.name(source, 0), scale, zero_point], bytes.clone());
            copy.input[first] = bytes;
        }
        let bytes = format!("i/{tensor}");
        copy.output = vec![bytes.clone()];
        self.nodes.push(copy);
        Some(self.dequantize(bytes, grid, format!("i/{tensor}/float")))
    }

    /// The nodes before this one where it ends a convolution that is written as a product of matrices: bytes
    /// transposed, multiplied, and (this node) transposed back.
    fn product(&self, node: &NodeProto) -> Option<[&'a NodeProto; 2]> {
        let before = |node: &NodeProto| self.producers.get(node.input.first()?.as_str()).copied();
        let product = before(node).filter(|p| node.op_type == "Transpose" && p.op_type == "MatMulIntegerToFloat")?;
        Some([before(product).filter(|first| first.op_type == "Transpose")?, product])
    }

    fn isolate_product(
        &mut self,
        first: &NodeProto,
        product: &NodeProto,
        last: &NodeProto,
        tensor: &str,
    ) -> Option<String> {
        let source = first.input.first()?;
        let source = float_name(source);
        if !self.float_tensors.contains(source) {
            return None;
        }
        let [bytes, rows, sums] = ["bytes", "rows", "sums"].map(|step| format!("i/{tensor}/{step}"));
        let mut copies = [first, product, last].map(|node| self.renamed(node, 1));
        let grid = [copies[1].input.get(2)?.clone(), copies[1].input.get(4)?.clone()];
        let to = format!("i/{tensor}/float");
        for (copy, (from, to)) in copies.iter_mut().zip([(&bytes, &rows), (&rows, &sums), (&sums, &to)]) {
            copy.name = format!("{to}/{}", copy.op_type);
            copy.input[0].clone_from(from);
            copy.output = vec![to.clone()];
        }
        let [scale, zero_point] = grid;
        self.push("QuantizeLinear", vec![self.name(source, 0), scale, zero_point], bytes);
        self.nodes.extend(copies);
        Some(to)
    }

    fn dequantize(&mut self, bytes: String, [scale, zero_point]: &[String; 2], to: String) -> String {
        self.push("DequantizeLinear", vec![bytes, scale.clone(), zero_point.clone()], to.clone());
        to
    }

    fn push(&mut self, op: &str, input: Vec<String>, output: String) {
        let name = format!("{output}/{op}");
        self.nodes.push(NodeProto { input, output: vec![output], name, op_type: op.into(), ..NodeProto::default() });
    }

    fn finish(self, a: &Parsed, b: &Parsed, weights: [Vec<TensorProto>; 2]) -> Merged {
        let heads = a.graph.output.iter().map(|output| self.name(&output.name, 0)).collect();
        let mut initializer: Vec<TensorProto> = Vec::new();
        for (model, weights) in weights.into_iter().enumerate() {
            initializer.extend(weights.into_iter().map(|t| TensorProto { name: self.name(&t.name, model), ..t }));
        }
        let mut input = a.graph.input.iter().find(|i| i.name == self.inputs[0]).cloned().unwrap_or_default();
        input.name = INPUT.into();
        let model = ModelProto {
            ir_version: a.ir_version.max(b.ir_version),
            graph: Some(GraphProto {
                node: self.nodes,
                name: "both".into(),
                initializer,
                input: vec![input],
                output: self.outputs.iter().map(ValueInfoProto::f32_of_any_shape).collect(),
                ..GraphProto::default()
            }),
            opset_import: opsets(a, b),
            ..ModelProto::default()
        };
        Merged { model, rows: self.rows, heads }
    }
}

/// The one input that is not an initializer too.
fn input(model: &Parsed) -> Result<String, String> {
    let known: HashSet<&str> = model.graph.initializer.iter().map(|t| t.name.as_str()).collect();
    let mut inputs = model.graph.input.iter().filter(|i| !known.contains(i.name.as_str()));
    match (inputs.next(), inputs.next()) {
        (Some(input), None) => Ok(input.name.clone()),
        _ => Err("it does not have exactly one input".into()),
    }
}

/// The newer version of each set of operators.
fn opsets(a: &Parsed, b: &Parsed) -> Vec<OperatorSetIdProto> {
    let mut opsets = a.opsets.clone();
    for theirs in &b.opsets {
        match opsets.iter_mut().find(|ours| ours.domain == theirs.domain) {
            Some(ours) => ours.version = ours.version.max(theirs.version),
            None => opsets.push(theirs.clone()),
        }
    }
    opsets
}
