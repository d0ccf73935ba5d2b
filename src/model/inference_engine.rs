//! What computes a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::integer::Kernel;

/// The two engines. Both give the same bytes in exact arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InferenceEngine {
    /// Float models, and INT8 ones.
    OnnxRuntime,
    /// INT8 models in the QOperator form, or in the QDQ form, which is rewritten to it.
    Integer,
}

impl InferenceEngine {
    pub const ALL: [Self; 2] = [Self::OnnxRuntime, Self::Integer];

    /// As in flags and JSON: "onnxruntime", "integer".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "onnxruntime",
            Self::Integer => "integer",
        }
    }

    /// The inverse of [`InferenceEngine::as_str`].
    pub fn from_flag(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.as_str() == text)
    }
}

impl fmt::Display for InferenceEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnnxRuntime => "ONNX Runtime",
            Self::Integer => "integer engine",
        })
    }
}

/// What computes a loaded model, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    pub engine: InferenceEngine,
    /// Of the integer engine.
    pub kernel: Option<Kernel>,
    /// Why it was chosen, where there was a choice.
    pub why: Option<String>,
}

impl EngineInfo {
    /// ONNX Runtime, without a choice.
    pub const ONNX_RUNTIME: Self = Self { engine: InferenceEngine::OnnxRuntime, kernel: None, why: None };
}

impl fmt::Display for EngineInfo {
    /// "ONNX Runtime", "integer engine (AVX-512 VNNI)"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt(f)?;
        self.kernel.map_or(Ok(()), |kernel| write!(f, " ({kernel})"))
    }
}
