//! INT8 models in integer arithmetic: the same bytes on every processor.
//!
//! ```text
//! ONNX file ──▶ Network (a plan) ──▶ Executor (memory of all tensors) ──▶ values of every tensor, by name
//! ```
//!
//! A model in ONNX's QOperator form defines every byte: with int32 sums the values are those of ONNX Runtime wherever
//! its kernels are exact. With [`Sums::Saturating`] they are those of its kernels for x86 processors without VNNI.
//! These kernels are portable and plain; faster ones are tested against them.

mod conv;
mod error;
mod executor;
mod filters;
mod grid;
mod moves;
mod network;
mod overflow;
mod reader;
mod tensor;
mod window;

pub use error::IntegerError;
pub use executor::Executor;
pub use filters::Sums;
pub use network::Network;
pub use overflow::ConvOverflow;
pub use tensor::{Axes, Element, Shape, Tensor, Values};
