//! What a file says about its integer arithmetic, without running it.

use prost::Message;

use super::{ModelProto, computes_in_integers, has_signed_activations, node_overflows};

/// A summary for a model that computes in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integers {
    /// The file has int8 activations.
    pub signed: bool,
    /// Number of filters in all convolutions and matrix products.
    pub filters: usize,
    /// How many of them have a pair of weights that can overflow 16 bits; see [`node_overflows`].
    pub overflowing: usize,
}

impl Integers {
    /// `None` if the bytes are a float model or not a model.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if !computes_in_integers(bytes) {
            return None;
        }
        let model = ModelProto::decode(bytes).ok()?;
        let nodes = node_overflows(&model);
        let sum = |of: fn(&super::NodeOverflow) -> usize| nodes.iter().map(of).sum();
        Some(Self {
            signed: has_signed_activations(&model),
            filters: sum(|node| node.filters),
            overflowing: sum(|node| node.overflowing),
        })
    }
}
