//! A fault, and what the board computed in spite of it.

use crate::workshop::golden::fault::Fault;

/// A fault, and the right values where the file holds them in another order.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub fault: Fault,
    /// What the board has most likely computed: in the order of the pack, little endian. `None`: the file does not tell.
    pub repaired: Option<Vec<u8>>,
}

impl Finding {
    /// Of a file that does not say what the board computed.
    pub fn unknown(fault: Fault) -> Self {
        Self { fault, repaired: None }
    }
}
