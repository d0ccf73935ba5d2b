//! Which model it was, in JSON.

use serde::Serialize;

use crate::model::{Arithmetic, InferenceEngine, ModelInfo};

/// A model as reports name it; a part that a report does not have is `None`.
#[derive(Debug, Serialize)]
pub struct ModelIdentity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<&'a str>,
    /// How its integers are computed; a float model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<&'a Arithmetic>,
    /// What computes its integers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<InferenceEngine>,
    pub sha256: &'a str,
}

impl<'a> ModelIdentity<'a> {
    /// With all its parts.
    pub fn of(info: &'a ModelInfo) -> Self {
        let ModelInfo { name, sha256, precision, arithmetic, engine, .. } = info;
        let arithmetic = arithmetic.as_ref();
        let engine = arithmetic.map(|_| engine.engine);
        Self { name: Some(name), precision: Some(precision.as_str()), arithmetic, engine, sha256 }
    }
}
