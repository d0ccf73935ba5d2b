//! Files of arrays as boards, simulators and scripts write them.
//!
//! | file | read as |
//! | --- | --- |
//! | begins as NumPy's do | `.npy`: its type and order count |
//! | `.hex`, `.mem` | words in hexadecimal |
//! | `.h`, `.c` | the first array in braces |
//! | any other | the values alone, little endian |

use std::path::Path;

use super::array::{ValueType, permuted_places};
use super::c_header::{self, CNumber};
use super::{hex, npy};
use crate::files::{ReadError, read_limited};

/// The values of a dump, in the type that was expected.
#[derive(Debug, Default, PartialEq)]
pub struct Dump {
    /// Little endian, in the order of the file.
    pub bytes: Vec<u8>,
    /// The file says that its values have this type, which is another one of the same size.
    pub other_type: Option<String>,
    /// What was converted on the way, as "stored as int32".
    pub note: Option<String>,
}

/// The most characters that a value takes in any format, generously.
const MOST_PER_VALUE: u64 = 64;

/// Reads a file that should have `count` values of a type. The message follows the file's name.
pub fn read_dump(path: &Path, value_type: ValueType, count: usize) -> Result<Dump, String> {
    // A file with too many values is worth a look at what they are.
    let limit = (count as u64).saturating_mul(MOST_PER_VALUE) + (1 << 16);
    let bytes = read_limited(path, limit).map_err(|cause| match cause {
        ReadError::Io(cause) => cause.to_string(),
        ReadError::TooLarge { bytes, .. } => format!("it has {bytes} bytes, far more than {count} values take"),
        other => other.to_string(),
    })?;
    if npy::is_npy(&bytes) {
        return of_npy(&bytes, value_type);
    }
    let end = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let text = || std::str::from_utf8(&bytes).map_err(|_| "it is not text".to_owned());
    match end.as_str() {
        "npy" => Err("it is not a NumPy file".into()),
        "hex" | "mem" => Ok(Dump { bytes: hex::decode(text()?)?, ..Dump::default() }),
        "h" | "c" => of_numbers(&c_header::decode(text()?)?, value_type),
        _ => Ok(widened(bytes, value_type, count)),
    }
}

/// Bytes, or bytes in words of 32 bits.
fn widened(bytes: Vec<u8>, value_type: ValueType, count: usize) -> Dump {
    let words = bytes.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four));
    let is_wide = value_type.bytes() == 1
        && bytes.len() == count.saturating_mul(4)
        && words.clone().all(|word| (-128..=255).contains(&word));
    if is_wide {
        return Dump {
            bytes: words.map(|word| word as u8).collect(),
            note: Some("stored as int32".into()),
            other_type: None,
        };
    }
    Dump { bytes, ..Dump::default() }
}

fn of_npy(bytes: &[u8], value_type: ValueType) -> Result<Dump, String> {
    let npy::NpyFile { descr, fortran_order, shape, data } = npy::decode(bytes)?;
    let (order, kind, size) = match descr.as_bytes() {
        [order @ (b'<' | b'>' | b'|'), kind, size @ (b'1' | b'2' | b'4' | b'8')] => (*order, *kind, size - b'0'),
        _ => return Err(format!("it has values of type {descr}, which is not read here")),
    };
    if !matches!(kind, b'u' | b'i' | b'f') || (order == b'|') != (size == 1) || (kind == b'f' && size < 4) {
        return Err(format!("it has values of type {descr}, which is not read here"));
    }
    let size = usize::from(size);
    let values = shape.iter().try_fold(size, |all, dim| all.checked_mul(*dim));
    if values != Some(data.len()) {
        return Err(format!("its header says {shape:?}, but it has {} values", data.len() / size));
    }
    let mut data = data.to_vec();
    if order == b'>' {
        data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    let mut note = None;
    // Without values, the product of some of the sides may be more than a number holds.
    if fortran_order && !data.is_empty() && shape.iter().filter(|dim| **dim > 1).count() > 1 {
        // The first axis is innermost: the last one of the reversed shape.
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let places = permuted_places(&reversed, &order);
        data = places.flat_map(|place| data[place * size..][..size].iter().copied()).collect();
        note = Some("stored in Fortran's order".to_owned());
    }
    let of = |kind: u8, size: usize| match (kind, size) {
        (b'u', 1) => Some(ValueType::U8),
        (b'i', 1) => Some(ValueType::I8),
        (b'i', 4) => Some(ValueType::I32),
        (b'f', 4) => Some(ValueType::F32),
        _ => None,
    };
    if of(kind, size) == Some(value_type) {
        return Ok(Dump { bytes: data, note, other_type: None });
    }
    let names = |kind: u8| match kind {
        b'u' => "uint",
        b'i' => "int",
        _ => "float",
    };
    let named = format!("{}{}", names(kind), 8 * size);
    if size == value_type.bytes() {
        return Ok(Dump { bytes: data, note, other_type: Some(named) });
    }
    let numbers: Vec<CNumber> = data
        .chunks_exact(size)
        .map(|value| {
            let mut wide = [if kind == b'i' && value[size - 1] > 127 { 255 } else { 0 }; 8];
            wide[..size].copy_from_slice(value);
            match (kind, size) {
                (b'f', 4) => CNumber::Float(f32::from_le_bytes([value[0], value[1], value[2], value[3]])),
                (b'f', _) => CNumber::Float(f64::from_le_bytes(wide) as f32),
                _ => CNumber::Integer(i64::from_le_bytes(wide)),
            }
        })
        .collect();
    let dump = of_numbers(&numbers, value_type)?;
    Ok(Dump { note: note.or(Some(format!("stored as {named}"))), ..dump })
}

/// Numbers that must fit into the type; bytes may be signed or not.
fn of_numbers(numbers: &[CNumber], value_type: ValueType) -> Result<Dump, String> {
    let mut bytes = Vec::with_capacity(numbers.len() * value_type.bytes());
    for number in numbers {
        let whole = match number {
            CNumber::Integer(value) => Some(*value),
            CNumber::Float(value) => Some(*value as i64).filter(|whole| *whole as f32 == *value),
        };
        let fits = |range: std::ops::RangeInclusive<i64>| {
            whole.filter(|value| range.contains(value)).ok_or_else(|| {
                let number = match number {
                    CNumber::Integer(value) => value.to_string(),
                    CNumber::Float(value) => value.to_string(),
                };
                format!("its value {number} is no {}", value_type.name())
            })
        };
        match (value_type, number) {
            (ValueType::U8 | ValueType::I8, _) => bytes.push(fits(-128..=255)? as u8),
            (ValueType::I32, _) => bytes.extend((fits(i32::MIN.into()..=u32::MAX.into())? as i32).to_le_bytes()),
            (ValueType::F32, CNumber::Float(value)) => bytes.extend(value.to_le_bytes()),
            (ValueType::F32, CNumber::Integer(value)) => bytes.extend((*value as f32).to_le_bytes()),
        }
    }
    Ok(Dump { bytes, ..Dump::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '|u1', 'fortran_order': True, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), length.as_slice(), header.as_bytes(), data].concat()
    }

    #[test]
    fn fortrans_order_is_turned_round() {
        let of = |shape: &str, data: &[u8]| of_npy(&npy(shape, data), ValueType::U8).map(|dump| dump.bytes);
        assert_eq!(of("(2, 3)", &[1, 4, 2, 5, 3, 6]), Ok(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(of("(0, 1099511627776, 1099511627776)", &[]), Ok(Vec::new()));
        assert!(of("(1099511627776, 1099511627776)", &[]).is_err());
    }
}
