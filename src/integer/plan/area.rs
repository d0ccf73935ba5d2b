//! Where in a plan's memory a tensor lies.

use crate::integer::network::Padding;
use crate::integer::tensor::Shape;

/// Bytes of a picture, channels innermost, which may be some of the channels of a wider one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteArea {
    pub shape: Shape,
    /// Of the first channel at the top left, in bytes.
    pub origin: usize,
    /// From position to position.
    pub pitch: usize,
    /// From row to row.
    pub row: usize,
}

impl ByteArea {
    pub fn at(&self, y: usize, x: usize) -> usize {
        self.origin + y * self.row + x * self.pitch
    }

    /// Some of its channels.
    pub fn channels(self, start: usize, channels: usize) -> Self {
        Self { origin: self.origin + start, shape: Shape { channels, ..self.shape }, ..self }
    }

    /// Whether positions follow one another without a gap.
    pub fn is_dense(&self) -> bool {
        self.pitch == self.shape.channels
    }
}

/// Floats of a picture, one channel after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatPlanes {
    pub shape: Shape,
    /// Of the first value, in bytes.
    pub origin: usize,
}

impl FloatPlanes {
    /// Of a channel's row, in bytes.
    pub fn at(&self, channel: usize, y: usize) -> usize {
        self.origin + 4 * ((channel * self.shape.height + y) * self.shape.width)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorPlace {
    Bytes(ByteArea),
    Floats(FloatPlanes),
}

/// Bytes around a picture that all have one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    pub area: ByteArea,
    /// Top, left, bottom, right.
    pub ends: [usize; 4],
    pub value: u8,
}

impl Border {
    /// What is padding of an area, where a picture of the shape `inner` lies in it.
    pub fn of(padding: &Padding, inner: Shape, area: ByteArea) -> Self {
        let [top, left] = padding.corner;
        let Shape { height, width, .. } = area.shape;
        Self {
            area: ByteArea { origin: area.at(top, left), shape: inner, ..area },
            ends: [top, left, height - top - inner.height, width - left - inner.width],
            value: padding.byte,
        }
    }
}
