//! Makes models: darknet weights to ONNX, calibration, INT8; and measures what INT8 costs.
//!
//! ```text
//! cfg, weights ── darknet ──▶ DarknetNetwork, weights ── graph ──▶ Graph ─┬─ export ──▶ float ONNX
//!                                                                         ├─ calibration (frames) ──▶ CalibrationTable
//!                                                                         └─ quantize (table, recipe) ──▶ INT8 ONNX
//! INT8 ONNX ── layers: which layer hurts ──▶ rebuild: more layers in float, or other ranges ──▶ INT8 ONNX
//! INT8 ONNX, frames ── clipping: which leave the calibrated ranges ──▶ rebuild: ranges that hold them too ──▶ INT8 ONNX
//! frames of two models ── harvest: those on which they disagree, with labels, to calibrate and to measure with
//! INT8 ONNX, pictures ── golden: every tensor as a chip must compute it; what a board made of it
//! ```

mod calibration;
pub mod card;
pub mod clipping;
pub mod darknet;
mod differing_bytes;
mod error;
pub mod evaluate;
mod export;
mod float_model;
pub mod golden;
pub mod graph;
pub mod harvest;
mod import;
pub mod labels;
pub mod layers;
mod leaky_slope;
mod model_file;
mod progress;
mod quantize;
pub mod rebuild;
mod recipe;

pub use calibration::{
    CalibrationFrame, CalibrationTable, Calibrator, Choice, CountedEnds, DistinctFrames, EndShares, Frames, GridKind,
    Method, NearFrame, NextFrame, TensorRange,
};
pub use differing_bytes::{ByteStudy, DifferingBytes, LayerBytes};
pub use error::{RecipeError, TableError, WorkshopError};
pub use float_model::FloatModel;
pub use import::ImportError;
pub use leaky_slope::LeakySlope;
pub use model_file::{ModelFile, read_integers, read_metadata};
pub use progress::{Progress, Stopped};
pub use recipe::{Activations, Concat, Recipe, Scales, WeightScales};
