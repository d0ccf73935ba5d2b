//! `manifest.json`: what a pack's files are, which node made each, and how to read them.
//!
//! | field | contents |
//! | --- | --- |
//! | `format`, `version` | `"twinsight golden pack"`, 1 |
//! | `program` | which Twinsight wrote it |
//! | `model` | its name, its SHA-256, and `file`: the model itself, so that a pack can be checked anywhere |
//! | `arithmetic` | `"exact"` (int32 sums, rounded in float32 as ONNX defines it), or `{"profile": …}` of a chip |
//! | `encoding` | `format`, `activations`, `weights`, `signed`: see [`PackEncoding`] |
//! | `detector` | input `[width, height]`, classes, and for each raw head its tensor, stride, anchors and `scale_x_y` |
//! | `nodes` | in graph order, of a QDQ model as operators on bytes: `name`, `operator`, `domain` (empty: ONNX's own), `attributes`, `inputs`, `outputs` |
//! | `constants` | weights and biases of convolutions and matrix products |
//! | `pictures` | each with its `name` (its folder), `file`, `sha256`, size, `letterbox`, and all `tensors` in graph order |
//!
//! A tensor:
//!
//! | field | contents |
//! | --- | --- |
//! | `name`, `file` | as in the model; relative to the manifest, with `/` |
//! | `type` | `uint8`, `int8`, `int32`, `float32`; little endian |
//! | `shape`, `layout` | as in the file, the last axis innermost; a letter for each axis |
//! | `scale`, `zero_point` | value = scale · (byte − zero point), of the bytes as they are in the file; weights have one scale, or one per filter |
//! | `producer`, `consumers` | nodes; no producer: the model's input, or a constant |
//! | `crc32` | CRC-32 (IEEE 802.3, as in zip and zlib) of the values as little-endian bytes in the order of the file, whatever the format |
//! | `min`, `max` | of the values as they are in the file; `null` where one is not finite |
//! | `at_low`, `at_high` | share of bytes at the ends of their type: clamped, or close to it |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::array::{GoldenArray, ValueType};
use super::axes::AxisOrder;
use super::encoding::PackEncoding;
use crate::detect::{Classes, Form, Head, Letterbox, Size};
use crate::integer::Profile;

/// Names of files in a pack.
pub const MANIFEST: &str = "manifest.json";
pub const REQUANTIZATION: &str = "requantization.json";
/// The model, and the folder of weights and biases.
pub const MODEL: &str = "model.onnx";
pub const CONSTANTS: &str = "constants";

pub const FORMAT: &str = "twinsight golden pack";
pub const VERSION: u32 = 1;

/// The most values of a raw head.
const MAX_HEAD: usize = 1 << 28;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    pub version: u32,
    pub program: String,
    pub model: PackedModel,
    pub arithmetic: PackArithmetic,
    pub encoding: PackEncoding,
    pub detector: PackedDetector,
    pub nodes: Vec<PackedNode>,
    pub constants: Vec<PackedTensor>,
    pub pictures: Vec<PackedPicture>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedModel {
    pub name: String,
    pub sha256: String,
    pub file: String,
}

/// How the tensors of a pack were computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackArithmetic {
    #[default]
    Exact,
    /// As a chip does.
    Profile(Profile),
}

impl PackArithmetic {
    /// "exact", or the profile's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Exact => "exact",
            Self::Profile(profile) => &profile.name,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedDetector {
    pub input: [u32; 2],
    pub classes: Vec<String>,
    pub heads: Vec<PackedHead>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedHead {
    pub tensor: String,
    pub stride: u32,
    pub anchors: Vec<[f32; 2]>,
    pub scale_x_y: f32,
}

impl PackedDetector {
    /// `tensors`: of the heads, in the order of the form.
    pub fn new(form: &Form, tensors: Vec<String>) -> Self {
        let head = |(head, tensor): (&Head, String)| PackedHead {
            tensor,
            stride: head.stride,
            anchors: head.anchors.clone(),
            scale_x_y: head.scale_x_y,
        };
        Self {
            input: [form.input.width, form.input.height],
            classes: form.classes.iter().map(str::to_owned).collect(),
            heads: form.heads.iter().zip(tensors).map(head).collect(),
        }
    }

    /// For decoding. The message follows the manifest's name.
    pub fn form(&self) -> Result<Form, String> {
        let [width, height] = self.input;
        let head =
            |head: &PackedHead| Head { stride: head.stride, anchors: head.anchors.clone(), scale_x_y: head.scale_x_y };
        let form = Form {
            input: Size::new(width, height),
            classes: Classes::new(self.classes.iter().map(String::as_str)),
            heads: self.heads.iter().map(head).collect(),
        };
        form.check().map_err(|cause| cause.to_string())?;
        // Before memory is taken for them.
        let values = |head| form.shape(head).iter().try_fold(1usize, |all, side| all.checked_mul(*side));
        if form.heads.iter().any(|head| values(head).is_none_or(|values| values > MAX_HEAD)) {
            return Err("a raw head is too large".into());
        }
        Ok(form)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedNode {
    pub name: String,
    pub operator: String,
    pub domain: String,
    pub attributes: BTreeMap<String, serde_json::Value>,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedPicture {
    pub name: String,
    pub file: String,
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    pub letterbox: PackedLetterbox,
    pub tensors: Vec<PackedTensor>,
}

/// Where the picture lies in the model's input, in pixels of it; grey (114) around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedLetterbox {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl From<&Letterbox> for PackedLetterbox {
    fn from(of: &Letterbox) -> Self {
        Self { left: of.left, top: of.top, width: of.scaled.width, height: of.scaled.height }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedTensor {
    pub name: String,
    pub file: String,
    #[serde(rename = "type")]
    pub value_type: ValueType,
    pub shape: Vec<usize>,
    pub layout: AxisOrder,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<PackedScale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zero_point: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    pub consumers: Vec<String>,
    pub crc32: String,
    pub min: Option<f64>,
    pub max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_high: Option<f64>,
}

/// One scale, or one per filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PackedScale {
    One(f32),
    PerFilter(Vec<f32>),
}

/// What a tensor's values say of themselves.
pub struct ValueFigures {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub at_low: Option<f64>,
    pub at_high: Option<f64>,
}

impl ValueFigures {
    pub fn of(array: &GoldenArray) -> Self {
        let words = array.words();
        if array.value_type == ValueType::F32 {
            let values = words.iter().map(|word| f64::from(f32::from_bits(word.cast_unsigned())));
            let least = values.clone().fold(f64::INFINITY, f64::min);
            let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
            let is_finite = values.clone().all(f64::is_finite) && !words.is_empty();
            let [min, max] = [least, most].map(|end| is_finite.then_some(end));
            return Self { min, max, at_low: None, at_high: None };
        }
        let share = |end: i32| words.iter().filter(|word| **word == end).count() as f64 / words.len().max(1) as f64;
        let [at_low, at_high] = array.value_type.ends().map_or([None; 2], |ends| ends.map(|end| Some(share(end))));
        Self {
            min: words.iter().min().map(|min| f64::from(*min)),
            max: words.iter().max().map(|max| f64::from(*max)),
            at_low,
            at_high,
        }
    }
}
