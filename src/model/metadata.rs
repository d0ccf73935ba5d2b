//! What a model file of ours says of itself, in ONNX metadata. The workshop writes it, the session reads it.

use serde::{Serialize, de::DeserializeOwned};

use super::Precision;
use crate::detect::{Classes, Form, Head, Size};

/// Everything decoding needs, and where the numbers come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    pub form: Form,
    pub precision: Precision,
    /// "float", "card", or the name of another recipe.
    pub recipe: String,
    /// Of the darknet weights file.
    pub weights_sha256: Option<String>,
    /// Of the calibration table; `None` for a float model.
    pub calibration_sha256: Option<String>,
    /// Of its leaky ReLUs, as "26/256"; `None` = the network's own.
    pub leaky_slope: Option<String>,
}

const FORMAT: &str = "twinsight.format";
const INPUT: &str = "twinsight.input";
const STRIDES: &str = "twinsight.strides";
const ANCHORS: &str = "twinsight.anchors";
const SCALE_X_Y: &str = "twinsight.scale_x_y";
const CLASSES: &str = "twinsight.classes";
const PRECISION: &str = "twinsight.precision";
const RECIPE: &str = "twinsight.recipe";
const WEIGHTS: &str = "twinsight.weights_sha256";
const CALIBRATION: &str = "twinsight.calibration_sha256";
const LEAKY_SLOPE: &str = "twinsight.leaky_slope";

impl Metadata {
    /// As pairs for ONNX's `metadata_props`, always in the same order. Values are JSON, but for the plain
    /// strings (precision, recipe, sums and slope).
    pub fn to_props(&self) -> Vec<(String, String)> {
        let form = &self.form;
        let json = |v: serde_json::Value| v.to_string();
        let mut props = vec![
            (FORMAT, "1".to_owned()),
            (INPUT, json([form.input.width, form.input.height].as_slice().into())),
            (STRIDES, json(form.heads.iter().map(|h| h.stride).collect())),
            (ANCHORS, to_json(&form.heads.iter().map(|h| &h.anchors).collect::<Vec<_>>())),
            (SCALE_X_Y, to_json(&form.heads.iter().map(|h| h.scale_x_y).collect::<Vec<_>>())),
            (CLASSES, json(form.classes.iter().collect())),
            (PRECISION, self.precision.as_str().to_owned()),
            (RECIPE, self.recipe.clone()),
        ];
        let known = [
            (WEIGHTS, &self.weights_sha256),
            (CALIBRATION, &self.calibration_sha256),
            (LEAKY_SLOPE, &self.leaky_slope),
        ];
        props.extend(known.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
        props.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// Reads what [`Metadata::to_props`] wrote. `Ok(None)`: the file has no metadata of ours.
    pub fn from_props(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let Some(format) = get(FORMAT) else { return Ok(None) };
        if format != "1" {
            return Err(format!("its metadata has format {format}; this Twinsight reads format 1"));
        }
        let text = |key: &str| get(key).ok_or_else(|| format!("its metadata has no {key}"));
        let [width, height]: [u32; 2] = parse(INPUT, &text(INPUT)?)?;
        let strides: Vec<u32> = parse(STRIDES, &text(STRIDES)?)?;
        let anchors: Vec<Vec<[f32; 2]>> = parse(ANCHORS, &text(ANCHORS)?)?;
        let scales: Vec<f32> = parse(SCALE_X_Y, &text(SCALE_X_Y)?)?;
        let classes: Vec<String> = parse(CLASSES, &text(CLASSES)?)?;
        if strides.len() != anchors.len() || strides.len() != scales.len() {
            return Err("its metadata gives different numbers of strides, anchors and scale_x_y".into());
        }
        let heads = strides
            .into_iter()
            .zip(anchors)
            .zip(scales)
            .map(|((stride, anchors), scale_x_y)| Head { stride, anchors, scale_x_y })
            .collect();
        let form = Form { input: Size::new(width, height), classes: Classes::new(classes), heads };
        form.check().map_err(|e| e.to_string())?;
        Ok(Some(Self {
            form,
            precision: Precision::from_flag(&text(PRECISION)?).unwrap_or(Precision::Unknown),
            recipe: text(RECIPE)?,
            weights_sha256: get(WEIGHTS),
            calibration_sha256: get(CALIBRATION),
            leaky_slope: get(LEAKY_SLOPE),
        }))
    }
}

fn to_json(value: &impl Serialize) -> String {
    // Only lists of finite numbers come here, and those always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(key: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("its metadata {key} cannot be read: {e}"))
}
