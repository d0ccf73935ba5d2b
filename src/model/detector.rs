//! What runs a model.

use std::sync::Arc;

use super::{ModelError, ModelInfo};
use crate::detect::RawHeads;

/// Something that turns a letterboxed picture into raw heads.
pub trait Detector: Send {
    fn info(&self) -> &Arc<ModelInfo>;

    /// `input` is `[1, 3, H, W]` in 0..=1, RGB, of the form's size. Writes the raw heads into `heads`, whose
    /// memory it uses again.
    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError>;
}
