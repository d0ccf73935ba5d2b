//! Which model it was, in JSON.

use serde::Serialize;

use crate::model::{Arithmetic, ModelInfo};

/// A model as reports name it; a part that a report does not have is `None`.
#[derive(Debug, Serialize)]
pub struct ModelIdentity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<&'a str>,
    /// How its integers are computed; a float model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<Arithmetic>,
    pub sha256: &'a str,
}

impl<'a> ModelIdentity<'a> {
    /// With all its parts.
    pub fn of(info: &'a ModelInfo) -> Self {
        let ModelInfo { name, sha256, precision, arithmetic, .. } = info;
        Self { name: Some(name), precision: Some(precision.as_str()), arithmetic: *arithmetic, sha256 }
    }
}
