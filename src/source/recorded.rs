//! What models computed of a frame when it was recorded.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::detect::RawHeads;

/// The raw heads of one model. A source that gives recorded frames gives them with each of its frames: the same model
/// need not compute them again.
#[derive(Clone)]
pub struct RecordedHeads {
    /// Of the model's bytes, in hexadecimal.
    pub sha256: String,
    /// How it was computed, in the words of the model's own description.
    pub arithmetic: String,
    pub heads: Arc<RawHeads>,
    /// How long that took then.
    pub inference: Duration,
}

impl fmt::Debug for RecordedHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordedHeads({} {}, {} bytes)", self.sha256, self.arithmetic, self.heads.bytes())
    }
}

impl PartialEq for RecordedHeads {
    /// Whether they are the very same, and not only of equal values.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.heads, &other.heads) && self.sha256 == other.sha256 && self.arithmetic == other.arithmetic
    }
}
