//! How a recording keeps its pictures.

use std::fmt;

use jpeg_encoder::{ColorType as JpegColour, Encoder as JpegEncoder, SamplingFactor};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::detect::Frame;

/// The usual quality of JPEG: artefacts are hard to see, and a pixel takes about two bits.
pub const JPEG_QUALITY: u8 = 90;

/// What pictures are kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureForm {
    /// Each pixel as the models saw it, so that models can be run on it again with the same result.
    Png,
    /// A fifth of the size and of the time. Models that are run on it again see slightly other pixels.
    Jpeg { quality: u8 },
}

impl PictureForm {
    /// Whether pixels come back as they were.
    pub fn is_lossless(self) -> bool {
        self == Self::Png
    }

    /// The inverse of [`Display`](fmt::Display).
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "png" => Some(Self::Png),
            Some(("jpeg", quality)) => quality.parse().ok().map(|quality| Self::Jpeg { quality }),
            _ => None,
        }
    }
}

impl fmt::Display for PictureForm {
    /// "png", "jpeg 90"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Png => f.write_str("png"),
            Self::Jpeg { quality } => write!(f, "jpeg {quality}"),
        }
    }
}

/// Writes a picture to `bytes`, whose memory is used again. Gives Foxglove's name of what it is: a picture with a side of
/// more than 65,535 pixels is PNG in any case.
pub fn encode(frame: &Frame, form: PictureForm, bytes: &mut Vec<u8>) -> Result<&'static str, String> {
    bytes.clear();
    if let (PictureForm::Jpeg { quality }, Ok(width), Ok(height)) =
        (form, u16::try_from(frame.width()), u16::try_from(frame.height()))
    {
        let mut encoder = JpegEncoder::new(&mut *bytes, quality);
        // Chroma at half the resolution, as cameras send it.
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(frame.rgb(), width, height, JpegColour::Rgb).map_err(|e| e.to_string())?;
        return Ok("jpeg");
    }
    write_png(frame, bytes).map_err(|e| e.to_string())?;
    Ok("png")
}

fn write_png(frame: &Frame, bytes: &mut Vec<u8>) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(bytes, frame.width(), frame.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(frame.rgb())?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::detect::Size;
    use crate::source::pictures::decode;

    #[test]
    fn png_gives_every_pixel_back_and_jpeg_nearly() {
        let mut frame = Frame::new(Size::new(40, 24)).unwrap();
        frame.rgb_mut().chunks_exact_mut(3).zip(0u32..).for_each(|(pixel, at)| {
            pixel.copy_from_slice(&[(at % 40 * 6) as u8, (at / 40 * 10) as u8, 128]);
        });
        let mut bytes = vec![7; 3];
        for (form, name, most) in [(PictureForm::Png, "png", 0), (PictureForm::Jpeg { quality: 95 }, "jpeg", 24)] {
            assert_eq!(encode(&frame, form, &mut bytes), Ok(name));
            let back = decode(Path::new("a.mcap"), &bytes).unwrap();
            assert_eq!(back.size(), frame.size());
            let off = back.rgb().iter().zip(frame.rgb()).map(|(x, y)| x.abs_diff(*y)).max();
            assert!(off <= Some(most), "{form}: {off:?}");
            assert_eq!(PictureForm::parse(&form.to_string()), Some(form));
        }
        assert_eq!([PictureForm::parse("jpeg"), PictureForm::parse("webp 3")], [None, None]);
    }
}
