//! INT8 models in integer arithmetic: the same bytes on every processor.
//!
//! ```text
//! ONNX file ──▶ Network (a plan) ──▶ Executor (memory of all tensors) ──▶ values of every tensor, by name
//! ```
//!
//! A model in ONNX's QOperator form defines every byte: with int32 sums the values are those of ONNX Runtime wherever
//! its kernels are exact. A model in the QDQ form is rewritten to the QOperator form, and that is what exact means for
//! it: ONNX Runtime computes the same bytes where it joins the pairs with their operators, and rounds a few values the
//! other way where it computes in float between them. With [`Sums::Saturating`] the values are those of its kernels for
//! x86 processors without VNNI.
//! [`Network::on_chip`] gives the same model in the arithmetic of a chip, which a [`Profile`] describes.
//! These kernels are portable and plain; faster ones are tested against them.

mod accumulator;
mod alone;
mod byte_map;
mod chip;
mod conv;
mod ends;
mod error;
mod exact_multiplier;
mod executor;
mod filters;
mod grid;
mod kernel;
mod moves;
mod multiplier;
mod network;
mod overflow;
mod plan;
mod profile;
mod reader;
mod requantization;
mod staircase;
mod sums;
mod tensor;
mod window;

pub use accumulator::{Accumulator, OutOfRange};
pub use ends::CutTensor;
pub use error::{IntegerError, ProfileCause, ProfileError};
pub use exact_multiplier::{Differing, ProvedMultiplier};
pub use executor::Executor;
pub use kernel::Kernel;
pub use multiplier::{Multiplier, Rounding};
pub use network::Network;
pub use overflow::ConvOverflow;
pub use plan::{Plan, PlanOptions};
pub use profile::{LeakyRelu, Profile};
pub use requantization::{FactorOf, RequantizedNode, Rescaling};
pub use staircase::Staircase;
pub use sums::Sums;
pub use tensor::{Axes, Element, Shape, Tensor, Values};
