//! Which instructions multiply the bytes of a convolution.

use super::Kernel;
pub use super::tile::{GROUP, REGISTERS, Tile};
#[cfg(target_arch = "x86_64")]
use super::x86;

/// Instructions, and what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiply {
    /// Pairs of int16.
    Pairs,
    /// Four uint8, in two pairs that are added in saturating int16.
    SaturatingPairs,
    /// The same for twice as many filters, whose sums stay within int32.
    WideSaturatingPairs,
    /// Four uint8.
    Fours,
    /// Four uint8, for twice as many filters.
    WideFours,
    /// Pairs of int16, of which one product after the other is added to a sum that stays within limits.
    Steps,
    /// The same for twice as many filters. The limits are those of int32: weights and activations are shifted to the
    /// left until a chip's limits lie there; see [`Multiply::shifts`].
    WideSteps,
    /// The same, of single int16 that are each there twice: for 16 bits.
    WideSingles,
}

impl Multiply {
    /// The most positions at once.
    pub fn positions(self) -> usize {
        match self {
            Self::WideFours => 13,
            // With more of them the compiler keeps a loop over positions, and with it all sums in memory.
            Self::WideSaturatingPairs | Self::WideSingles => 12,
            Self::WideSteps => 10,
            Self::Pairs | Self::SaturatingPairs | Self::Fours => 6,
            // Each weight takes a register of its own.
            Self::Steps => 4,
        }
    }

    /// The filters of a block, which are multiplied at once.
    pub fn block(self) -> usize {
        REGISTERS
            * match self {
                Self::WideFours | Self::WideSaturatingPairs | Self::WideSteps | Self::WideSingles => 16,
                Self::Pairs | Self::SaturatingPairs | Self::Fours | Self::Steps => 8,
            }
    }

    /// The activations of a group.
    pub fn group(self) -> usize {
        match self {
            Self::WideSingles => 1,
            Self::Pairs | Self::Steps | Self::WideSteps => 2,
            Self::SaturatingPairs | Self::WideSaturatingPairs | Self::Fours | Self::WideFours => 4,
        }
    }

    /// Whether they add one product at a time, to a bias, and of activations less their zero point.
    pub fn has_steps(self) -> bool {
        matches!(self, Self::Steps | Self::WideSteps | Self::WideSingles)
    }

    /// How far weights and activations less their zero point are shifted to the left for an accumulator that lacks so
    /// many bits of int32, 0..=16.
    ///
    /// A shifted sum leaves int32 exactly where the sum itself leaves the accumulator. At the upper limit the lowest
    /// bits are all ones from then on, and are dropped in the end. A product of int16 is shifted by 15 at most: for 16
    /// bits, the sum of two of them.
    pub fn shifts(self, unused_bits: u32) -> [u32; 2] {
        match self {
            Self::WideSteps | Self::WideSingles => [unused_bits.min(8), unused_bits.saturating_sub(8).min(7)],
            _ => [0; 2],
        }
    }

    /// How far the sums of [`Multiply::shifts`] are shifted.
    pub fn sum_shift(self, unused_bits: u32) -> u32 {
        if matches!(self, Self::WideSteps | Self::WideSingles) { unused_bits } else { 0 }
    }

    /// Writes the sums of a tile.
    ///
    /// # Safety
    /// Of the activations, see [`Tile`]: `groups` · 4 bytes must be readable at every run of every position, 4 bytes at
    /// every rest, and nobody may write them meanwhile. The processor must have the kernel of a plan that came to these
    /// instructions.
    #[cfg(target_arch = "x86_64")]
    pub unsafe fn run(self, positions: usize, tile: &mut Tile<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Pairs => x86::pairs(positions, tile),
                Self::SaturatingPairs => x86::saturating_pairs(positions, tile),
                Self::WideSaturatingPairs => x86::wide_saturating_pairs(positions, tile),
                Self::Fours => x86::fours(positions, tile),
                Self::WideFours => x86::wide_fours(positions, tile),
                Self::Steps => x86::steps(positions, tile),
                Self::WideSteps => x86::wide_steps(positions, tile),
                Self::WideSingles => x86::wide_singles(positions, tile),
            }
        }
    }

    /// Of other processors no plan has instructions.
    ///
    /// # Safety
    /// None is asked for.
    #[cfg(not(target_arch = "x86_64"))]
    pub unsafe fn run(self, positions: usize, tile: &mut Tile<'_>) {
        debug_assert!(false, "{self:?} of {positions} positions, {tile:?}");
    }

    /// Pairs that are added in saturating int16; `wraps`: sums may leave int32.
    pub fn saturating(kernel: Kernel, wraps: bool) -> Self {
        if kernel == Kernel::Avx512Vnni && !wraps { Self::WideSaturatingPairs } else { Self::SaturatingPairs }
    }

    /// Sums in a saturating accumulator of so many bits, if the kernel has them.
    pub fn steps(kernel: Kernel, bits: u32) -> Option<Self> {
        match kernel {
            Kernel::Avx512Vnni => Some(if bits > 16 { Self::WideSteps } else { Self::WideSingles }),
            // Before they are limited, sums must fit into int32.
            Kernel::Avx2 | Kernel::AvxVnni => (bits < i32::BITS).then_some(Self::Steps),
            Kernel::Portable => None,
        }
    }

    /// Exact sums of groups of four, if the kernel has an instruction for it.
    pub fn fours(kernel: Kernel) -> Option<Self> {
        match kernel {
            Kernel::Avx512Vnni => Some(Self::WideFours),
            Kernel::AvxVnni => Some(Self::Fours),
            Kernel::Avx2 | Kernel::Portable => None,
        }
    }
}
