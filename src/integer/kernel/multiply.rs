//! Which instructions multiply the bytes of a convolution.

use super::Kernel;
pub use super::tile::{GROUP, REGISTERS, Tile};
use super::x86;

/// Instructions, and what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiply {
    /// Pairs of int16.
    Pairs,
    /// Four uint8, in two pairs that are added in saturating int16.
    SaturatingPairs,
    /// Four uint8.
    Fours,
    /// Four uint8, for twice as many filters.
    WideFours,
}

impl Multiply {
    /// The most positions at once.
    pub fn positions(self) -> usize {
        if self == Self::WideFours { 13 } else { 6 }
    }

    /// The filters of a block, which are multiplied at once.
    pub fn block(self) -> usize {
        REGISTERS * if self == Self::WideFours { 16 } else { 8 }
    }

    /// The activations of a group.
    pub fn group(self) -> usize {
        if self == Self::Pairs { 2 } else { 4 }
    }

    /// Writes the sums of a tile.
    ///
    /// # Safety
    /// Of the activations, see [`Tile`]: `groups` · 4 bytes must be readable at every run of every position, 4 bytes at
    /// every rest, and nobody may write them meanwhile. The processor must have the kernel of a plan that came to these
    /// instructions.
    pub unsafe fn run(self, positions: usize, tile: &mut Tile<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Pairs => x86::pairs(positions, tile),
                Self::SaturatingPairs => x86::saturating_pairs(positions, tile),
                Self::Fours => x86::fours(positions, tile),
                Self::WideFours => x86::wide_fours(positions, tile),
            }
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
