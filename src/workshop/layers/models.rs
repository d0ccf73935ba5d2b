//! What is measured: two models of one network.

use crate::detect::Form;
use crate::model::Arithmetic;

/// A float model and an INT8 model of the same network, in ONNX.
#[derive(Clone, Copy)]
pub struct LayerModels<'a> {
    /// The files' bytes.
    pub float: &'a [u8],
    pub int8: &'a [u8],
    /// The float model's.
    pub form: &'a Form,
    /// How the INT8 model is computed.
    pub arithmetic: Arithmetic,
}
