//! What a recording says of a model, as a metadata record of the container.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::metadata::Metadata;
use crate::model::{EngineInfo, InferenceEngine, ModelInfo};

/// The record's name.
pub const MODEL: &str = "twinsight.model";

const NUMBER: &str = "number";
const NAME: &str = "name";
const SHA256: &str = "sha256";
const ARITHMETIC: &str = "arithmetic";
const ENGINE: &str = "engine";
const COMPUTED_BY: &str = "computed_by";

/// All that decoding its heads needs, and all that tells it from others.
pub fn to_map(number: u32, info: &ModelInfo) -> BTreeMap<String, String> {
    let metadata = Metadata {
        form: info.form.clone(),
        precision: info.precision,
        recipe: info.recipe.clone().unwrap_or_default(),
        weights_sha256: None,
        calibration_sha256: None,
        leaky_slope: None,
    };
    let own = [
        (NUMBER, number.to_string()),
        (NAME, info.name.clone()),
        (SHA256, info.sha256.clone()),
        (ARITHMETIC, info.arithmetic_json()),
        (ENGINE, info.engine.engine.as_str().to_owned()),
        (COMPUTED_BY, info.engine.to_string()),
    ];
    let own = own.into_iter().map(|(key, value)| (key.to_owned(), value));
    metadata.to_props().into_iter().chain(own).collect()
}

/// The inverse of [`to_map`]. The kernel is not told apart: what computed the model is gone.
pub fn from_map(map: &BTreeMap<String, String>) -> Result<(u32, Arc<ModelInfo>), String> {
    let text = |key: &str| map.get(key).cloned().ok_or_else(|| format!("a model in it has no {key}"));
    let metadata = Metadata::from_props(|key| map.get(key).cloned())?.ok_or("a model in it has no metadata")?;
    let wrong = |key: &str| format!("a model's {key} in it cannot be read");
    let engine = InferenceEngine::from_flag(&text(ENGINE)?).ok_or_else(|| wrong(ENGINE))?;
    let info = ModelInfo {
        name: text(NAME)?,
        path: PathBuf::new(),
        sha256: text(SHA256)?,
        precision: metadata.precision,
        recipe: Some(metadata.recipe).filter(|recipe| !recipe.is_empty()),
        arithmetic: serde_json::from_str(&text(ARITHMETIC)?).map_err(|_| wrong(ARITHMETIC))?,
        engine: EngineInfo { engine, kernel: None, why: None },
        form: metadata.form,
    };
    Ok((text(NUMBER)?.parse().map_err(|_| wrong(NUMBER))?, Arc::new(info)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Form;
    use crate::model::{Arithmetic, Precision};

    #[test]
    fn a_model_comes_back() {
        for arithmetic in [None, Some(Arithmetic::Exact), Arithmetic::named("m16")] {
            let info = ModelInfo {
                name: "INT8 (m16)".into(),
                path: PathBuf::new(),
                sha256: "ab".repeat(32),
                precision: Precision::Int8,
                recipe: Some("card".into()),
                arithmetic,
                engine: EngineInfo::ONNX_RUNTIME,
                form: Form::yolov4_tiny_416(),
            };
            let (number, back) = from_map(&to_map(3, &info)).unwrap();
            assert_eq!((number, &*back), (3, &info));
        }
        assert!(from_map(&BTreeMap::new()).is_err());
    }
}
