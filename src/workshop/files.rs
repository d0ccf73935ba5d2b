//! Reads files up to a limit, and writes files whole or not at all.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{ReadError, WorkshopError};

/// Reads a file of at most `limit` bytes. A larger one is refused before memory is taken for it.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::other("it is not a file").into());
    }
    if about.len() > limit {
        return Err(ReadError::TooLarge { bytes: about.len(), limit });
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    // One byte more than the limit: a pipe does not tell its length.
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > limit => Err(ReadError::TooLarge { bytes: length, limit }),
        _ => Ok(bytes),
    }
}

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

/// Writes a file beside its place and renames it, so that nobody ever sees half of it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WorkshopError> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|cause| {
        // What was written is of no use; that it cannot be removed says nothing new.
        let _ = std::fs::remove_file(&part);
        WorkshopError::Write { path: path.to_owned(), cause }
    })
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
