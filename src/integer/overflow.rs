//! How often a run's products overflow int16.

/// Of one convolution or matrix product, over one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvOverflow {
    pub node: String,
    /// What the node puts out.
    pub tensor: String,
    /// Pairs of neighbouring products: places of the output · filters · half of a filter's weights, rounded up.
    pub pairs: u64,
    /// Pairs whose sum leaves int16.
    pub overflowing: u64,
}
