//! Leaky ReLUs, concatenations, and what only moves values.

use super::grid::{QdqGrid, RoundedTensor};
use super::{ADVICE, QdqRewriter, output};
use crate::onnx::NodeProto;

impl<'a> QdqRewriter<'a> {
    pub(super) fn leaky_relu(&mut self, node: &'a NodeProto, source: RoundedTensor) -> Result<(), String> {
        let curved = output(node)?;
        let Some(to) = self.rounding(curved)? else {
            self.as_it_is(node);
            return Ok(());
        };
        let mut input = vec![source.bytes, source.grid.scale, source.grid.zero_point];
        input.extend([to.grid.scale.clone(), to.grid.zero_point.clone()]);
        self.push(node, "QLinearLeakyRelu", input, vec![to.bytes.clone()], node.attribute.clone());
        self.put(curved, to);
        Ok(())
    }

    /// `first`: what its first input stands for.
    pub(super) fn concat(&mut self, node: &'a NodeProto, first: RoundedTensor) -> Result<(), String> {
        let joined = output(node)?;
        let source = |place: usize| self.input(node, place).and_then(|name| self.rounded.get(name)).cloned();
        let sources: Option<Vec<RoundedTensor>> = (0..node.input.len()).map(source).collect();
        let Some(sources) = sources else {
            self.as_it_is(node);
            return Ok(());
        };
        let are_one = sources.iter().all(|source| source.grid.is(&first.grid));
        let to = match self.rounding(joined)? {
            Some(to) => to,
            None if are_one => {
                RoundedTensor { bytes: self.fresh(format!("{joined}_quantized")), grid: first.grid.clone() }
            }
            None => {
                self.as_it_is(node);
                return Ok(());
            }
        };
        let (op, input): (&str, Vec<String>) = if are_one && to.grid.is(&first.grid) {
            ("Concat", sources.into_iter().map(|source| source.bytes).collect())
        } else {
            let mut input = vec![to.grid.scale.clone(), to.grid.zero_point.clone()];
            for RoundedTensor { bytes, grid } in sources {
                input.extend([bytes, grid.scale, grid.zero_point]);
            }
            ("QLinearConcat", input)
        };
        self.push(node, op, input, vec![to.bytes.clone()], node.attribute.clone());
        self.put(joined, to);
        Ok(())
    }

    /// A node that moves values or takes the largest of some: it does the same to their bytes, which keep their meaning.
    /// A QuantizeLinear after it finds them there.
    pub(super) fn moved(&mut self, node: &'a NodeProto, source: RoundedTensor) -> Result<(), String> {
        let RoundedTensor { bytes, grid } = source;
        let mut input = self.inputs(node);
        input[0] = bytes;
        if node.op_type == "Pad" {
            self.pad_value(node, &grid, &mut input)?;
        }
        let mut outputs = Vec::with_capacity(node.output.len());
        for tensor in &node.output {
            // An output that nothing reads may have no name.
            outputs.push(if tensor.is_empty() { String::new() } else { self.bytes_of(tensor, &grid)? });
        }
        self.push(node, &node.op_type, input, outputs.clone(), node.attribute.clone());
        for (tensor, bytes) in node.output.iter().zip(outputs) {
            if !tensor.is_empty() {
                self.put(tensor, RoundedTensor { bytes, grid: grid.clone() });
            }
        }
        Ok(())
    }

    /// The name of bytes of this grid for a float tensor: as a QuantizeLinear after it calls them, if there is one.
    fn bytes_of(&mut self, tensor: &str, grid: &QdqGrid) -> Result<String, String> {
        let (rounding, _) = self.readers_of(tensor);
        for node in rounding {
            if self.grid(node, [1, 2])?.is(grid) {
                return Ok(output(node)?.to_owned());
            }
        }
        Ok(self.fresh(format!("{tensor}_quantized")))
    }

    /// Around a picture of bytes stands the zero point in place of 0.
    fn pad_value(&self, node: &'a NodeProto, grid: &QdqGrid, input: &mut Vec<String>) -> Result<(), String> {
        if input.len() < 2 {
            return Err(format!("its pads are no input, as since opset 11; {ADVICE}"));
        }
        let is_zero = match self.input(node, 2) {
            None => true,
            Some(name) => match self.scaled.get(name).copied() {
                Some(from) => {
                    let integers = |place: usize| self.constants.integers(self.input(from, place)?);
                    integers(0).is_some_and(|value| value == integers(2).unwrap_or_else(|| vec![0]))
                }
                None => self.constants.floats(name).is_some_and(|(_, values)| values == [0.0]),
            },
        };
        if !is_zero {
            return Err("it pads with another value than 0, which has no byte of its own here".into());
        }
        input.resize(input.len().max(3), String::new());
        input[2].clone_from(&grid.zero_point);
        Ok(())
    }
}
