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

pub use grid::Grid;

use super::calibration::CalibrationTable;
use super::export::encode;
use super::graph::Graph;
use super::recipe::Recipe;
use crate::model::metadata::Metadata;
use plan::Plan;
use writer::Writer;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantizeError {
    #[error("the calibration table has no range for the tensor {tensor}")]
    NoRange { tensor: String },
}

/// The INT8 model's bytes, always the same for the same graph, table and recipe.
pub fn quantized_model(
    graph: &Graph,
    table: &CalibrationTable,
    recipe: &Recipe,
    metadata: &Metadata,
) -> Result<Vec<u8>, QuantizeError> {
    let mut writer = Writer::new(Plan::new(graph, table, recipe), recipe);
    writer.graph(graph)?;
    Ok(encode(graph, &graph.outputs, writer.nodes, writer.initializers, &metadata.to_props()))
}

/// The name of a tensor in bytes.
pub fn quantized_name(name: &str) -> String {
    format!("{name}_quantized")
}
