//! How a picture has to be turned, as its EXIF block says.

use image::metadata::Orientation;

const ORIENTATION: u16 = 0x0112;

/// The orientation in an EXIF block, in whichever of the integer types its writer chose; `None` = it has none.
pub(super) fn orientation(exif: &[u8]) -> Option<Orientation> {
    // In JPEG this is the segment's name; some writers take it along into PNG and WebP.
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let big = match tiff.first_chunk()? {
        b"II\x2a\0" => false,
        b"MM\0\x2a" => true,
        _ => return None,
    };
    let number = |bytes: &[u8]| {
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    };
    let at = |from: usize, length: usize| tiff.get(from..from.checked_add(length)?).map(number);
    let directory = at(4, 4)? as usize;
    let entries = at(directory, 2)? as usize;
    (0..entries).map_while(|entry| directory.checked_add(2 + entry * 12)).find_map(|entry| {
        if at(entry, 2)? != u32::from(ORIENTATION) {
            return None;
        }
        // Bytes of SHORT, LONG, and of their signed kin.
        let size = match at(entry + 2, 2)? {
            3 | 8 => 2,
            4 | 9 => 4,
            _ => return None,
        };
        // More values than fit lie elsewhere; the first one counts.
        let count = at(entry + 4, 4)? as usize;
        let place = if count.saturating_mul(size) > 4 { at(entry + 8, 4)? as usize } else { entry + 8 };
        Orientation::from_exif(at(place, size)?.try_into().ok()?)
    })
}
