//! Writes the nodes of an INT8 model in the QOperator form: operators on bytes.

use std::collections::HashSet;

use super::constants::{conv_tensors, grid_names, grid_tensors, quantized_name};
use super::conv::{ConvNumbers, QuantizedConv};
use super::plan::QuantizePlan;
use crate::onnx::{AttributeProto, MICROSOFT, NodeProto, TensorProto};
use crate::workshop::error::TableError;
use crate::workshop::export::{attributes, float_node, op_type, pad_ends, split_sizes, upsample_scales};
use crate::workshop::graph::{FoldedConv, Graph, GraphOp, Node};
use crate::workshop::recipe::{Activations, Concat, Recipe};

pub struct QOperatorWriter<'a> {
    plan: QuantizePlan<'a>,
    numbers: ConvNumbers,
    concat: Concat,
    activations: Activations,
    pub nodes: Vec<NodeProto>,
    pub initializers: Vec<TensorProto>,
    /// Tensors that exist so far, under the names that they have in the model.
    tensors: HashSet<String>,
    /// Owners whose grids are written.
    grids: HashSet<&'a str>,
}

impl<'a> QOperatorWriter<'a> {
    pub fn new(plan: QuantizePlan<'a>, recipe: &Recipe) -> Self {
        let Recipe { concat, activations, .. } = *recipe;
        let (nodes, initializers, tensors, grids) = Default::default();
        Self { plan, numbers: ConvNumbers::of(recipe), concat, activations, nodes, initializers, tensors, grids }
    }

    pub fn graph(&mut self, graph: &Graph) -> Result<(), TableError> {
        self.tensors.insert(graph.input.name.clone());
        for node in &graph.nodes {
            match &node.op {
                _ if self.plan.is_float(node) => self.float_node(node)?,
                GraphOp::Conv(folded) if self.plan.puts_out_float(node) => self.float_output(node, folded)?,
                _ => self.node(node)?,
            }
        }
        graph.outputs.iter().try_for_each(|head| self.float(&head.name))
    }

    fn float_node(&mut self, node: &Node) -> Result<(), TableError> {
        node.inputs.iter().try_for_each(|source| self.float(source))?;
        let written = float_node(node, &mut self.initializers);
        self.tensors.extend(written.output.iter().cloned());
        self.nodes.push(written);
        Ok(())
    }

    fn node(&mut self, node: &Node) -> Result<(), TableError> {
        let (source, output) = (&node.inputs[0], &node.outputs[0].name);
        let attributes = attributes(&node.op);
        let mut op = op_type(&node.op);
        let mut input;
        match &node.op {
            GraphOp::Conv(folded) => {
                op = "QLinearConv";
                input = self.bytes(source)?.to_vec();
                let [weights @ .., bias] = self.conv(&node.name, folded, source)?;
                input.extend(weights);
                input.extend(self.grid(output)?);
                input.push(bias);
            }
            GraphOp::LeakyRelu { .. } => {
                op = "QLinearLeakyRelu";
                input = self.bytes(source)?.to_vec();
                input.extend(self.grid(output)?);
            }
            GraphOp::Concat if self.concat == Concat::Own => {
                op = "QLinearConcat";
                input = self.grid(output)?.to_vec();
                for source in &node.inputs {
                    input.extend(self.bytes(source)?);
                }
            }
            GraphOp::Concat => {
                input = Vec::new();
                for source in &node.inputs {
                    let [bytes, ..] = self.bytes(source)?;
                    input.push(bytes);
                }
            }
            GraphOp::Split | GraphOp::MaxPool(_) | GraphOp::Upsample { .. } | GraphOp::Pad(_) => {
                let [bytes, _, zero_point] = self.bytes(source)?;
                input = vec![bytes];
                match node.op {
                    GraphOp::Upsample { factor } => {
                        input.extend([String::new(), upsample_scales(node, factor, &mut self.initializers)]);
                    }
                    GraphOp::Split => input.extend(split_sizes(node, &mut self.initializers)),
                    // Its zeros are the zero point's bytes.
                    GraphOp::Pad(pads) => input.extend([pad_ends(node, pads, &mut self.initializers), zero_point]),
                    _ => {}
                }
            }
        }
        let outputs = node.outputs.iter().map(|t| quantized_name(&t.name)).collect();
        self.push(format!("{}_quant", node.name), op, input, outputs, attributes);
        Ok(())
    }

