//! The "card" recipe: INT8 in ONNX's QOperator form.
//!
//! One scale and zero point a tensor. Activations are uint8, asymmetric, over the range that calibration saw,
//! widened to hold 0; weights are int8, symmetric, ±127 for the largest; biases are int32 in units of the
//! product of both scales. The numbers, and the names of the tensors that hold them, are those that
//! `onnxruntime.quantization.quantize_static` gives for the same ranges.
//!
//! What only moves values (split, max pooling, upsampling) works on the bytes, with its input's scale.

use std::collections::HashMap;

use super::calibration::{CalibrationTable, Range};
use super::export::{attributes, encode, op_type, upsample_scales, weight_dims};
use super::graph::{FoldedConv, Graph, Node, Op};
use super::onnx::{AttributeProto, MICROSOFT, NodeProto, TensorProto};
use crate::model::metadata::Metadata;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantizeError {
    #[error("the calibration table has no range for the tensor {tensor}")]
    NoRange { tensor: String },
}

/// The INT8 model's bytes, always the same for the same graph and table.
pub fn card_model(graph: &Graph, table: &CalibrationTable, metadata: &Metadata) -> Result<Vec<u8>, QuantizeError> {
    let mut writer =
        Writer { ranges: table.by_tensor(), nodes: Vec::new(), initializers: Vec::new(), grids: HashMap::new() };
    writer.input(&graph.input.name)?;
    for node in &graph.nodes {
        writer.node(node)?;
    }
    for head in &graph.outputs {
        writer.head(&head.name)?;
    }
    Ok(encode(graph, &graph.outputs, writer.nodes, writer.initializers, &metadata.to_props()))
}

/// What one step of a byte means: value = scale · (byte − zero point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    pub scale: f32,
    pub zero_point: u8,
}

impl Grid {
    /// The 256 steps over a range, widened to hold 0, which must be exact: padding is 0.
    pub fn over(range: Range) -> Self {
        let (min, max) = (f64::from(range.min.min(0.0)), f64::from(range.max.max(0.0)));
        let scale = (max - min) / 255.0;
        if scale < f64::from(f32::MIN_POSITIVE) {
            return Self { scale: 1.0, zero_point: 0 };
        }
        // From 0 to 255, because 0 lies within the range.
        Self { scale: scale as f32, zero_point: (-min / scale).round_ties_even() as u8 }
    }
}

/// A convolution in whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedConv {
    pub scale: f32,
    pub weights: Vec<i8>,
    /// In units of the input's scale times `scale`.
    pub biases: Vec<i32>,
}

impl QuantizedConv {
    pub fn new(folded: &FoldedConv, input_scale: f32) -> Self {
        let largest = |values: &[f32]| values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        let scale = f64::from(largest(&folded.weights)) / 127.0;
        let mut scale = if scale < f64::from(f32::MIN_POSITIVE) { 1.0 } else { scale as f32 };
        // Small weights after a small input scale would push a bias over int32: coarser weights then.
        let needed = 1.0001 * f64::from(largest(&folded.biases)) / f64::from(i32::MAX);
        let unit = f64::from(input_scale) * f64::from(scale);
        if unit > 0.0 && unit < needed {
            scale = (f64::from(scale) * needed / unit) as f32;
        }
        let weights = folded.weights.iter().map(|w| (w / scale).round_ties_even() as i8).collect();
        // Float32, as the runtime multiplies.
        let unit = f64::from(input_scale * scale);
        let biases = folded.biases.iter().map(|b| (f64::from(*b) / unit).round_ties_even() as i32).collect();
        Self { scale, weights, biases }
    }
}

struct Writer<'a> {
    ranges: HashMap<&'a str, Range>,
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    /// Of each tensor so far: its grid, and the tensor after which the grid is named.
    grids: HashMap<String, (Grid, String)>,
}

