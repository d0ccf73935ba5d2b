//! Values in hexadecimal, as Verilog's `$readmemh` reads them and `$writememh` writes them.

use std::fmt::Write as _;

use super::array::GoldenArray;
use super::axes::AxisOrder;

pub fn encode(name: &str, axes: AxisOrder, array: &GoldenArray) -> Vec<u8> {
    let size = array.value_type.bytes();
    let mut text = String::with_capacity(array.count() * (2 * size + 1) + 200);
    let dims = array.dims.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    // A line's end in a name would end the comment.
    let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let _ = writeln!(text, "// {name}: {} {dims} {}", array.value_type.name(), axes.letters());
    for value in array.bytes.chunks_exact(size) {
        value.iter().rev().for_each(|byte| push(&mut text, *byte));
        text.push('\n');
    }
    text.into_bytes()
}

fn push(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push(DIGITS[usize::from(byte >> 4)].into());
    text.push(DIGITS[usize::from(byte & 15)].into());
}

/// The bytes of all words, each little endian. The message follows the file's name.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 3);
    let mut words = 0u64;
    let mut digits = 0;
    for (line, content) in text.lines().enumerate() {
        let content = content.split("//").next().unwrap_or_default();
        for word in content.split_ascii_whitespace() {
            if let Some(address) = word.strip_prefix('@') {
                if u64::from_str_radix(address, 16) == Ok(words) {
                    continue;
                }
                return Err(format!("line {}: the address {word} does not follow the words before it", line + 1));
            }
            let word: String = word.chars().filter(|c| *c != '_').collect();
            if word.contains(['x', 'X', 'z', 'Z']) {
                return Err(format!("line {}: {word} is undefined: the memory was never written there", line + 1));
            }
            if !word.bytes().all(|byte| byte.is_ascii_hexdigit()) || word.is_empty() {
                return Err(format!("line {}: {word} is not hexadecimal", line + 1));
            }
            let width = word.len().next_multiple_of(2);
            if words > 0 && width != digits {
                return Err(format!("line {}: {word} is not as long as the words before it", line + 1));
            }
            (digits, words) = (width, words + 1);
            let word = format!("{word:0>width$}");
            let pairs = word.as_bytes().rchunks_exact(2);
            let value = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            bytes.extend(pairs.filter_map(value));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::golden::array::ValueType;

    #[test]
    fn words_come_back() {
        let of = |value_type, bytes: &[u8]| {
            let dims = vec![bytes.len() / ValueType::bytes(value_type)];
            let array = GoldenArray { value_type, dims, bytes: bytes.to_vec() };
            String::from_utf8(encode("a", AxisOrder::O, &array)).unwrap()
        };
        assert_eq!(of(ValueType::I8, &[255, 16]), "// a: int8 2 o\nff\n10\n");
        assert_eq!(of(ValueType::I32, &[1, 2, 3, 4]), "// a: int32 1 o\n04030201\n");
        assert_eq!(decode("// x\nff 10\n@2\n0a // y\n"), Ok(vec![255, 16, 10]));
        assert_eq!(decode("0403_0201"), Ok(vec![1, 2, 3, 4]));
        for (bad, why) in
            [("xx", "never written"), ("0g", "not hexadecimal"), ("01\n@4\n02", "line 2"), ("01 0203", "as long")]
        {
            assert!(decode(bad).unwrap_err().contains(why), "{bad}");
        }
    }
}
