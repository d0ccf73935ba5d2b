//! A picture that is in no file.

use std::fmt;
use std::sync::Arc;

use crate::detect::Frame;

/// Pixels under a name, as from the clipboard. Clones share the pixels.
#[derive(Clone)]
pub struct Pasted {
    /// For people.
    pub name: String,
    pub frame: Arc<Frame>,
}

impl PartialEq for Pasted {
    /// Whether both are one and the same picture.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.frame, &other.frame)
    }
}

impl fmt::Debug for Pasted {
    /// Without the pixels.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pasted({:?}, {})", self.name, self.frame.size())
    }
}
