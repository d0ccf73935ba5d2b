//! A tensor's values as bytes, in a known order.

use serde::{Deserialize, Serialize};

use crate::integer::Values;

/// Types of values in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueType {
    #[serde(rename = "uint8")]
    U8,
    #[serde(rename = "int8")]
    I8,
    #[serde(rename = "int32")]
    I32,
    #[serde(rename = "float32")]
    F32,
}

impl ValueType {
    /// Of one value.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I32 | Self::F32 => 4,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::I32 => "int32",
            Self::F32 => "float32",
        }
    }

    /// The lowest and the highest value of the bytes' types.
    pub fn ends(self) -> Option<[i32; 2]> {
        match self {
            Self::U8 => Some([0, 255]),
            Self::I8 => Some([-128, 127]),
            Self::I32 | Self::F32 => None,
        }
    }
}

/// Values with their dimensions, the last of them innermost.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldenArray {
    pub value_type: ValueType,
    pub dims: Vec<usize>,
    /// Little endian.
    pub bytes: Vec<u8>,
}

impl GoldenArray {
    pub fn from_values(values: &Values, dims: &[usize]) -> Self {
        let (value_type, bytes) = match values {
            Values::U8(values) => (ValueType::U8, values.clone()),
            Values::I8(values) => (ValueType::I8, values.iter().map(|value| value.cast_unsigned()).collect()),
            Values::F32(values) => (ValueType::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        };
        Self { value_type, dims: dims.to_vec(), bytes }
    }

    /// `None` for int32, which no activation has.
    pub fn to_values(&self) -> Option<Values> {
        match self.value_type {
            ValueType::U8 => Some(Values::U8(self.bytes.clone())),
            ValueType::I8 => Some(Values::I8(self.bytes.iter().map(|byte| byte.cast_signed()).collect())),
            ValueType::F32 => {
                Some(Values::F32(self.bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()))
            }
            ValueType::I32 => None,
        }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.bytes.len() / self.value_type.bytes()
    }

    /// CRC-32 as in zip, PNG and IEEE 802.3, over the bytes as they are here.
    pub fn crc32(&self) -> u32 {
        crc32fast::hash(&self.bytes)
    }

    /// As numbers; those of float32 as their bits.
    pub fn words(&self) -> Vec<i32> {
        words(self.value_type, &self.bytes)
    }

    /// With its axes in another order: axis i of the result is axis `order[i]` of this.
    pub fn permuted(&self, order: &[usize]) -> Self {
        let size = self.value_type.bytes();
        let dims: Vec<usize> = order.iter().map(|axis| self.dims[*axis]).collect();
        let places = permuted_places(&self.dims, order);
        let bytes = match size {
            1 => places.map(|place| self.bytes[place]).collect(),
            _ => places.flat_map(|place| self.bytes[place * size..][..size].iter().copied()).collect(),
        };
        Self { value_type: self.value_type, dims, bytes }
    }

    /// uint8 as int8: 128 less. Other types stay.
    pub fn less_128(self) -> Self {
        match self.value_type {
            ValueType::U8 => {
                Self { value_type: ValueType::I8, bytes: self.bytes.iter().map(|byte| byte ^ 128).collect(), ..self }
            }
            _ => self,
        }
    }

    /// The inverse of [`GoldenArray::less_128`].
    pub fn more_128(self) -> Self {
        match self.value_type {
            ValueType::I8 => {
                Self { value_type: ValueType::U8, bytes: self.bytes.iter().map(|byte| byte ^ 128).collect(), ..self }
            }
            _ => self,
        }
    }
}

/// Bytes as numbers of a type; those of float32 as their bits.
pub fn words(value_type: ValueType, bytes: &[u8]) -> Vec<i32> {
    match value_type {
        ValueType::U8 => bytes.iter().map(|byte| i32::from(*byte)).collect(),
        ValueType::I8 => bytes.iter().map(|byte| i32::from(byte.cast_signed())).collect(),
        ValueType::I32 | ValueType::F32 => bytes.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four)).collect(),
    }
}

/// For each place of an array whose axes are `order` of `dims`, the place of its value before.
pub fn permuted_places(dims: &[usize], order: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let stride = |axis: usize| dims[axis + 1..].iter().product::<usize>();
    let axes: Vec<(usize, usize)> = order.iter().map(|axis| (dims[*axis], stride(*axis))).collect();
    let count: usize = dims.iter().product();
    let mut at = vec![0; axes.len()];
    let mut place = 0;
    (0..count).map(move |_| {
        let now = place;
        for ((length, stride), at) in axes.iter().zip(&mut at).rev() {
            *at += 1;
            place += stride;
            if *at < *length {
                break;
            }
            place -= stride * length;
            *at = 0;
        }
        now
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_move_and_come_back() {
        let array = GoldenArray { value_type: ValueType::U8, dims: vec![1, 3, 2, 4], bytes: (0..24).collect() };
        let last = array.permuted(&[0, 2, 3, 1]);
        assert_eq!(
            (last.dims.as_slice(), &last.bytes[..6]),
            ([1, 2, 4, 3].as_slice(), [0, 8, 16, 1, 9, 17].as_slice())
        );
        assert_eq!(last.permuted(&[0, 3, 1, 2]), array);
        assert_eq!(array.clone().less_128().more_128(), array);
        assert_eq!(array.clone().less_128().words()[0], -128);
        let checked = GoldenArray { value_type: ValueType::U8, dims: vec![9], bytes: b"123456789".to_vec() };
        assert_eq!(checked.crc32(), 0xCBF4_3926, "the check value of CRC-32/ISO-HDLC");
    }
}
