//! Golden packs: every tensor of a picture as a chip must compute it, and what a board made of it.
//!
//! ```text
//! model, pictures ── writer ──▶ DIR/manifest.json, requantization.json, model.onnx, constants/, PICTURE/
//! DIR, a board's files ── check ──▶ each tensor: exact, follows from its inputs, or wrong in which way; boxes
//! ```
//!
//! The fields of `manifest.json` are described in `manifest.rs`, those of `requantization.json` in
//! `requantization.rs`, the formats of arrays in `encoding.rs`.

mod array;
mod axes;
mod board;
mod c_header;
mod check;
mod checked;
mod diagnose;
mod dump;
mod encoding;
mod error;
mod fault;
mod file_names;
mod heads;
mod heads_detector;
mod hex;
mod input_picture;
mod manifest;
mod model_graph;
mod npy;
mod pack;
mod place;
mod requantization;
mod stored;
mod variants;
mod writer;

pub use array::{GoldenArray, ValueType};
pub use axes::AxisOrder;
pub use check::{CheckRequest, check};
pub use checked::{ByteDifference, CheckReport, CheckedTensor, Outcome, OutcomeCounts};
pub use encoding::{ArrayFormat, PackEncoding};
pub use error::GoldenError;
pub use fault::{Fault, Storage, three_digits};
pub use heads_detector::HeadsDetector;
pub use manifest::{Manifest, PackArithmetic, PackedPicture, PackedTensor};
pub use pack::{GoldenPack, PACK};
pub use place::PackPlace;
pub use requantization::{ExactCounts, MultiplierEntry, MultiplierOf, RequantizationEntry, RequantizationTable};
pub use writer::{GoldenModel, GoldenPicture, PackWriter, WrittenPack};
