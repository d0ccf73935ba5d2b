//! What is known of one model.

use std::path::PathBuf;

use super::{Arithmetic, EngineInfo};
use crate::detect::Form;

/// What a model's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Fp32,
    Int8,
    /// The file does not say.
    Unknown,
}

impl Precision {
    /// As in flags and JSON: "fp32", "int8", "unknown".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Int8 => "int8",
            Self::Unknown => "unknown",
        }
    }

    /// The inverse of [`Precision::as_str`].
    pub fn from_flag(text: &str) -> Option<Self> {
        [Self::Fp32, Self::Int8].into_iter().find(|p| p.as_str() == text)
    }
}

/// One ONNX file and what we know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// As in the window: "FP32", "INT8", "INT8 (native)", or the file's name.
    pub name: String,
    pub path: PathBuf,
    /// Of the file's bytes, in hexadecimal.
    pub sha256: String,
    pub precision: Precision,
    /// The recipe's name, as "float" or "card"; `None` = the file does not say.
    pub recipe: Option<String>,
    /// How its integers are computed; `None` = it computes in float alone.
    pub arithmetic: Option<Arithmetic>,
    /// What computes it.
    pub engine: EngineInfo,
    pub form: Form,
}

impl ModelInfo {
    /// The arithmetic as JSON, `null` for a float model: two models of the same bytes and the same text compute the same.
    pub fn arithmetic_json(&self) -> String {
        // A name, or a profile of finite numbers: both always have a JSON form.
        serde_json::to_string(&self.arithmetic).unwrap_or_default()
    }

    /// "exact, integer engine (AVX-512 VNNI)"; `None`: a float model, which has but one arithmetic.
    pub fn computed_as(&self) -> Option<String> {
        self.arithmetic.as_ref().map(|arithmetic| format!("{arithmetic}, {}", self.engine))
    }
}

#[cfg(test)]
impl ModelInfo {
    /// For tests: a float model of YOLOv4-tiny, of a file that is not there.
    pub(crate) fn sample(name: &str) -> Self {
        Self {
            name: name.into(),
            path: "m.onnx".into(),
            sha256: "ab".into(),
            precision: Precision::Fp32,
            recipe: None,
            arithmetic: None,
            engine: EngineInfo::ONNX_RUNTIME,
            form: Form::yolov4_tiny_416(),
        }
    }
}
