//! Golden packs: every tensor of a picture as a chip must compute it.
//!
//! ```text
//! model, pictures ── writer ──▶ DIR/manifest.json, requantization.json, model.onnx, constants/, PICTURE/
//! ```
//!
//! The fields of `manifest.json` are described in `manifest.rs`, those of `requantization.json` in
//! `requantization.rs`, the formats of arrays in `encoding.rs`.

mod array;
mod axes;
mod c_header;
mod dump;
mod encoding;
mod error;
mod file_names;
mod hex;
mod manifest;
mod model_graph;
mod npy;
mod pack;
mod requantization;
mod stored;
mod writer;

pub use array::{GoldenArray, ValueType};
pub use axes::AxisOrder;
pub use encoding::{ArrayFormat, PackEncoding};
pub use error::GoldenError;
pub use manifest::{Manifest, PackArithmetic, PackedPicture, PackedTensor};
pub use pack::{GoldenPack, PACK};
pub use requantization::{ExactCounts, MultiplierEntry, MultiplierOf, RequantizationEntry, RequantizationTable};
pub use writer::{GoldenModel, GoldenPicture, PackWriter, WrittenPack};
