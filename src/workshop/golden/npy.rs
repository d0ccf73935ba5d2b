//! NumPy's file format, version 1.0 and 2.0: a magic number, a header that is a Python literal, and the values.

use super::array::{GoldenArray, ValueType};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Values begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// The most dimensions of an array that is read.
const MAX_DIMS: usize = 8;

pub fn encode(array: &GoldenArray) -> Vec<u8> {
    let descr = match array.value_type {
        ValueType::U8 => "|u1",
        ValueType::I8 => "|i1",
        ValueType::I32 => "<i4",
        ValueType::F32 => "<f4",
    };
    let dims: String = array.dims.iter().map(|dim| format!("{dim}, ")).collect();
    // One dimension keeps its comma.
    let dims = if array.dims.len() == 1 { dims.trim_end() } else { dims.trim_end_matches(", ") };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
    let taken = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', taken.next_multiple_of(ALIGNMENT) - taken));
    header.push('\n');
    // Eight dimensions of twenty digits each stay far below 65,536.
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX);
    [MAGIC, &[1, 0], &length.to_le_bytes(), header.as_bytes(), &array.bytes].concat()
}

/// An array as its file describes it.
#[derive(Debug, PartialEq)]
pub struct NpyFile<'a> {
    /// As NumPy writes it: `|u1`, `<f4`.
    pub descr: &'a str,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
    pub data: &'a [u8],
}

/// Whether a file begins as NumPy's do.
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads the header, strictly: what NumPy writes, and nothing else. The message follows the file's name.
pub fn decode(bytes: &[u8]) -> Result<NpyFile<'_>, String> {
    let damaged = || "its NumPy header is damaged".to_owned();
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is not a NumPy file")?;
    let (length, rest) = match rest {
        [1, 0, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2, 0, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err("its NumPy format is not version 1.0 or 2.0".into()),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header = std::str::from_utf8(header).map_err(|_| damaged())?;
    let text = header.strip_suffix('\n').ok_or_else(damaged)?;
    let (descr, fortran_order, shape) = parse(text).ok_or_else(damaged)?;
    Ok(NpyFile { descr, fortran_order, shape, data })
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }`
fn parse(text: &str) -> Option<(&str, bool, Vec<usize>)> {
    let mut rest = after(text, "{")?;
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(end) = rest.strip_prefix('}') {
            let is_padding = end.bytes().all(|byte| byte == b' ');
            return is_padding.then_some((descr?, fortran_order?, shape?));
        }
        let (key, value) = after(rest, "'")?.split_once('\'')?;
        let value = after(value, ":")?.trim_start_matches(' ');
        let end;
        match key {
            "descr" if descr.is_none() => {
                let (found, after) = value.strip_prefix('\'')?.split_once('\'')?;
                (descr, end) = (Some(found), after);
            }
            "fortran_order" if fortran_order.is_none() => {
                let is_true = value.starts_with("True");
                end = value.strip_prefix(if is_true { "True" } else { "False" })?;
                fortran_order = Some(is_true);
            }
            "shape" if shape.is_none() => {
                let (found, after) = value.strip_prefix('(')?.split_once(')')?;
                (shape, end) = (Some(dims(found)?), after);
            }
            _ => return None,
        }
        let end = end.trim_start_matches(' ');
        rest = match end.strip_prefix(',') {
            Some(rest) => rest,
            None if end.starts_with('}') => end,
            None => return None,
        };
    }
}

fn after<'a>(text: &'a str, sign: &str) -> Option<&'a str> {
    text.trim_start_matches(' ').strip_prefix(sign)
}

/// `1, 3, 4`, with a comma at the end or not.
fn dims(text: &str) -> Option<Vec<usize>> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Some(Vec::new());
    }
    let text = text.strip_suffix(',').unwrap_or(text);
    let number = |part: &str| {
        let part = part.trim_matches(' ');
        // As Python writes them: without zeros before.
        let is_number =
            part == "0" || part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() && !part.starts_with('0');
        if is_number { part.parse().ok() } else { None }
    };
    let found: Option<Vec<usize>> = text.split(',').map(number).collect();
    found.filter(|dims| dims.len() <= MAX_DIMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for dims in [vec![], vec![6], vec![2, 3], vec![1, 2, 1, 3]] {
            let count = dims.iter().product::<usize>();
            let array = GoldenArray { value_type: ValueType::F32, dims, bytes: vec![7; 4 * count] };
            let file = encode(&array);
            assert_eq!((file.len() - array.bytes.len()) % ALIGNMENT, 0);
            let read = decode(&file).unwrap();
            let NpyFile { descr, fortran_order, shape, data } = read;
            assert_eq!((descr, fortran_order, &shape, data), ("<f4", false, &array.dims, array.bytes.as_slice()));
        }
    }

    #[test]
    fn other_writers_are_read_and_damage_is_not() {
        let file = |header: &str| {
            let header = format!("{header}\n");
            [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat()
        };
        let of = |header: &str| decode(&file(header)).map(|read| (read.fortran_order, read.shape)).ok();
        assert_eq!(of("{'shape':(1,3),'fortran_order':True,'descr':'|u1'}"), Some((true, vec![1, 3])));
        assert_eq!(of("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }   "), Some((false, vec![3])));
        for bad in [
            "",
            "{'descr': '|u1', 'fortran_order': False}",
            "{'descr': '|u1', 'fortran_order': Talse, 'shape': (3,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3;)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-3,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (03,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), } x",
            "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert!(
            decode(b"\x93NUMPY").is_err() && decode(b"\x93NUMPY\x01\x00\xff\xff{").is_err() && decode(b"").is_err()
        );
    }
}
