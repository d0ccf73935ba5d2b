//! What is measured: two models of one network.

use prost::Message;

use crate::detect::Form;
use crate::model::Arithmetic;
use crate::onnx::{ModelProto, NormalModel, normalized};

/// A float model and an INT8 model of the same network, in ONNX.
#[derive(Clone, Copy)]
pub struct LayerModels<'a> {
    /// The files' bytes.
    pub float: &'a [u8],
    pub int8: &'a [u8],
    /// The float model's.
    pub form: &'a Form,
    /// How the INT8 model is computed.
    pub arithmetic: &'a Arithmetic,
}

impl LayerModels<'_> {
    /// The float model in the normal form from which INT8 models are built; as it is where it has none.
    pub fn normal_float(&self) -> Result<ModelProto, String> {
        let size = [self.form.input.height, self.form.input.width];
        match normalized(decoded(self.float)?, size) {
            Ok(NormalModel { model, is_whole: true }) => Ok(model),
            _ => decoded(self.float),
        }
    }

    /// The INT8 model as it is.
    pub fn decoded_int8(&self) -> Result<ModelProto, String> {
        decoded(self.int8)
    }
}

fn decoded(bytes: &[u8]) -> Result<ModelProto, String> {
    ModelProto::decode(bytes).map_err(|e| format!("it is not an ONNX model ({e})"))
}
