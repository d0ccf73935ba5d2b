//! Models that are installed, and how they are run.

mod arithmetic;
mod catalog;
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
pub use error::ModelError;
pub use info::{ModelInfo, Precision};
pub use request::ModelRequest;
pub use runtime::{NEEDED_MINOR, Runtime};
pub use self_test::{KernelTest, SelfTest};
pub use session::{RawSession, SessionDetector, hex};
pub use sidecar::Sidecar;

use crate::detect::RawHeads;

/// How many threads compute one inference: as many as the processor runs at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Something that turns a letterboxed picture into raw heads.
pub trait Detector: Send {
    fn info(&self) -> &std::sync::Arc<ModelInfo>;

    /// `input` is `[1, 3, H, W]` in 0..=1, RGB, of the form's size. Writes the raw heads into `heads`, whose
    /// memory it uses again.
    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError>;
}
