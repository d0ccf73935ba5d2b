//! The constants of an INT8 model, in either form: scales, zero points, weights and biases.

use super::conv::QuantizedConv;
use super::grid::ByteGrid;
use crate::onnx::TensorProto;
use crate::workshop::export::weight_dims;
use crate::workshop::graph::FoldedConv;
use crate::workshop::recipe::Activations;

/// The name of a tensor in bytes.
pub fn quantized_name(name: &str) -> String {
    format!("{name}_quantized")
}

/// Names of a grid's scale and zero point. `owner`: the tensor after which it is named.
pub fn grid_names(owner: &str) -> [String; 2] {
    [format!("{owner}_scale"), format!("{owner}_zero_point")]
}

/// A grid's scale and zero point.
pub fn grid_tensors(owner: &str, grid: ByteGrid, activations: Activations) -> [TensorProto; 2] {
    let [scale, zero_point] = grid_names(owner);
    [
        TensorProto::f32(scale, &[], &[grid.scale]),
        if activations.are_signed() {
            // 128 less.
            TensorProto::i8(zero_point, &[], &[(grid.zero_point ^ 0x80).cast_signed()])
        } else {
            TensorProto::u8(zero_point, &[], &[grid.zero_point])
        },
    ]
}

/// A convolution's weights, their scale and zero point, and its biases.
pub fn conv_tensors(name: &str, folded: &FoldedConv, numbers: &QuantizedConv, is_per_filter: bool) -> [TensorProto; 4] {
    let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
    let [scale, zero_point] = grid_names(&weight);
    let filters = [i64::from(folded.filters)];
    let dims: &[i64] = if is_per_filter { &filters } else { &[] };
    [
        TensorProto::i8(quantized_name(&weight), &weight_dims(folded), &numbers.weights),
        TensorProto::f32(scale, dims, &numbers.scales),
        TensorProto::i8(zero_point, dims, &vec![0; numbers.scales.len()]),
        TensorProto::i32(quantized_name(&bias), &filters, &numbers.biases),
    ]
}
