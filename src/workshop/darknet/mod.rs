//! Reads darknet's files: the cfg, which is the network's shape, and the weights, which are its numbers.
//!
//! ```text
//! cfg ── text ──▶ sections ── layers ──▶ Network ─┐
//!                                                 ├── weights ──▶ one ConvWeights a convolution
//! weights ────────────────────────────────────────┘
//! ```

mod error;
mod layers;
mod network;
mod text;
mod weights;

pub use error::{CfgCause, CfgError, WeightsCause, WeightsError};
pub use network::{Conv, Layer, LayerKind, MaxPool, Network, Route, Shape, Yolo};
pub use weights::{BatchNorm, ConvWeights, read_weights};
