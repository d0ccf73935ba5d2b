//! Which layer hurts: how much of each tensor's signal is left in an INT8 model.
//!
//! *Propagated*: both models run on the same picture, and each tensor of the INT8 model is compared with the
//! float model's. It shows all that went wrong so far. *Isolated*: one INT8 node alone, on the float model's tensors
//! rounded to bytes. It shows what this node does by itself.
//! *In the boxes*: the float model with one INT8 node in place of its own, and how far that moves the boxes. A
//! tensor with little noise can do the most harm: a head's logits are large, and a small error in a box's size is
//! a large one in its overlap.
//! *Overflow*: how many pairs of products leave 16 bits, and what processors without VNNI would make of the boxes.
//! *A box's descent*: its score with all nodes up to one in INT8 and float from there on. Where it falls, it is lost.

mod boxes;
mod chain_link;
mod chain_tensors;
mod float_chain;
mod float_pool;
mod heads;
mod int8_node;
mod int8_side;
mod measure;
mod measure_files;
mod merge;
mod models;
mod overflow;
mod plain_operation;
mod segment;
mod study;
mod target;

pub use boxes::BoxLoss;
pub use measure::{LayerNoise, Layers};
pub use measure_files::{Findings, LayersSubject, measure_files};
pub use models::LayerModels;
pub use overflow::{Changes, Overflow, is_change};
pub use study::{Studied, Study, study};
pub use target::Target;

use std::path::Path;

use super::progress::Stopped;
use crate::integer::IntegerError;

/// Why layers cannot be measured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayersError {
    #[error("cannot analyse the float model: {0}")]
    Float(String),
    #[error("cannot analyse the INT8 model: {0}")]
    Int8(String),
    #[error("it has no QLinear nodes: it is not an INT8 model in the QOperator or QDQ form")]
    NotQuantized,
    #[error("the two models have no tensor in common: they are different networks, or tensors were renamed")]
    NothingInCommon,
    #[error("both together do not run: {0}")]
    Run(String),
    #[error("cannot compute the INT8 model in integers: {0}")]
    Integers(String),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl From<IntegerError> for LayersError {
    fn from(error: IntegerError) -> Self {
        Self::Integers(error.to_string())
    }
}

impl LayersError {
    /// The message, with the files of the float and of the INT8 model that it is about.
    pub fn of(&self, [float, int8]: [&Path; 2]) -> String {
        let [a, b] = [float.display(), int8.display()];
        match self {
            Self::Float(_) => format!("{a}: {self}"),
            Self::Int8(_) | Self::NotQuantized | Self::Integers(_) => format!("{b}: {self}"),
            Self::NothingInCommon | Self::Run(_) => format!("{a} and {b}: {self}"),
            Self::Stopped(_) => self.to_string(),
        }
    }
}
