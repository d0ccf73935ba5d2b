//! Nodes that round each value on its own.

use super::{ReadNode, Reader};
use crate::integer::byte_map::ByteMap;
use crate::integer::network::Op;
use crate::integer::tensor::Element;

impl<'a> Reader<'a> {
    pub fn quantize(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, tensor) = self.tensor(node, 0)?;
        let (shape, axes) = (tensor.shape, tensor.axes);
        if tensor.element != Element::F32 {
            return Err(format!("its input {} is not float32", tensor.name));
        }
        let (grid, element) = self.grid(node, 1, 2, Element::U8)?;
        let output = self.add(node.output()?, shape, element)?;
        self.tensors[output].axes = axes;
        self.step(node, Op::Quantize(grid), input, output);
        Ok(())
    }

    pub fn dequantize(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, tensor) = self.tensor(node, 0)?;
        let (shape, axes) = (tensor.shape, tensor.axes);
        let grid = self.grid_of(node, 0, [1, 2])?;
        let output = self.add(node.output()?, shape, Element::F32)?;
        self.tensors[output].axes = axes;
        self.step(node, Op::Dequantize(grid), input, output);
        Ok(())
    }

    pub fn leaky_relu(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, tensor) = self.tensor(node, 0)?;
        let (shape, axes) = (tensor.shape, tensor.axes);
        let from = self.grid_of(node, 0, [1, 2])?;
        let (to, element) = self.grid(node, 3, 4, tensor.element)?;
        let alpha = node.attributes.float("alpha", 0.01);
        let output = self.add(node.output()?, shape, element)?;
        self.tensors[output].axes = axes;
        self.step(node, Op::Map(Box::new(ByteMap::leaky_relu(from, to, alpha))), input, output);
        Ok(())
    }
}
