//! Where the window of a convolution or pool lies on its input.

use std::ops::Range;

use super::tensor::Shape;

/// In pixels; height before width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub size: [usize; 2],
    pub stride: [usize; 2],
    /// Top and left. Padding at the other ends only shows in the output's size.
    pub padding: [usize; 2],
}

impl Window {
    /// For a matrix product: each position on its own.
    pub const PLACE: Self = Self { size: [1, 1], stride: [1, 1], padding: [0, 0] };

    pub fn taps(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// How far it reaches beyond the input at the top, at the left, at the bottom and at the right.
    pub fn ends(&self, input: Shape, output: Shape) -> [usize; 4] {
        let [top, left] = self.padding;
        let far = |axis: usize, output: usize, input: usize| {
            ((output - 1) * self.stride[axis] + self.size[axis]).saturating_sub(self.padding[axis] + input)
        };
        [top, left, far(0, output.height, input.height), far(1, output.width, input.width)]
    }

    /// The input position that each tap reads, row by row; `None` if it reads padding.
    pub fn places(&self, input: Shape, [y, x]: [usize; 2]) -> impl Iterator<Item = Option<usize>> {
        let Self { size, stride, padding } = *self;
        let along = move |axis: usize, output: usize, tap: usize, side: usize| {
            (output * stride[axis] + tap).checked_sub(padding[axis]).filter(|place| *place < side)
        };
        (0..size[0]).flat_map(move |dy| {
            let row = along(0, y, dy, input.height);
            (0..size[1]).map(move |dx| Some(row? * input.width + along(1, x, dx, input.width)?))
        })
    }

    /// Writes what the window covers at several positions of an output of this `width`, one after another: height,
    /// width, channels, then zeros up to `depth`. Taps on padding read `padding`.
    pub fn patches(
        &self,
        (input, shape): (&[u8], Shape),
        padding: u8,
        width: usize,
        positions: Range<usize>,
        depth: usize,
        patches: &mut [i16],
    ) {
        let channels = shape.channels;
        for (position, patch) in positions.zip(patches.chunks_exact_mut(depth)) {
            let (seen, rest) = patch.split_at_mut(self.taps() * channels);
            rest.fill(0);
            let places = self.places(shape, [position / width, position % width]);
            for (place, tap) in places.zip(seen.chunks_exact_mut(channels)) {
                match place {
                    Some(place) => {
                        for (wide, byte) in tap.iter_mut().zip(&input[place * channels..][..channels]) {
                            *wide = i16::from(*byte);
                        }
                    }
                    None => tap.fill(i16::from(padding)),
                }
            }
        }
    }
}
