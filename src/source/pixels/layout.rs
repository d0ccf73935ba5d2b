//! Where the parts of a JPEG lie.
//!
//! A driver hands over its whole buffer, of which the JPEG is the first part and the rest is left from frames
//! before. The end is found by walking from marker to marker, because the bytes `FF D9` also occur inside a segment
//! (a thumbnail's end, for one) without being the end of the picture.

use super::error::PixelError;
use crate::detect::Size;

pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DHT: u8 = 0xC4;

/// The parts of one JPEG, as offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub size: Size,
    /// Where the marker of the first scan starts: tables go before it.
    pub first_scan: usize,
    /// Whether the picture brings its own Huffman tables.
    pub has_tables: bool,
    /// One past the end-of-image marker; `None` = there is none.
    pub end: Option<usize>,
}

impl Layout {
    /// Reads the layout of the JPEG with which `data` starts. It must reach to its first scan at least.
    pub fn of(data: &[u8]) -> Result<Self, PixelError> {
        if !data.starts_with(&[0xFF, SOI]) {
            return Err(PixelError::NotJpeg);
        }
        let mut size = None;
        let mut has_tables = false;
        let mut first_scan = None;
        let mut at = 2;
        let end = loop {
            let Some(marker_at) = next_marker(data, at, first_scan.is_some()) else { break None };
            let marker = data[marker_at + 1];
            at = marker_at + 2;
            match marker {
                EOI => break Some(at),
                // Where this one was cut, the next one follows.
                SOI if first_scan.is_some() => break None,
                SOI => return Err(PixelError::Damaged("another image starts inside".into())),
                // These stand alone.
                0x01 | 0xD0..=0xD7 => continue,
                SOS if first_scan.is_none() => first_scan = Some(marker_at),
                DHT if first_scan.is_none() => has_tables = true,
                _ => {}
            }
            let Some(segment) = segment(data, at)? else { break None };
            if is_start_of_frame(marker)
                && let [_, _, _, h1, h0, w1, w0, ..] = *segment
            {
                let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                size = Some(Size::new(width.into(), height.into()));
            }
            at += segment.len();
        };
        let first_scan = first_scan.ok_or(PixelError::Truncated)?;
        let size = size.ok_or_else(|| PixelError::Damaged("it has no frame header".into()))?;
        Ok(Self { size, first_scan, has_tables, end })
    }
}

/// Start of frame, of whichever coding.
fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, DHT | 0xC8 | 0xCC)
}

/// The segment at `at` with its two bytes of length, or `None` where `data` ends before it does.
pub(super) fn segment(data: &[u8], at: usize) -> Result<Option<&[u8]>, PixelError> {
    let Some(&[high, low]) = data.get(at..at + 2) else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < 2 {
        return Err(PixelError::Damaged("a segment has no length".into()));
    }
    Ok(data.get(at..at + length))
}

/// The next marker from `at` on. Within a scan `FF 00` is a stuffed byte and `FF D0`–`FF D7` are restarts; any
/// number of `FF` may precede a marker.
pub(super) fn next_marker(data: &[u8], mut at: usize, in_scan: bool) -> Option<usize> {
    loop {
        at += data.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        match *data.get(at + 1)? {
            0x00 => at += 2,
            0xD0..=0xD7 if in_scan => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}
