//! What a check found.

use serde::{Serialize, Serializer};

use super::diagnose::Finding;
use super::fault::Fault;
use crate::compare::Comparison;

/// A pack's picture against a board's files.
pub struct CheckReport {
    /// Weights and biases first, then tensors in graph order.
    pub tensors: Vec<CheckedTensor>,
    /// Files that belong to no tensor.
    pub unknown: Vec<String>,
    /// Boxes of the pack (A) and of the board (B), in pixels of the picture.
    pub boxes: Comparison,
    /// Whether the board's raw heads are in its files; else they follow from its last tensors.
    pub heads_dumped: bool,
}

/// One tensor.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedTensor {
    pub tensor: String,
    /// What makes it; `None`: a constant, or the model's input.
    pub node: Option<String>,
    pub operator: Option<String>,
    pub golden_crc32: String,
    #[serde(flatten)]
    pub difference: Option<ByteDifference>,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What was converted on reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A dump against the pack, value by value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByteDifference {
    pub crc32: String,
    /// Share of values.
    pub differ: f64,
    /// By more than 1, or of float32 by more than a hundred-thousandth of the largest.
    pub differ_by_more: f64,
    pub largest: f64,
}

/// What became of a tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The bytes of the pack.
    Exact,
    /// Other bytes, but those that this node must make of the board's own inputs.
    Follows,
    /// There is no file of it.
    NotDumped,
    Wrong {
        #[serde(serialize_with = "told")]
        fault: Fault,
        /// Another arithmetic that gives the board's bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        same_as: Option<String>,
    },
}

/// With its words.
fn told<S: Serializer>(fault: &Fault, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(flatten)]
        fault: &'a Fault,
        text: String,
    }
    Told { fault, text: fault.to_string() }.serialize(serializer)
}

impl Outcome {
    pub fn wrong(finding: Finding, same_as: Option<String>) -> Self {
        Self::Wrong { fault: finding.fault, same_as }
    }
}

/// How many tensors came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutcomeCounts {
    pub exact: usize,
    pub follows: usize,
    pub wrong: usize,
    pub not_dumped: usize,
}

impl CheckReport {
    pub fn counts(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for tensor in &self.tensors {
            *match tensor.outcome {
                Outcome::Exact => &mut counts.exact,
                Outcome::Follows => &mut counts.follows,
                Outcome::Wrong { .. } => &mut counts.wrong,
                Outcome::NotDumped => &mut counts.not_dumped,
            } += 1;
        }
        counts
    }

    /// The first tensor that is wrong given its inputs.
    pub fn first_wrong(&self) -> Option<&CheckedTensor> {
        self.tensors.iter().find(|tensor| matches!(tensor.outcome, Outcome::Wrong { .. }))
    }

    /// Whether all that was dumped is exact.
    pub fn is_exact(&self) -> bool {
        let OutcomeCounts { follows, wrong, .. } = self.counts();
        follows + wrong == 0
    }
}
