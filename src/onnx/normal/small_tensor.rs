//! Constants to compute with.

use crate::onnx::{FLOAT, INT8, INT32, INT64, TensorProto, UINT8};

/// `TensorProto.DataType`.
const BOOL: i32 = 9;
const FLOAT16: i32 = 10;
const DOUBLE: i32 = 11;

/// The most values that are computed with.
pub const MAX_VALUES: usize = 1 << 24;

/// Values with their dimensions, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallTensor {
    pub dims: Vec<i64>,
    pub numbers: Numbers,
}

/// What the values are.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Float32; float16 and float64 are read as such.
    Floats(Vec<f32>),
    /// Integers of any width, and booleans.
    Ints(Vec<i64>),
}

impl SmallTensor {
    /// A list of integers.
    pub fn list(values: Vec<i64>) -> Self {
        Self { dims: vec![values.len() as i64], numbers: Numbers::Ints(values) }
    }

    /// A single integer without dimensions.
    pub fn scalar(value: i64) -> Self {
        Self { dims: Vec::new(), numbers: Numbers::Ints(vec![value]) }
    }

    /// A list of floats.
    pub fn floats_list(values: Vec<f32>) -> Self {
        Self { dims: vec![values.len() as i64], numbers: Numbers::Floats(values) }
    }

    /// `None`: another type, more values than a limit, or another number of them than the dimensions say.
    pub fn of(tensor: &TensorProto) -> Option<Self> {
        let raw = &tensor.raw_data;
        let numbers = match tensor.data_type {
            FLOAT if raw.is_empty() => Numbers::Floats(tensor.float_data.clone()),
            FLOAT => Numbers::Floats(raw.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()),
            DOUBLE if raw.is_empty() => Numbers::Floats(tensor.double_data.iter().map(|v| *v as f32).collect()),
            DOUBLE => Numbers::Floats(raw.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()),
            FLOAT16 if raw.is_empty() => {
                Numbers::Floats(tensor.int32_data.iter().map(|bits| float_of_half(*bits as u16)).collect())
            }
            FLOAT16 => {
                Numbers::Floats(raw.as_chunks().0.iter().map(|b| float_of_half(u16::from_le_bytes(*b))).collect())
            }
            INT64 if raw.is_empty() => Numbers::Ints(tensor.int64_data.clone()),
            INT64 => Numbers::Ints(raw.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect()),
            INT32 | BOOL | UINT8 | INT8 if raw.is_empty() => {
                Numbers::Ints(tensor.int32_data.iter().map(|v| i64::from(*v)).collect())
            }
            INT32 => Numbers::Ints(raw.as_chunks().0.iter().map(|b| i64::from(i32::from_le_bytes(*b))).collect()),
            BOOL | UINT8 => Numbers::Ints(raw.iter().map(|byte| i64::from(*byte)).collect()),
            INT8 => Numbers::Ints(raw.iter().map(|byte| i64::from(byte.cast_signed())).collect()),
            _ => return None,
        };
        Self::new(tensor.dims.clone(), numbers)
    }

    /// `None` if the number of values is not that of the dimensions, or over the limit.
    pub fn new(dims: Vec<i64>, numbers: Numbers) -> Option<Self> {
        let length = match &numbers {
            Numbers::Floats(values) => values.len(),
            Numbers::Ints(values) => values.len(),
        };
        (count(&dims)? == length).then_some(Self { dims, numbers })
    }

    pub fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Floats(values) => values.len(),
            Numbers::Ints(values) => values.len(),
        }
    }

    /// `None`: it is of floats.
    pub fn ints(&self) -> Option<&[i64]> {
        match &self.numbers {
            Numbers::Ints(values) => Some(values),
            Numbers::Floats(_) => None,
        }
    }

    /// `None`: it is of integers.
    pub fn floats(&self) -> Option<&[f32]> {
        match &self.numbers {
            Numbers::Floats(values) => Some(values),
            Numbers::Ints(_) => None,
        }
    }

    /// The only integer.
    pub fn one_int(&self) -> Option<i64> {
        self.ints().filter(|values| values.len() == 1).map(|values| values[0])
    }

    /// The values at these places, under these dimensions, which have as many.
    pub fn picked(&self, dims: Vec<i64>, places: &[usize]) -> Self {
        let numbers = match &self.numbers {
            Numbers::Floats(values) => Numbers::Floats(places.iter().map(|place| values[*place]).collect()),
            Numbers::Ints(values) => Numbers::Ints(places.iter().map(|place| values[*place]).collect()),
        };
        Self { dims, numbers }
    }

    /// Float32 or int64.
    pub fn to_tensor(&self, name: &str) -> TensorProto {
        match &self.numbers {
            Numbers::Floats(values) => TensorProto::f32(name, &self.dims, values),
            Numbers::Ints(values) => TensorProto::i64(name, &self.dims, values),
        }
    }
}

/// How many values dimensions hold; `None`: a negative one, or more than the limit.
pub fn count(dims: &[i64]) -> Option<usize> {
    let all = dims.iter().try_fold(1usize, |all, dim| all.checked_mul(usize::try_from(*dim).ok()?))?;
    (all <= MAX_VALUES).then_some(all)
}

/// IEEE 754 half precision.
fn float_of_half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (u32::from(bits >> 15) << 31, bits >> 10 & 31, u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        // Below the normal numbers: units of 2⁻²⁴.
        0 => fraction as f32 / (1 << 24) as f32,
        31 => f32::from_bits(0x7f80_0000 | fraction << 13),
        _ => f32::from_bits((u32::from(exponent) + 112) << 23 | fraction << 13),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy: np.array([…], np.uint16).view(np.float16).astype(np.float32).
    #[test]
    fn halves_are_read_as_numpy_reads_them() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0x8000, -0.0),
        ];
        for (bits, value) in cases {
            assert_eq!(float_of_half(bits).to_bits(), f32::to_bits(value), "{bits:x}");
        }
        assert!(float_of_half(0x7e00).is_nan());
    }
}
