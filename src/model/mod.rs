//! Models that are installed, and how they are run.

mod arithmetic;
mod catalog;
mod caught;
mod detector;
mod error;
mod file;
mod frame_detector;
mod info;
pub mod metadata;
mod outlet;
mod raw_session;
mod request;
mod runtime;
mod self_test;
mod session;
mod sidecar;

pub use arithmetic::Arithmetic;
pub use catalog::{Catalog, ModelName};
pub use detector::Detector;
pub use error::ModelError;
pub use file::read_model;
pub use frame_detector::FrameDetector;
pub use info::{ModelInfo, Precision};
pub use raw_session::RawSession;
pub use request::ModelRequest;
pub use runtime::{NEEDED_MINOR, Runtime, threads};
pub use self_test::{KernelTest, SelfTest};
pub use session::{SessionDetector, hex};
pub use sidecar::Sidecar;
