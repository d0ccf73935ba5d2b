//! Pages that stand alone: style and pictures are inside, and nothing runs.

use std::path::Path;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::escape::on_a_line;
use crate::detect::{Frame, Size};
use crate::files::FileFormat;
use crate::source;

/// The longer side of a picture on the page, in pixels.
const LONGER: u32 = 960;

const QUALITY: u8 = 82;

const STYLE: &str = include_str!("page.css");

/// Up to the title.
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>";

/// A page that [`document`] made.
pub const PAGE: FileFormat =
    FileFormat { name: "an HTML page of Twinsight", reads: HEAD.len() as u64, is: |bytes| bytes == HEAD.as_bytes() };

/// A whole page, light or dark as its reader's system is. `colours` is more style; `title` and `body` are HTML.
pub fn document(title: &str, colours: &str, body: &str) -> String {
    format!("{HEAD}{title}</title>\n<style>\n{colours}{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n")
}

/// The picture in a file; `None` where it is gone, or is another one by now.
pub fn file_uri(path: &Path, size: Size) -> Option<String> {
    source::load(path).ok().filter(|frame| frame.size() == size).and_then(|frame| data_uri(&frame))
}

/// The picture as JPEG, no larger than it is shown.
pub fn data_uri(frame: &Frame) -> Option<String> {
    let (width, height, rgb) = shrunk(frame);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode(&rgb, width, height, ExtendedColorType::Rgb8).ok()?;
    Some(format!("data:image/jpeg;base64,{}", base64(&jpeg)))
}

fn shrunk(frame: &Frame) -> (u32, u32, Vec<u8>) {
    let Size { width, height } = frame.size();
    let longer = width.max(height);
    if longer <= LONGER {
        return (width, height, frame.rgb().to_vec());
    }
    let to = |side: u32| (u64::from(side) * u64::from(LONGER) / u64::from(longer)).max(1) as u32;
    match image::RgbImage::from_raw(width, height, frame.rgb().to_vec()) {
        Some(picture) => {
            let small = image::imageops::thumbnail(&picture, to(width), to(height));
            (small.width(), small.height(), small.into_raw())
        }
        None => (width, height, frame.rgb().to_vec()),
    }
}

/// As RFC 4648 has it, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, i| word << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        for digit in 0..4 {
            let value = DIGITS[(word >> (18 - 6 * digit)) as usize & 63];
            text.push(if digit > three.len() { '=' } else { value.into() });
        }
    }
    text
}

/// Text that cannot be taken for a tag, nor turn the direction of what follows.
pub fn escaped(text: &str) -> String {
    on_a_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[255, 254, 253]), "//79");
    }

    #[test]
    fn names_cannot_break_out_of_the_page() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
