//! What can go wrong with a model, by cause.

use std::path::PathBuf;

use super::{Arithmetic, InferenceEngine};
use crate::files::ReadError;
use crate::integer::IntegerError;

/// Each message says what happened, to what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "ONNX Runtime not found (looked in {}); run `twinsight setup`, or set ORT_DYLIB_PATH to a libonnxruntime of \
         version 1.{needed_minor} or newer",
        list(looked_in)
    )]
    RuntimeMissing { looked_in: Vec<PathBuf>, needed_minor: u32 },
    #[error(
        "{} is ONNX Runtime {found}, but Twinsight needs 1.{needed_minor} or newer; run `twinsight setup`, or set \
         ORT_DYLIB_PATH to a newer one",
        path.display()
    )]
    RuntimeTooOld { path: PathBuf, found: String, needed_minor: u32 },
    #[error("{} cannot be loaded as ONNX Runtime: {cause}; run `twinsight setup`, or set ORT_DYLIB_PATH", path.display())]
    RuntimeBroken { path: PathBuf, cause: String },
    #[error("the model {name} is not installed ({} is missing); run `twinsight setup`, or `twinsight models build`", path.display())]
    NotInstalled { name: String, path: PathBuf },
    #[error("cannot read the model {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error("cannot read the model {}: {why}", path.display())]
    External { path: PathBuf, why: String },
    #[error("{} is not a model that ONNX Runtime can read: {cause}", path.display())]
    Load { path: PathBuf, cause: String },
    #[error("{} is not a detector that Twinsight supports: {why}", path.display())]
    Form { path: PathBuf, why: String },
    #[error("cannot use the model description {}: {why}", path.display())]
    Sidecar { path: PathBuf, why: String },
    #[error(
        "ONNX Runtime {version} does not compute INT8 exactly on this processor, not even with its option for that \
         ({kernels}); set ORT_DYLIB_PATH to another version, or use the arithmetic `native`"
    )]
    Inexact { version: String, kernels: String },
    #[error("cannot test the INT8 kernels of ONNX Runtime {version}: {cause}; set ORT_DYLIB_PATH to another version")]
    SelfTest { version: String, cause: String },
    #[error("cannot compute {} in the integer engine: {cause}", path.display())]
    Integer { path: PathBuf, cause: IntegerError },
    #[error("{} cannot compute the arithmetic {arithmetic}; leave --engine out", InferenceEngine::OnnxRuntime)]
    NotOnnxRuntimes { arithmetic: Arithmetic },
    #[error("inference with {name} failed: {cause}")]
    Run { name: String, cause: String },
    #[error(
        "the outputs of {name} are not finite (NaN or infinity in the head of stride {stride}): its weights are damaged \
         or its values overflow; export the model again, or choose another"
    )]
    NotFinite { name: String, stride: u32 },
    /// Of raw heads that were computed elsewhere.
    #[error("{0}")]
    Heads(String),
    /// `whose`: "the board's dump", "the golden pack"; `pictures`: their names.
    #[error("{whose} is of {pictures}; this is another picture: open the golden pack, or choose another model")]
    OtherPicture { whose: &'static str, pictures: String },
    /// A panic in this part, as "inference with FP32".
    #[error("{part} failed because of a bug in Twinsight ({cause}); select it again, and please report this")]
    Fault { part: String, cause: String },
}

impl ModelError {
    /// Whether it is about ONNX Runtime, and not about a model.
    pub fn is_of_runtime(&self) -> bool {
        matches!(self, Self::RuntimeMissing { .. } | Self::RuntimeTooOld { .. } | Self::RuntimeBroken { .. })
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}
