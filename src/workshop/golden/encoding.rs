//! How arrays are written into files.

use serde::{Deserialize, Serialize};

use super::array::GoldenArray;
use super::axes::AxisOrder;
use super::{c_header, hex, npy};

/// How a pack's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackEncoding {
    pub format: ArrayFormat,
    /// `nchw` or `nhwc`. Tensors that the model itself has with channels last stay so.
    pub activations: AxisOrder,
    /// `oihw` or `ohwi`. The weights of matrix products are `io`.
    pub weights: AxisOrder,
    /// uint8 activations as int8, 128 less; their zero points too.
    pub signed: bool,
}

impl Default for PackEncoding {
    fn default() -> Self {
        Self { format: ArrayFormat::Npy, activations: AxisOrder::Nchw, weights: AxisOrder::Oihw, signed: false }
    }
}

/// The format of one array's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrayFormat {
    /// NumPy's, version 1.0.
    Npy,
    /// The values alone, little endian.
    Bin,
    /// One value a line in two's complement, the highest digit first, for Verilog's `$readmemh`: 2 digits for bytes, 8 for
    /// int32 and float32 (its bits).
    Hex,
    /// A C99 header with one `static const` array.
    C,
}

impl ArrayFormat {
    pub const ALL: [Self; 4] = [Self::Npy, Self::Bin, Self::Hex, Self::C];

    /// The end of a file's name, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Npy => "npy",
            Self::Bin => "bin",
            Self::Hex => "hex",
            Self::C => "h",
        }
    }

    /// The file. `name`: of the tensor, for formats that have room for it.
    pub fn encode(self, name: &str, axes: AxisOrder, array: &GoldenArray) -> Vec<u8> {
        match self {
            Self::Npy => npy::encode(array),
            Self::Bin => array.bytes.clone(),
            Self::Hex => hex::encode(name, axes, array),
            Self::C => c_header::encode(name, axes, array),
        }
    }
}
