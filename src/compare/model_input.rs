//! What goes into a comparison for each of its two models.

use crate::detect::{Form, Letterbox, RawHeads, Thresholds};

/// What one model made of a frame, and at which thresholds a person looks at it.
#[derive(Clone, Copy, Debug)]
pub struct ModelInput<'a> {
    pub form: &'a Form,
    pub heads: &'a RawHeads,
    /// Where the frame lies in the model's input.
    pub letterbox: &'a Letterbox,
    pub thresholds: Thresholds,
}
