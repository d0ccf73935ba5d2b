//! What is measured: two models of one network.

use std::borrow::Cow;

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

impl<'a> LayerModels<'a> {
    /// The float model in the normal form from which INT8 models are built; as it is where it has none.
    pub fn normal_float(&self) -> Cow<'a, [u8]> {
        let size = [self.form.input.height, self.form.input.width];
        match ModelProto::decode(self.float).map(|model| normalized(model, size)) {
            Ok(Ok(NormalModel { model, is_whole: true })) => model.encode_to_vec().into(),
            _ => self.float.into(),
        }
    }
}
