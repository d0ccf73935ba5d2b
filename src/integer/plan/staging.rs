//! What tiles read: the input where it lies, or a part of it laid out anew.

use std::ops::Range;

use super::area::ByteArea;
use crate::integer::kernel::lines::Lines;
use crate::integer::kernel::memory::Memory;
use crate::integer::tensor::Shape;
use crate::integer::window::Window;

/// How the activations of some rows of the output are laid out for the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staging {
    /// They stay where they are.
    Direct,
    /// The rows of the input with its own channels alone, in uint8.
    Bytes,
    /// The same in int16.
    Words,
    /// The same in int16 less the zero point, shifted to the left.
    Steps { zero_point: u8, shift: u32 },
    /// The same, each one twice.
    Singles { zero_point: u8, shift: u32 },
    /// One patch after another: for pairs that reach from one row of a window to the next.
    Patches,
}

/// A group reads so much beyond a run.
const SLACK: usize = 64;

impl Staging {
    /// The most bytes of it.
    pub const MOST: usize = 16 << 20;

    /// For groups of four that are added in any order.
    pub fn of_bytes(input: ByteArea) -> Self {
        if input.is_dense() || input.shape.channels.is_multiple_of(4) { Self::Direct } else { Self::Bytes }
    }

    /// For groups of four whose pairs are those of the patch.
    pub fn of_pairs(window: &Window, input: ByteArea) -> Self {
        let channels = input.shape.channels;
        let rows_are_even = (window.size[1] * channels).is_multiple_of(2) || window.size[0] == 1;
        match (input.is_dense(), rows_are_even) {
            (true, true) => Self::Direct,
            _ if channels.is_multiple_of(4) => Self::Direct,
            (false, true) => Self::Bytes,
            (_, false) => Self::Patches,
        }
    }

    /// Where a position's runs of activations start, in bytes from its first one. All are of one length.
    pub fn runs(self, window: &Window, input: ByteArea, output: Shape) -> Vec<usize> {
        let [rows, columns] = window.size;
        match self {
            Self::Patches => vec![0],
            Self::Direct if !input.is_dense() => {
                (0..rows).flat_map(|y| (0..columns).map(move |x| y * input.row + x * input.pitch)).collect()
            }
            Self::Direct => (0..rows).map(|y| y * input.row).collect(),
            Self::Bytes | Self::Words | Self::Steps { .. } | Self::Singles { .. } => {
                (0..rows).map(|y| y * self.row(window, input, output)).collect()
            }
        }
    }

    /// From position to position and from row to row of the output, in bytes.
    pub fn steps(self, window: &Window, input: ByteArea, output: Shape) -> (usize, usize) {
        let [down, right] = window.stride;
        match self {
            Self::Direct => (right * input.pitch, down * input.row),
            Self::Bytes | Self::Words | Self::Steps { .. } | Self::Singles { .. } => {
                (right * input.shape.channels * self.width(), down * self.row(window, input, output))
            }
            Self::Patches => (depth(window, input), output.width * depth(window, input)),
        }
    }

    /// Of so many rows of the output.
    pub fn bytes(self, window: &Window, input: ByteArea, output: Shape, rows: usize) -> usize {
        match self {
            Self::Direct => 0,
            Self::Bytes | Self::Words | Self::Steps { .. } | Self::Singles { .. } => {
                let all = (rows - 1) * window.stride[0] + window.size[0];
                all.saturating_mul(self.row(window, input, output)).saturating_add(SLACK)
            }
            Self::Patches => {
                rows.saturating_mul(output.width).saturating_mul(depth(window, input)).saturating_add(SLACK)
            }
        }
    }

