//! Between a network's tensors and the arrays of a pack.

use super::array::GoldenArray;
use super::axes::AxisOrder;
use super::encoding::PackEncoding;
use crate::integer::{Axes, Element, Tensor, Values};

impl PackEncoding {
    /// The order of a tensor's axes in the pack.
    pub fn layout(&self, tensor: &Tensor) -> AxisOrder {
        match tensor.axes {
            Axes::ChannelsFirst => self.activations,
            Axes::ChannelsLast => AxisOrder::Nhwc,
        }
    }

    /// Values of a tensor, in the order of its dimensions, as the pack has them.
    pub fn stored(&self, tensor: &Tensor, values: &Values) -> GoldenArray {
        let array = GoldenArray::from_values(values, &tensor.dims());
        let array = if self.moves(tensor) { array.permuted(AxisOrder::Nhwc.axes_of_onnx()) } else { array };
        if self.signed { array.less_128() } else { array }
    }

    /// The inverse; `None`: the array is not of this tensor.
    pub fn restored(&self, tensor: &Tensor, array: &GoldenArray) -> Option<Values> {
        let (dims, order) = (tensor.dims(), if self.moves(tensor) { AxisOrder::Nhwc } else { AxisOrder::Nchw });
        // A file may have any number of values, and a manifest may give it any shape.
        let has_dims = array.dims.iter().eq(order.axes_of_onnx().iter().map(|axis| &dims[*axis]));
        if !has_dims || array.bytes.len() != dims.iter().product::<usize>() * array.value_type.bytes() {
            return None;
        }
        let array = if self.moves(tensor) { array.permuted(order.axes_in_onnx()) } else { array.clone() };
        let array = if self.signed && tensor.element == Element::U8 { array.more_128() } else { array };
        array.to_values()
    }

    /// Whether its axes are in another order in the pack.
    fn moves(&self, tensor: &Tensor) -> bool {
        tensor.axes == Axes::ChannelsFirst && self.activations == AxisOrder::Nhwc
    }
}
