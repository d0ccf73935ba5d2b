//! What figures are taken at.

use crate::detect::{ClassSet, Thresholds};

/// What a person looks at A and B with. Thresholds must be numbers: NaN equals nothing, and figures taken at it would
/// be taken again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// A's, then B's.
    pub thresholds: [Thresholds; 2],
    /// False: A is the settings' first model (slot 0). True: A is the second.
    pub swapped: bool,
    pub classes: ClassSet,
}
