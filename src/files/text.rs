//! Text that somebody wrote with an editor.

/// A file's bytes without the byte order mark that editors on Windows write before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A text file that somebody wrote with an editor: UTF-8, with a byte order mark or without, or UTF-16 with its mark, as
/// Notepad saves it. `Err`: the first line, counted from 1, that is neither.
pub fn decoded(bytes: &[u8]) -> Result<String, usize> {
    let words = |rest: &[u8], word: fn([u8; 2]) -> u16| -> Vec<u16> {
        rest.as_chunks::<2>().0.iter().map(|pair| word(*pair)).collect()
    };
    let words = match bytes {
        [0xff, 0xfe, rest @ ..] => words(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => words(rest, u16::from_be_bytes),
        _ => {
            let bytes = without_mark(bytes);
            let line = |end: usize| 1 + bytes[..end].iter().filter(|byte| **byte == b'\n').count();
            // UTF-16 without its mark is UTF-8 full of zeros.
            return match (std::str::from_utf8(bytes), bytes.iter().position(|byte| *byte == 0)) {
                (Ok(text), None) => Ok(text.to_owned()),
                (Ok(_), Some(zero)) => Err(line(zero)),
                (Err(error), _) => Err(line(error.valid_up_to())),
            };
        }
    };
    let text: Result<String, _> = char::decode_utf16(words).collect();
    text.map_err(|_| 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_the_encodings_of_editors() {
        const TEXT: &str = "Tür\n人\n🚌\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{TEXT}").encode_utf16().flat_map(bytes).collect()
        };
        let marked = format!("\u{feff}{TEXT}").into_bytes();
        for bytes in [TEXT.as_bytes(), &marked, &wide(u16::to_le_bytes), &wide(u16::to_be_bytes)] {
            assert_eq!(decoded(bytes).as_deref(), Ok(TEXT));
        }
        assert_eq!(decoded(b"one\nT\xfcr\n"), Err(2), "Latin-1");
        assert_eq!(decoded(&wide(u16::to_le_bytes)[2..]), Err(1), "UTF-16 without its mark");
        assert_eq!(decoded(b"\xff\xfe\x00\xd8"), Err(1), "half a surrogate pair");
        assert_eq!(decoded(b""), Ok(String::new()));
    }
}
