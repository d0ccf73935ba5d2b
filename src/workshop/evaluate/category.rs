//! What annotations call a thing.

use serde::Deserialize;

use super::truth_id::TruthId;

/// A class of the annotations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// As the annotations number it.
    pub id: TruthId,
    pub name: String,
}
