//! What a recipe may say of weights, activations and concatenations.

use serde::{Deserialize, Serialize};

/// What shares one scale of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightScales {
    /// All weights of a convolution.
    Tensor,
    /// Those of one filter.
    Channel,
    /// Those of one filter, scaled just so far that no two neighbours can overflow 16 bits: such a model is exact on
    /// every processor.
    #[serde(rename = "no overflow")]
    NoOverflow,
}

impl WeightScales {
    /// Whether each filter has a scale of its own.
    pub fn is_per_filter(self) -> bool {
        self != Self::Tensor
    }
}

/// What the bytes of activations are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activations {
    /// With zero points.
    #[default]
    Uint8,
    /// The same values, 128 less: what `onnxruntime.quantization.quantize_static` makes by default.
    Int8,
    /// int8 whose zero points all are 0.
    Symmetric,
}

impl Activations {
    pub(super) fn is_uint8(&self) -> bool {
        *self == Self::Uint8
    }

    /// Whether the bytes are int8.
    pub fn are_signed(self) -> bool {
        self != Self::Uint8
    }
}

/// Which numbers scales may be, of weights and of activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scales {
    /// Any float32.
    #[default]
    Float,
    /// Powers of two, so that a chip requantizes by shifts alone.
    PowerOfTwo,
}

impl Scales {
    pub(super) fn are_floats(&self) -> bool {
        *self == Self::Float
    }
}

/// How tensors are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Concat {
    /// Each input has its own scale, and is rounded again to the output's (QLinearConcat).
    Own,
    /// Inputs and output share one scale, so that bytes are only copied (Concat).
    Shared,
}