impl Writer<'_> {
    fn input(&mut self, name: &str) -> Result<(), QuantizeError> {
        let [scale, zero_point] = self.measured(name)?;
        let input = vec![name.to_owned(), scale, zero_point];
        self.push(format!("{name}_QuantizeLinear"), "QuantizeLinear", input, vec![quantized(name)], Vec::new());
        Ok(())
    }

    fn head(&mut self, name: &str) -> Result<(), QuantizeError> {
        let input = self.read(name)?.to_vec();
        self.push(format!("{name}_DequantizeLinear"), "DequantizeLinear", input, vec![name.to_owned()], Vec::new());
        Ok(())
    }

    fn node(&mut self, node: &Node) -> Result<(), QuantizeError> {
        let (source, output) = (&node.inputs[0], &node.outputs[0].name);
        let name = format!("{}_quant", node.name);
        let attributes = attributes(&node.op);
        let out = vec![quantized(output)];
        match &node.op {
            Op::Conv(folded) => {
                let mut input = self.read(source)?.to_vec();
                input.extend(self.conv(&node.name, folded, source)?);
                let bias = input.pop();
                input.extend(self.measured(output)?);
                input.extend(bias);
                self.push(name, "QLinearConv", input, out, attributes);
            }
            Op::LeakyRelu => {
                let mut input = self.read(source)?.to_vec();
                input.extend(self.measured(output)?);
                self.push(name, "QLinearLeakyRelu", input, out, attributes);
            }
            Op::Concat => {
                let mut input = self.measured(output)?.to_vec();
                for source in &node.inputs {
                    input.extend(self.read(source)?);
                }
                self.push(name, "QLinearConcat", input, out, attributes);
            }
            Op::Split | Op::MaxPool(_) | Op::Upsample { .. } => {
                let mut input = vec![quantized(source)];
                if let Op::Upsample { factor } = node.op {
                    input.extend([String::new(), upsample_scales(node, factor, &mut self.initializers)]);
                }
                let grid = self.grid(source)?.clone();
                for output in &node.outputs {
                    self.grids.insert(output.name.clone(), grid.clone());
                }
                let outputs = node.outputs.iter().map(|t| quantized(&t.name)).collect();
                self.push(name, op_type(&node.op), input, outputs, attributes);
            }
        }
        Ok(())
    }

    /// Writes a convolution's numbers; names of its weights, their scale and zero point, and its biases.
    fn conv(&mut self, name: &str, folded: &FoldedConv, source: &str) -> Result<[String; 4], QuantizeError> {
        let (input, _) = self.grid(source)?;
        let numbers = QuantizedConv::new(folded, input.scale);
        let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
        let names = [quantized(&weight), format!("{weight}_scale"), format!("{weight}_zero_point"), quantized(&bias)];
        self.initializers.extend([
            TensorProto::i8(&names[0], &weight_dims(&folded.conv), &numbers.weights),
            TensorProto::f32(&names[1], &[], &[numbers.scale]),
            TensorProto::i8(&names[2], &[], &[0]),
            TensorProto::i32(&names[3], &[folded.conv.filters.into()], &numbers.biases),
        ]);
        Ok(names)
    }

    /// Gives a tensor the grid over its measured range; names of the scale and the zero point.
    fn measured(&mut self, tensor: &str) -> Result<[String; 2], QuantizeError> {
        let range = self.ranges.get(tensor).ok_or_else(|| no_range(tensor))?;
        let grid = Grid::over(*range);
        let names = grid_names(tensor);
        self.initializers.extend([
            TensorProto::f32(&names[0], &[], &[grid.scale]),
            TensorProto::u8(&names[1], &[], &[grid.zero_point]),
        ]);
        self.grids.insert(tensor.to_owned(), (grid, tensor.to_owned()));
        Ok(names)
    }

    fn grid(&self, tensor: &str) -> Result<&(Grid, String), QuantizeError> {
        self.grids.get(tensor).ok_or_else(|| no_range(tensor))
    }

    /// Names of a tensor's bytes, scale and zero point.
    fn read(&self, tensor: &str) -> Result<[String; 3], QuantizeError> {
        let (_, owner) = self.grid(tensor)?;
        let [scale, zero_point] = grid_names(owner);
        Ok([quantized(tensor), scale, zero_point])
    }

    fn push(
        &mut self,
        name: String,
        op: &str,
        input: Vec<String>,
        output: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) {
        let theirs = matches!(op, "QLinearLeakyRelu" | "QLinearConcat");
        let domain = if theirs { MICROSOFT.into() } else { String::new() };
        self.nodes.push(NodeProto { input, output, name, op_type: op.into(), attribute, domain });
    }
}

fn quantized(name: &str) -> String {
    format!("{name}_quantized")
}

fn grid_names(tensor: &str) -> [String; 2] {
    [format!("{tensor}_scale"), format!("{tensor}_zero_point")]
}

fn no_range(tensor: &str) -> QuantizeError {
    QuantizeError::NoRange { tensor: tensor.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::darknet::Conv;

    /// onnxruntime.quantization.quant_utils.compute_scale_zp(min, max, 0, 255) of version 1.32.
    #[test]
    fn grids_are_those_of_onnxruntime() {
        let cases = [
            (0.5, 2.0, 0.007843138, 0),
            (-3.0, -1.0, 0.011764706, 255),
            (0.0, 0.0, 1.0, 0),
            (-1.0, 1.0, 0.007843138, 128),
            (-0.1, 0.3, 0.0015686275, 64),
            (-53.490654, 50.249054, 0.40682238, 131),
            (0.0, 1e-40, 1.0, 0),
            (-1e-37, 0.0, 1.0, 0),
            (-5.0, 250.0, 1.0, 5),
        ];
        for (min, max, scale, zero_point) in cases {
            assert_eq!(Grid::over(Range { min, max }), Grid { scale, zero_point }, "{min} to {max}");
        }
    }

    fn conv(weights: &[f32], bias: f32) -> FoldedConv {
        let input_channels = weights.len() as u32;
        let conv =
            Conv { input_channels, filters: 1, size: 1, stride: 1, padding: 0, batch_normalize: false, leaky: false };
        FoldedConv { conv, weights: weights.to_vec(), biases: vec![bias] }
    }

    #[test]
    fn weights_are_rounded_to_even_and_biases_to_units() {
        let numbers = QuantizedConv::new(&conv(&[127.0, -127.0, 0.5, 1.5, -2.5], 10.0), 0.5);
        assert_eq!((numbers.scale, numbers.weights.as_slice()), (1.0, [127, -127, 0, 2, -2].as_slice()));
        assert_eq!(numbers.biases, [20]);
        assert_eq!(QuantizedConv::new(&conv(&[0.0; 3], 0.0), 0.5).scale, 1.0);
    }

    #[test]
    fn weights_get_coarser_before_a_bias_leaves_int32() {
        let numbers = QuantizedConv::new(&conv(&[1e-6, -1e-6], 1000.0), 1e-4);
        let meant = f64::from(numbers.biases[0]) * f64::from(numbers.scale) * 1e-4;
        assert!(numbers.biases[0] < i32::MAX && (meant - 1000.0).abs() < 1e-3, "{numbers:?}");
    }
}
