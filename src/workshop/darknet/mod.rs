//! Reads darknet's files: the cfg, which is the network's shape, and the weights, which are its numbers.
//!
//! ```text
//! cfg ── text ──▶ sections ── layers ──▶ DarknetNetwork ─┐
//!                                                        ├── weights ──▶ one ConvWeights a convolution
//! weights ───────────────────────────────────────────────┘
//! ```

mod error;
mod layers;
mod network;
mod text;
mod weights;

pub use error::{CfgCause, CfgError, WeightsCause, WeightsError};
pub use network::{ConvLayer, DarknetLayer, DarknetNetwork, LayerKind, MaxPool, Route, TensorShape, Yolo};
pub use weights::{BatchNorm, ConvWeights, read_weights};
