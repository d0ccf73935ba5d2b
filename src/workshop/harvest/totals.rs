//! How many frames a harvest looked at, and what became of them.

use serde::Serialize;

/// Counts of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HarvestTotals {
    pub frames: u64,
    /// That met a condition.
    pub met: u64,
    pub kept: u64,
    /// That met a condition and were too much like one that was kept.
    pub near_duplicates: u64,
}

impl HarvestTotals {
    /// "3 near-duplicates"
    pub fn told_near(&self) -> String {
        let noun = if self.near_duplicates == 1 { "near-duplicate" } else { "near-duplicates" };
        format!("{} {noun}", self.near_duplicates)
    }
}
