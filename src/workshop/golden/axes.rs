//! The order in which values lie in a file.

use serde::{Deserialize, Serialize};

/// Which axis a dimension is, the outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AxisOrder {
    /// Batch, channels, height, width: as ONNX has activations.
    Nchw,
    /// Batch, height, width, channels: as most accelerators have them.
    Nhwc,
    /// Output channels (filters), input channels, height, width: as ONNX has weights.
    Oihw,
    Ohwi,
    /// Input channels, output channels: the weights of a matrix product.
    Io,
    /// Output channels: biases.
    O,
}

impl AxisOrder {
    /// A name for each axis, for one that is read: "channel 3", "row 0".
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Nchw => &["image", "channel", "row", "column"],
            Self::Nhwc => &["image", "row", "column", "channel"],
            Self::Oihw => &["filter", "channel", "row", "column"],
            Self::Ohwi => &["filter", "row", "column", "channel"],
            Self::Io => &["channel", "filter"],
            Self::O => &["filter"],
        }
    }

    /// A letter for each axis.
    pub fn letters(self) -> &'static str {
        match self {
            Self::Nchw => "nchw",
            Self::Nhwc => "nhwc",
            Self::Oihw => "oihw",
            Self::Ohwi => "ohwi",
            Self::Io => "io",
            Self::O => "o",
        }
    }

    /// The axes of ONNX's order in this one, for [`GoldenArray::permuted`](super::GoldenArray::permuted).
    pub fn axes_of_onnx(self) -> &'static [usize] {
        match self {
            Self::Nchw | Self::Oihw => &[0, 1, 2, 3],
            Self::Nhwc | Self::Ohwi => &[0, 2, 3, 1],
            Self::Io => &[0, 1],
            Self::O => &[0],
        }
    }

    /// The inverse.
    pub fn axes_in_onnx(self) -> &'static [usize] {
        match self {
            Self::Nhwc | Self::Ohwi => &[0, 3, 1, 2],
            other => other.axes_of_onnx(),
        }
    }
}
