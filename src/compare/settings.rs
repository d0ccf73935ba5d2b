//! How a person looks at two models.

use crate::detect::{ClassSet, Thresholds};

/// What boxes, verdicts and figures are computed at. Thresholds must be numbers: NaN equals nothing, and what was computed
/// at it would be computed again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompareSettings {
    /// A's, then B's.
    pub thresholds: [Thresholds; 2],
    /// False: A is the engine settings' first model (slot 0). True: A is the second.
    pub swapped: bool,
    /// Classes that figures are taken over.
    pub classes: ClassSet,
}
