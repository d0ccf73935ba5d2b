//! Makes models: darknet weights to ONNX, calibration, INT8.
//!
//! ```text
//! cfg, weights ── darknet ──▶ Network, numbers ── graph ──▶ Graph ─┬─ export ──▶ float ONNX
//!                                                                  ├─ calibrate (pictures) ──▶ CalibrationTable
//!                                                                  └─ quantize (table) ──▶ INT8 ONNX
//! ```

mod build;
mod calibrate;
mod calibration;
pub mod card;
pub mod darknet;
mod error;
pub mod evaluate;
mod export;
pub mod graph;
mod histogram;
mod import;
pub mod layers;
mod quantize;
mod ranges;
mod rebuild;
mod recipe;
mod variety;

pub use build::{Built, Source, read_integers, read_metadata};
pub use calibrate::{Calibrator, Progress, calibrate};
pub use calibration::{CalibrationTable, Choice, Method, Range, TableError};
pub use error::WorkshopError;
pub use export::{exposed_model, float_model};
pub use import::{ImportError, import};
pub use quantize::{Grid, QuantizeError, quantized_model, quantized_name};
pub use rebuild::{Origin, RebuildError, Remade, write_beside};
pub use recipe::{Activations, Concat, Recipe, RecipeError, Weights};
pub use variety::{LEAST_DIFFERENCE, Variety};
