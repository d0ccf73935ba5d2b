//! INT8 models after a recipe.
//!
//! Activations are asymmetric, uint8 or int8, or symmetric int8, over the range that calibration chose, widened to hold 0;
//! weights are int8, symmetric, with one scale or one a filter; biases are int32 in units of the product of both scales.
//! After the card's recipe the numbers, and the names of the tensors that hold them, are those that
//! `onnxruntime.quantization.quantize_static` gives for the same ranges.
//!
//! What only moves values (split, max pooling, upsampling) works on the bytes, with its input's scale. A tensor
//! `t` is `t_quantized` in bytes and `t` in float; which of both a model has depends on who computes and reads it.
//!
//! ```text
//! Graph, table, recipe ── QuantizePlan ─┬─ QOperatorWriter: operators on bytes ────────────────────────┬──▶ ONNX
//!                                       └─ QdqWriter: float operators between Quantize- and DequantizeLinear ─┘
//! ```

mod constants;
mod conv;
mod grid;
mod plan;
mod qdq;
mod qoperator;

use self::plan::QuantizePlan;
use self::qdq::QdqWriter;
use self::qoperator::QOperatorWriter;
use super::calibration::CalibrationTable;
use super::error::TableError;
use super::export::encode;
use super::graph::Graph;
use super::recipe::Recipe;
use crate::model::metadata::Metadata;
use crate::onnx::IntegerForm;

/// The INT8 model's bytes, always the same for the same graph, table and recipe.
pub fn quantized_onnx(
    graph: &Graph,
    table: &CalibrationTable,
    recipe: &Recipe,
    metadata: &Metadata,
) -> Result<Vec<u8>, TableError> {
    let plan = QuantizePlan::new(graph, table, recipe);
    let (nodes, initializers) = match recipe.format {
        IntegerForm::QOperator => {
            let mut writer = QOperatorWriter::new(plan, recipe);
            writer.graph(graph)?;
            (writer.nodes, writer.initializers)
        }
        IntegerForm::Qdq => {
            let mut writer = QdqWriter::new(plan, recipe);
            writer.graph(graph)?;
            (writer.nodes, writer.initializers)
        }
    };
    Ok(encode(graph, &graph.outputs, nodes, initializers, &metadata.to_props()))
}
