//! Annotated pictures as PNG.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::detect::Frame;
use crate::files::FileFormat;

/// Bytes at the beginning that tell what a picture is.
const HEAD: u64 = 1 << 10;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The chunk that says which program made a picture.
const SOFTWARE: (&str, &str) = ("Software", "Twinsight");

/// Any picture in this format.
pub const PNG: FileFormat = FileFormat { name: "a PNG picture", reads: HEAD, is: |bytes| bytes.starts_with(SIGNATURE) };

/// A picture that was made by [`png()`]: with boxes, or of the window.
pub const ANNOTATED_PNG: FileFormat = FileFormat { name: "a picture that Twinsight made", reads: HEAD, is: is_ours };

/// A picture's bytes as PNG, which name the program.
pub fn png(frame: &Frame) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, frame.width(), frame.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.add_text_chunk(SOFTWARE.0.to_owned(), SOFTWARE.1.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(frame.rgb())?;
    writer.finish()?;
    Ok(bytes)
}

/// Text comes before the pixels.
fn is_ours(bytes: &[u8]) -> bool {
    let text = [b"tEXt", SOFTWARE.0.as_bytes(), b"\0", SOFTWARE.1.as_bytes()].concat();
    bytes.starts_with(SIGNATURE) && bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;

    #[test]
    fn a_picture_of_ours_is_told_from_others() {
        let mut frame = Frame::new(Size::new(3, 2)).unwrap();
        frame.rgb_mut().iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
        let ours = png(&frame).unwrap();
        assert_eq!(image::load_from_memory(&ours).unwrap().into_rgb8().into_raw(), frame.rgb());
        let mut other = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(3, 2).write_to(&mut other, image::ImageFormat::Png).unwrap();
        let other = other.into_inner();
        assert_eq!([(PNG.is)(&ours), (PNG.is)(&other), (PNG.is)(b"GIF89a")], [true, true, false]);
        assert_eq!(
            [(ANNOTATED_PNG.is)(&ours), (ANNOTATED_PNG.is)(&other), (ANNOTATED_PNG.is)(b"")],
            [true, false, false]
        );
    }
}
