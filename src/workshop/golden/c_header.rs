//! Values as a C99 header, for firmware and for C models.

use std::fmt::Write as _;

use super::array::{GoldenArray, ValueType};
use super::axes::AxisOrder;

const PER_LINE: usize = 16;

pub fn encode(name: &str, axes: AxisOrder, array: &GoldenArray) -> Vec<u8> {
    let word = identifier(name);
    let upper = word.to_ascii_uppercase();
    let c_type = match array.value_type {
        ValueType::U8 => "uint8_t",
        ValueType::I8 => "int8_t",
        ValueType::I32 => "int32_t",
        ValueType::F32 => "float",
    };
    let dims = array.dims.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let mut text = String::with_capacity(array.count() * 6 + 600);
    let _ = writeln!(text, "/* {} {dims} {}, CRC-32 {:08x} */", array.value_type.name(), axes.letters(), array.crc32());
    let _ = writeln!(
        text,
        "#ifndef GOLDEN_{upper}_H\n#define GOLDEN_{upper}_H\n\n#include <math.h>\n#include <stdint.h>\n"
    );
    let _ = writeln!(text, "#define {upper}_LEN {}\n", array.count());
    let _ = write!(text, "static const {c_type} {word}[{upper}_LEN] = {{");
    for (place, value) in array.words().into_iter().enumerate() {
        text.push_str(if place % PER_LINE == 0 { "\n    " } else { " " });
        let _ = match array.value_type {
            ValueType::F32 => write!(text, "{},", float(f32::from_bits(value.cast_unsigned()))),
            // Without a suffix it is no int, since it is read as the negative of a number that is too large.
            _ if value == i32::MIN => write!(text, "(-2147483647 - 1),"),
            _ => write!(text, "{value},"),
        };
    }
    text.push_str("\n};\n\n#endif\n");
    text.into_bytes()
}

/// The shortest decimal number that is this float32 again.
fn float(value: f32) -> String {
    match value {
        _ if value.is_nan() => "NAN".into(),
        _ if value.is_infinite() => if value > 0.0 { "INFINITY" } else { "-INFINITY" }.into(),
        _ => format!("{value:e}f"),
    }
}

/// A name as C allows it.
pub fn identifier(name: &str) -> String {
    let mut word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word.insert_str(0, "t_");
    }
    word
}

/// A number of an initializer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CNumber {
    Integer(i64),
    Float(f32),
}

/// The numbers between the first brace and its end. The message follows the file's name.
pub fn decode(text: &str) -> Result<Vec<CNumber>, String> {
    let text = without_comments(text);
    let (_, inside) = text.split_once('{').ok_or("it has no array in braces")?;
    let (inside, _) = inside.split_once('}').ok_or("its array has no end")?;
    let mut numbers = Vec::new();
    let mut parts = inside.split(',').peekable();
    while let Some(part) = parts.next() {
        let part = part.trim();
        // A comma may follow the last number.
        if part.is_empty() && parts.peek().is_none() {
            break;
        }
        numbers.push(number(part).ok_or_else(|| format!("{part:?} in its array is not a number"))?);
    }
    Ok(numbers)
}

fn without_comments(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    // Each kind of comment may hold the beginning of the other.
    while let Some((before, after)) = rest.split_once('/') {
        found.push_str(before);
        rest = match after.as_bytes().first() {
            Some(b'/') => after.find('\n').map_or("", |end| &after[end..]),
            Some(b'*') => after[1..].split_once("*/").map_or("", |(_, after)| after),
            _ => {
                found.push('/');
                after
            }
        };
    }
    found + rest
}

fn number(text: &str) -> Option<CNumber> {
    if text == "(-2147483647 - 1)" {
        return Some(CNumber::Integer(i32::MIN.into()));
    }
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let digits = size.trim_end_matches(['u', 'U', 'l', 'L']);
    if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        // A sign after the 0x would be read too.
        let value = i64::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        return value.map(|value| CNumber::Integer(sign * value));
    }
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.parse::<i64>().ok().map(|value| CNumber::Integer(sign * value));
    }
    let float = match size {
        "NAN" => Some(f32::NAN),
        "INFINITY" => Some(f32::INFINITY),
        _ if size.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            size.trim_end_matches(['f', 'F']).parse::<f32>().ok()
        }
        _ => None,
    };
    float.map(|value| CNumber::Float(if sign < 0 { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_to_the_bit() {
        let floats = [0.0f32, -0.0, 0.1, 1e-45, f32::MAX, -3.5e-9, f32::INFINITY, f32::NEG_INFINITY];
        let bytes = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
        let array = GoldenArray { value_type: ValueType::F32, dims: vec![8], bytes };
        let text = String::from_utf8(encode("1/head", AxisOrder::O, &array)).unwrap();
        assert!(text.contains("static const float t_1_head[T_1_HEAD_LEN] = {"), "{text}");
        let read: Vec<u32> = decode(&text)
            .unwrap()
            .into_iter()
            .map(|number| match number {
                CNumber::Float(value) => value.to_bits(),
                CNumber::Integer(_) => panic!("{number:?}"),
            })
            .collect();
        assert_eq!(read, floats.map(f32::to_bits));
        let whole = |text: &str| decode(text).unwrap();
        let integers = [255, -1, 16, i64::from(i32::MIN)].map(CNumber::Integer);
        assert_eq!(whole("int a[] = { 255u, -1, 0x10, /* end */ (-2147483647 - 1), };"), integers);
        let commented = "// in/*.bin {9}\nint a[] = { 1, /* {2} // */ 3 }; // {4}";
        assert_eq!(whole(commented), [1, 3].map(CNumber::Integer));
        assert!(decode("{ -0x-8000000000000000 }").is_err() && decode("{ 6/2 }").is_err());
        assert!(decode("int a[] = { 1, two };").is_err() && decode("int a;").is_err() && decode("{ 1, , 2 }").is_err());
    }
}
