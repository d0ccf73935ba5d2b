//! How often a run's products overflow int16.

/// Counts for one convolution or matrix product, over one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvOverflow {
    pub node: String,
    /// The output tensor of the node.
    pub tensor: String,
    /// Pairs of neighbouring products: output positions · filters · half of a filter's weights, rounded up.
    pub pairs: u64,
    /// Pairs whose sum leaves int16.
    pub overflowing: u64,
}
