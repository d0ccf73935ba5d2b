//! INT8 in ONNX's QOperator form, after a recipe.
//!
//! Activations are uint8, asymmetric, over the range that calibration chose, widened to hold 0; weights are int8,
//! symmetric, with one scale or one a filter; biases are int32 in units of the product of both scales. After the
//! card's recipe the numbers, and the names of the tensors that hold them, are those that
//! `onnxruntime.quantization.quantize_static` gives for the same ranges.
//!
//! What only moves values (split, max pooling, upsampling) works on the bytes, with its input's scale. A tensor
//! `t` is `t_quantized` in bytes and `t` in float; which of both a model has depends on who computes and reads it.

mod conv;
mod grid;
mod plan;
mod writer;

pub use writer::quantized_onnx;
