//! A tensor that is looked at.

use super::byte_counts::ByteCounts;
use crate::workshop::golden::array::{GoldenArray, ValueType, words};
use crate::workshop::golden::axes::AxisOrder;

/// What is expected, and what was dumped.
pub struct Subject<'a> {
    pub expected: &'a GoldenArray,
    pub axes: AxisOrder,
    /// Of the expected bytes.
    pub zero_point: Option<i32>,
    /// Little endian; of any length.
    pub dump: &'a [u8],
    /// Both as numbers; of float32 the bits.
    pub right: Vec<i32>,
    pub found: Vec<i32>,
    /// Of the expected bytes, and of the dump.
    counts: [ByteCounts; 2],
}

impl<'a> Subject<'a> {
    pub fn new(expected: &'a GoldenArray, axes: AxisOrder, zero_point: Option<i32>, dump: &'a [u8]) -> Self {
        let (right, found) = (expected.words(), words(expected.value_type, dump));
        let counts = [expected.bytes.as_slice(), dump].map(ByteCounts::of);
        Self { expected, axes, zero_point, dump, right, found, counts }
    }

    /// As [`ByteCounts::distance`] of the expected bytes and the dump.
    pub fn byte_distance(&self, flipped: u8) -> usize {
        let [right, found] = &self.counts;
        right.distance(found, flipped)
    }

    pub fn value_type(&self) -> ValueType {
        self.expected.value_type
    }

    pub fn is_float(&self) -> bool {
        self.value_type() == ValueType::F32
    }

    /// How far a found value is above the right one.
    pub fn difference(&self, place: usize) -> f64 {
        let [right, found] = [self.right[place], self.found[place]];
        if !self.is_float() {
            return f64::from(found) - f64::from(right);
        }
        let [right, found] = [right, found].map(|bits| f64::from(f32::from_bits(bits.cast_unsigned())));
        if right == found { 0.0 } else { found - right }
    }

    /// Places of values that differ.
    pub fn differing(&self) -> impl Iterator<Item = usize> {
        self.right.iter().zip(&self.found).enumerate().filter(|(_, (a, b))| a != b).map(|(place, _)| place)
    }

    /// Axes that are longer than 1: index, name, length.
    pub fn long_axes(&self) -> impl Iterator<Item = (usize, &'static str, usize)> {
        let names = self.axes.names().iter().zip(&self.expected.dims).enumerate();
        names.filter(|(_, (_, length))| **length > 1).map(|(axis, (name, length))| (axis, *name, *length))
    }

    /// The axis of this name, and its length.
    pub fn axis(&self, name: &str) -> Option<(usize, usize)> {
        let axis = self.axes.names().iter().position(|found| *found == name)?;
        Some((axis, *self.expected.dims.get(axis)?))
    }

    /// Number of values from one part along an axis to the next.
    pub fn stride(&self, axis: usize) -> usize {
        self.expected.dims[axis + 1..].iter().product()
    }
}