    /// Lays out what these rows of the output read.
    pub fn fill(
        self,
        window: &Window,
        (memory, input): (&Memory, ByteArea),
        output: Shape,
        rows: Range<usize>,
        staged: &mut Lines,
    ) {
        let staged = staged.bytes_mut();
        let channels = input.shape.channels;
        if self == Self::Patches {
            let patches = staged.chunks_exact_mut(depth(window, input));
            let positions = rows.flat_map(|y| (0..output.width).map(move |x| [y, x]));
            for (position, patch) in positions.zip(patches) {
                let seen = window.taps() * channels;
                if input.is_dense() {
                    let start = corner(window, input, position[0]) + position[1] * window.stride[1] * input.pitch;
                    let run = window.size[1] * channels;
                    for (y, to) in patch[..seen].chunks_exact_mut(run).enumerate() {
                        // SAFETY: as in `taps`, one row of them at once.
                        to.copy_from_slice(unsafe { memory.bytes(start + y * input.row, run) });
                    }
                } else {
                    for (tap, to) in taps(window, memory, input, position).zip(patch.chunks_exact_mut(channels)) {
                        to.copy_from_slice(tap);
                    }
                }
                patch[seen..].fill(0);
            }
            return;
        }
        let all = (rows.len() - 1) * window.stride[0] + window.size[0];
        let (row, columns) = (self.row(window, input, output), columns(window, output));
        for (y, to) in (0..all).zip(staged.chunks_exact_mut(row)) {
            let from = corner(window, input, rows.start) + y * input.row;
            let read = |x: usize, bytes: usize| {
                // SAFETY: these are channels of the input and of its border, which no task writes that reads them.
                unsafe { memory.bytes(from + x * input.pitch, bytes) }
            };
            if input.is_dense() {
                self.store(read(0, columns * channels), to);
            } else {
                for (x, to) in to.chunks_exact_mut(channels * self.width()).enumerate() {
                    self.store(read(x, channels), to);
                }
            }
        }
    }

    fn store(self, from: &[u8], to: &mut [u8]) {
        let words = to.chunks_exact_mut(self.width()).zip(from);
        let steps = |byte: u8, zero_point: u8, shift: u32| (i16::from(byte) - i16::from(zero_point)) << shift;
        match self {
            Self::Words => words.for_each(|(word, byte)| word.copy_from_slice(&u16::from(*byte).to_le_bytes())),
            Self::Steps { zero_point, shift } => {
                words.for_each(|(word, byte)| word.copy_from_slice(&steps(*byte, zero_point, shift).to_le_bytes()));
            }
            Self::Singles { zero_point, shift } => words.for_each(|(words, byte)| {
                let [a, b] = steps(*byte, zero_point, shift).to_le_bytes();
                words.copy_from_slice(&[a, b, a, b]);
            }),
            _ => to.copy_from_slice(from),
        }
    }

    /// Bytes of an activation.
    fn width(self) -> usize {
        match self {
            Self::Words | Self::Steps { .. } => 2,
            Self::Singles { .. } => 4,
            _ => 1,
        }
    }

    /// Bytes of a staged row of the input.
    fn row(self, window: &Window, input: ByteArea, output: Shape) -> usize {
        columns(window, output) * input.shape.channels * self.width()
    }
}

/// Columns of the input that a row of the output reads.
fn columns(window: &Window, output: Shape) -> usize {
    (output.width - 1) * window.stride[1] + window.size[1]
}

/// Bytes of a patch, up to a whole number of groups.
fn depth(window: &Window, input: ByteArea) -> usize {
    (window.taps() * input.shape.channels).next_multiple_of(4)
}

/// The place of the first tap of a row's first window, which may lie in the border.
pub fn corner(window: &Window, input: ByteArea, y: usize) -> usize {
    let [top, left] = window.padding;
    // The border is as wide as the padding at least.
    input.origin + y * window.stride[0] * input.row - top * input.row - left * input.pitch
}

/// The bytes of each tap of the window at a position of the output.
pub fn taps<'m>(
    window: &Window,
    memory: &'m Memory,
    input: ByteArea,
    [y, x]: [usize; 2],
) -> impl Iterator<Item = &'m [u8]> {
    let Window { size: [rows, columns], stride, .. } = *window;
    let start = corner(window, input, y) + x * stride[1] * input.pitch;
    let places = (0..rows).flat_map(move |dy| (0..columns).map(move |dx| start + dy * input.row + dx * input.pitch));
    // SAFETY: these are channels of the input and of its border, which no task writes that reads them.
    places.map(move |place| unsafe { memory.bytes(place, input.shape.channels) })
}
