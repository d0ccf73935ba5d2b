//! Models that are installed, and how they are run.

mod arithmetic;
mod catalog;
mod detector;
mod error;
mod info;
pub mod metadata;
mod request;
mod runtime;
mod self_test;
mod session;
mod sidecar;

pub use arithmetic::Arithmetic;
pub use catalog::{Catalog, ModelName};
pub use detector::{Detector, threads};
pub use error::ModelError;
pub use info::{ModelInfo, Precision};
pub use request::ModelRequest;
pub use runtime::{NEEDED_MINOR, Runtime};
pub use self_test::{KernelTest, SelfTest};
pub use session::{RawSession, SessionDetector, hex};
pub use sidecar::Sidecar;
