//! Reads one file of a zip archive, which a wheel is.
//!
//! ```text
//! ┌ header, name, data ┐ … ┌ directory: an entry a file ┐ ┌ end: where the directory is ┐
//! ```

use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// Why a file was not read. The message follows the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ArchiveError {
    #[error("the archive is damaged")]
    Damaged,
    #[error("the archive does not have it")]
    Missing,
    #[error("it is compressed by a method that is not known ({0})")]
    Method(u16),
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
}

/// An archive's end without remarks.
const END: usize = 22;
/// An entry of the directory without names.
const ENTRY: usize = 46;
/// What stands before a file, without names.
const HEADER: usize = 30;

/// A file's bytes, of which there may be `limit`.
pub fn member(archive: &[u8], name: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let damaged = || ArchiveError::Damaged;
    let end = end(archive).ok_or_else(damaged)?;
    let entries = short(end, 10).ok_or_else(damaged)?;
    let mut at = long(end, 16).ok_or_else(damaged)?;
    for _ in 0..entries {
        let entry = archive.get(at..).filter(|entry| entry.starts_with(b"PK\x01\x02")).ok_or_else(damaged)?;
        let lengths = [28, 30, 32].map(|field| short(entry, field));
        let [Some(of_name), Some(of_extra), Some(of_remark)] = lengths else { return Err(damaged()) };
        let [of_name, of_extra, of_remark] = [of_name, of_extra, of_remark].map(usize::from);
        if entry.get(ENTRY..ENTRY + of_name).ok_or_else(damaged)? == name.as_bytes() {
            return read(archive, entry, limit);
        }
        at += ENTRY + of_name + of_extra + of_remark;
    }
    Err(ArchiveError::Missing)
}

fn read(archive: &[u8], entry: &[u8], limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let damaged = || ArchiveError::Damaged;
    let method = short(entry, 10).ok_or_else(damaged)?;
    let length = long(entry, 20).ok_or_else(damaged)?;
    let start = long(entry, 42).ok_or_else(damaged)?;
    let header = archive.get(start..).filter(|header| header.starts_with(b"PK\x03\x04")).ok_or_else(damaged)?;
    let names =
        usize::from(short(header, 26).ok_or_else(damaged)?) + usize::from(short(header, 28).ok_or_else(damaged)?);
    let data = header.get(HEADER + names..).and_then(|rest| rest.get(..length)).ok_or_else(damaged)?;
    let mut bytes = Vec::new();
    // One byte more than the limit tells that there is more.
    let done = match method {
        0 => data.take(limit + 1).read_to_end(&mut bytes),
        8 => DeflateDecoder::new(data).take(limit + 1).read_to_end(&mut bytes),
        other => return Err(ArchiveError::Method(other)),
    };
    done.map_err(|_| damaged())?;
    if bytes.len() as u64 > limit { Err(ArchiveError::TooLarge(limit)) } else { Ok(bytes) }
}

/// From the mark of the end on, behind which a remark of at most 65,535 bytes may follow.
fn end(archive: &[u8]) -> Option<&[u8]> {
    let last = archive.len().checked_sub(END)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| archive[*at..].starts_with(b"PK\x05\x06")).map(|at| &archive[at..])
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)?;
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Python's zipfile: a/stored.txt is stored, a/deflated.txt deflated, and a remark follows.
    const ZIP: &str = "504b030414000000000000002100b3244e9608000000080000000c000000612f73746f7265642e7478746173206974206973\
        504b0304140000000800000021001fa874950f000000c80000000e000000612f6465666c617465642e7478744b4c4fcccc5348cc4b51481c\
        d22c00504b0102140314000000000000002100b3244e9608000000080000000c0000000000000000000000800100000000612f73746f7265\
        642e747874504b01021403140000000800000021001fa874950f000000c80000000e0000000000000000000000800132000000612f646566\
        6c617465642e747874504b05060000000002000200760000006d00000004006d616465";

    fn zip() -> Vec<u8> {
        let digits: Vec<u8> = ZIP.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4) | pair[1]).collect()
    }

    #[test]
    fn stored_and_deflated_files_are_read() {
        let zip = zip();
        assert_eq!(member(&zip, "a/stored.txt", 8).unwrap(), b"as it is");
        assert_eq!(member(&zip, "a/deflated.txt", 200).unwrap(), "again and ".repeat(20).as_bytes());
        assert_eq!(member(&zip, "a/deflated.txt", 199), Err(ArchiveError::TooLarge(199)));
        assert_eq!(member(&zip, "a/stored.txt", 7), Err(ArchiveError::TooLarge(7)));
        assert_eq!(member(&zip, "stored.txt", 8), Err(ArchiveError::Missing));
    }

    #[test]
    fn a_damaged_archive_is_an_error_and_no_panic() {
        let zip = zip();
        for length in 0..zip.len() - 4 {
            assert!(member(&zip[..length], "a/deflated.txt", 200).is_err(), "{length}");
        }
        for at in 0..zip.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut bad = zip.clone();
                bad[at] ^= bits;
                // The sum of the file tells what is wrong in its data.
                let _ = member(&bad, "a/deflated.txt", 200);
            }
        }
    }
}