    /// A 1×1 convolution as the product of two matrices, whose sums come out in float: `[H, W, C]` times
    /// `[C, filters]`. Rounded sums are what costs a head its precision, and float convolutions cost time.
    fn float_output(&mut self, node: &Node, folded: &FoldedConv) -> Result<(), TableError> {
        let (source, output, name) = (&node.inputs[0], &node.outputs[0].name, &node.name);
        let [bytes, scale, zero_point] = self.bytes(source)?;
        let numbers = QuantizedConv::new(folded, self.plan.grid(source)?.scale, self.numbers);
        let (filters, channels) = (folded.filters as usize, folded.input_channels as usize);
        let columns: Vec<i8> = (0..channels)
            .flat_map(|c| (0..filters).map(move |f| (c, f)))
            .map(|(c, f)| numbers.weights[f * channels + c])
            .collect();
        let weight = format!("{name}_weight");
        let names = [
            quantized_name(&weight),
            format!("{weight}_scale"),
            format!("{weight}_zero_point"),
            format!("{name}_bias"),
        ];
        let dims: &[i64] = if numbers.scales.len() == filters { &[filters as i64] } else { &[] };
        self.initializers.extend([
            TensorProto::i8(&names[0], &[channels as i64, filters as i64], &columns),
            TensorProto::f32(&names[1], dims, &numbers.scales),
            TensorProto::i8(&names[2], dims, &vec![0; numbers.scales.len()]),
            TensorProto::f32(&names[3], &[filters as i64], &folded.biases),
        ]);
        let [weights, weight_scale, weight_zero_point, bias] = names;
        let (rows, sums) = (format!("{name}_rows"), format!("{name}_sums"));
        let last = vec![AttributeProto::ints("perm", &[0, 2, 3, 1])];
        self.push(format!("{name}_channels_last"), "Transpose", vec![bytes], vec![rows.clone()], last);
        let input = vec![rows, weights, scale, weight_scale, zero_point, weight_zero_point, bias];
        self.push(format!("{name}_quant"), "MatMulIntegerToFloat", input, vec![sums.clone()], Vec::new());
        let first = vec![AttributeProto::ints("perm", &[0, 3, 1, 2])];
        self.push(format!("{name}_channels_first"), "Transpose", vec![sums], vec![output.clone()], first);
        Ok(())
    }

    /// Writes a convolution's numbers; names of its weights, their scale and zero point, and its biases.
    fn conv(&mut self, name: &str, folded: &FoldedConv, source: &str) -> Result<[String; 4], TableError> {
        let numbers = QuantizedConv::new(folded, self.plan.grid(source)?.scale, self.numbers);
        let tensors = conv_tensors(name, folded, &numbers, self.numbers.weights.is_per_filter());
        let names = tensors.each_ref().map(|tensor| tensor.name.clone());
        self.initializers.extend(tensors);
        Ok(names)
    }

    /// Names of a tensor's scale and zero point, which are written once.
    fn grid(&mut self, tensor: &str) -> Result<[String; 2], TableError> {
        let owner = self.plan.owner(tensor)?;
        let grid = self.plan.grid(tensor)?;
        if self.grids.insert(owner) {
            self.initializers.extend(grid_tensors(owner, grid, self.activations));
        }
        Ok(grid_names(owner))
    }

    /// Names of a tensor's bytes, scale and zero point; quantizes it where only floats exist.
    fn bytes(&mut self, tensor: &str) -> Result<[String; 3], TableError> {
        let [scale, zero_point] = self.grid(tensor)?;
        let bytes = quantized_name(tensor);
        if !self.tensors.contains(&bytes) {
            let input = vec![tensor.to_owned(), scale.clone(), zero_point.clone()];
            self.push(format!("{tensor}_QuantizeLinear"), "QuantizeLinear", input, vec![bytes.clone()], Vec::new());
        }
        Ok([bytes, scale, zero_point])
    }

    /// Makes sure that a tensor exists in float, under its own name.
    fn float(&mut self, tensor: &str) -> Result<(), TableError> {
        if !self.tensors.contains(tensor) {
            let (input, output) = (self.bytes(tensor)?.to_vec(), vec![tensor.to_owned()]);
            self.push(format!("{tensor}_DequantizeLinear"), "DequantizeLinear", input, output, Vec::new());
        }
        Ok(())
    }

    fn push(
        &mut self,
        name: String,
        op: &str,
        input: Vec<String>,
        output: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) {
        let theirs = matches!(op, "QLinearLeakyRelu" | "QLinearConcat" | "MatMulIntegerToFloat");
        let domain = if theirs { MICROSOFT.into() } else { String::new() };
        self.tensors.extend(output.iter().cloned());
        self.nodes.push(NodeProto {
            input,
            output,
            name,
            op_type: op.into(),
            attribute,
            domain,
            ..NodeProto::default()
        });
    }
}
