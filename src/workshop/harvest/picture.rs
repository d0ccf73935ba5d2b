//! A harvested frame as PNG.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::detect::Frame;

/// The very pixels that the models saw. Unlike pictures with boxes it does not name the program, so that nothing takes it
/// for one of those and replaces it.
pub(super) fn plain_png(frame: &Frame) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, frame.width(), frame.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(frame.rgb())?;
    writer.finish()?;
    Ok(bytes)
}
