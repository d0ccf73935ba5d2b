//! Writes the nodes of an INT8 model in the QDQ form: float operators between pairs of QuantizeLinear and
//! DequantizeLinear.
//!
//! ```text
//! x ── Conv, its weights and biases through DequantizeLinear ──▶ t_unrounded ── QuantizeLinear ──▶ t_quantized
//!                                                                 next node ◀── t ◀── DequantizeLinear ┘
//! ```
//!
//! Every number is that of the QOperator form, so that a program that joins the pairs with their operators computes the
//! same bytes. A convolution that puts out float is one without a pair after it, and with its biases in float.

use std::collections::HashSet;

use super::constants::{conv_tensors, grid_names, grid_tensors, quantized_name};
use super::conv::{ConvNumbers, QuantizedConv};
use super::plan::QuantizePlan;
use crate::onnx::{AttributeProto, NodeProto, TensorProto};
use crate::workshop::error::TableError;
use crate::workshop::export::{float_node, plain_node};
use crate::workshop::graph::{FoldedConv, Graph, GraphOp, Node};
use crate::workshop::recipe::{Activations, Recipe};

pub struct QdqWriter<'a> {
    plan: QuantizePlan<'a>,
    numbers: ConvNumbers,
    activations: Activations,
    pub nodes: Vec<NodeProto>,
    pub initializers: Vec<TensorProto>,
    /// Tensors that have only values of their grid.
    rounded: HashSet<&'a str>,
    /// Float tensors of which `t_dequantized` exists.
    paired: HashSet<String>,
    /// Owners whose grids are written.
    grids: HashSet<&'a str>,
}

impl<'a> QdqWriter<'a> {
    pub fn new(plan: QuantizePlan<'a>, recipe: &Recipe) -> Self {
        let (nodes, initializers, rounded, paired, grids) = Default::default();
        let (numbers, activations) = (ConvNumbers::of(recipe), recipe.activations);
        Self { plan, numbers, activations, nodes, initializers, rounded, paired, grids }
    }

    pub fn graph(&mut self, graph: &'a Graph) -> Result<(), TableError> {
        for node in &graph.nodes {
            if self.plan.is_float(node) {
                let written = float_node(node, &mut self.initializers);
                self.nodes.push(written);
            } else {
                self.node(node)?;
            }
        }
        Ok(())
    }

    /// One that reads rounded values, and whose outputs are rounded unless they are to be float.
    fn node(&mut self, node: &'a Node) -> Result<(), TableError> {
        let inputs: Vec<String> = node.inputs.iter().map(|source| self.read(source)).collect::<Result<_, _>>()?;
        let is_float = self.plan.puts_out_float(node);
        let mut written = match &node.op {
            GraphOp::Conv(folded) => self.conv(node, folded, is_float)?,
            _ => float_node(node, &mut self.initializers),
        };
        for (place, name) in inputs.into_iter().enumerate() {
            written.input[place] = name;
        }
        if is_float {
            self.nodes.push(written);
            return Ok(());
        }
        written.output = node.outputs.iter().map(|tensor| format!("{}_unrounded", tensor.name)).collect();
        self.nodes.push(written);
        for tensor in &node.outputs {
            self.pair(&format!("{}_unrounded", tensor.name), &tensor.name, &tensor.name)?;
            self.rounded.insert(&tensor.name);
        }
        Ok(())
    }

    /// The convolution, its input still to be named.
    fn conv(&mut self, node: &Node, folded: &FoldedConv, puts_out_float: bool) -> Result<NodeProto, TableError> {
        let name = &node.name;
        let input_scale = self.plan.grid(&node.inputs[0])?.scale;
        let numbers = QuantizedConv::new(folded, input_scale, self.numbers);
        let is_per_filter = self.numbers.weights.is_per_filter();
        let [weights, scale, zero_point, biases] = conv_tensors(name, folded, &numbers, is_per_filter);
        let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
        let axis = || if is_per_filter { vec![AttributeProto::int("axis", 0)] } else { Vec::new() };
        let weight_input = [&weights, &scale, &zero_point].map(|tensor| tensor.name.clone());
        self.linear("DequantizeLinear", weight_input.to_vec(), &weight, axis());
        self.initializers.extend([weights, scale, zero_point]);
        let dims = [i64::from(folded.filters)];
        if puts_out_float {
            self.initializers.push(TensorProto::f32(&bias, &dims, &folded.biases));
        } else {
            // Float32, as the runtime multiplies. int32 has no zero point.
            let units: Vec<f32> = numbers.scales.iter().map(|scale| input_scale * scale).collect();
            let unit = TensorProto::f32(format!("{bias}_scale"), if is_per_filter { &dims } else { &[] }, &units);
            self.linear("DequantizeLinear", vec![biases.name.clone(), unit.name.clone()], &bias, axis());
            self.initializers.extend([biases, unit]);
        }
        Ok(plain_node(node, vec![node.inputs[0].clone(), weight, bias]))
    }

    /// The name under which a tensor has only values of its grid.
    fn read(&mut self, tensor: &str) -> Result<String, TableError> {
        if self.rounded.contains(tensor) {
            return Ok(tensor.to_owned());
        }
        let name = format!("{tensor}_dequantized");
        if self.paired.insert(tensor.to_owned()) {
            self.pair(tensor, tensor, &name)?;
        }
        Ok(name)
    }

    /// Rounds the tensor `from` to the grid of `tensor`, as `to`.
    fn pair(&mut self, from: &str, tensor: &str, to: &str) -> Result<(), TableError> {
        let owner = self.plan.owner(tensor)?;
        let grid = self.plan.grid(tensor)?;
        if self.grids.insert(owner) {
            self.initializers.extend(grid_tensors(owner, grid, self.activations));
        }
        let [scale, zero_point] = grid_names(owner);
        let bytes = quantized_name(tensor);
        self.linear("QuantizeLinear", vec![from.into(), scale.clone(), zero_point.clone()], &bytes, Vec::new());
        self.linear("DequantizeLinear", vec![bytes, scale, zero_point], to, Vec::new());
        Ok(())
    }

    fn linear(&mut self, op: &str, input: Vec<String>, output: &str, attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input,
            output: vec![output.into()],
            name: format!("{output}_{op}"),
            op_type: op.into(),
            attribute,
            ..NodeProto::default()
        });
    }
}
