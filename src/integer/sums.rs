//! How products are summed.

use super::accumulator::Accumulator;

/// How ONNX Runtime's kernels sum products. A network for a chip ([`Network::on_chip`](super::Network::on_chip)) always
/// sums in the chip's accumulators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sums {
    /// In int32, as VNNI, AMX, Arm and most chips do, and as ONNX defines it.
    #[default]
    Exact,
    /// As ONNX Runtime does on x86 processors without VNNI (Intel before Ice Lake and Alder Lake, AMD Zen 1 to 3):
    /// the sum of two neighbouring products is first clamped to int16, as `vpmaddubsw` does. Neighbours are the first
    /// and second, third and fourth … of a patch.
    Saturating,
}

/// How one convolution sums products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// [`Sums::Exact`].
    Exact,
    /// [`Sums::Saturating`].
    Saturating,
    /// In a chip's accumulator.
    Chip(Accumulator),
}
