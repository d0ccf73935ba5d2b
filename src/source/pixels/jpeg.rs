//! MJPEG: one JPEG per frame, as cameras make them.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::PixelError;
use super::huffman::with_tables;
use super::layout::Layout;
use crate::detect::{Frame, FrameError, Size};

/// Decodes the JPEG with which `data` starts. `completed` is scratch memory.
///
/// Strictly, a JPEG must be whole; leniently, what can be read of it is shown, and the rest is gray.
pub(super) fn decode(data: &[u8], lenient: bool, completed: &mut Vec<u8>, frame: &mut Frame) -> Result<(), PixelError> {
    let layout = Layout::of(data)?;
    // Takes the memory only if the size is within the limits; the decoder has not been called yet.
    frame.resize(layout.size)?;
    let data = match layout.end {
        Some(end) => &data[..end],
        None if lenient => data,
        None => return Err(PixelError::Truncated),
    };
    let data = with_tables(data, &layout, completed);
    let options = DecoderOptions::default()
        .set_strict_mode(!lenient)
        .set_max_width(layout.size.width as usize)
        .set_max_height(layout.size.height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
    decoder.decode_headers().map_err(|e| PixelError::Damaged(e.to_string()))?;
    // Two frame headers that disagree would leave a part of the frame unwritten.
    let size = decoder.dimensions().map(|(width, height)| Size::new(width as u32, height as u32));
    if size != Some(layout.size) || decoder.output_buffer_size() != Some(frame.rgb().len()) {
        return Err(FrameError::WrongLength {
            size: layout.size,
            bytes: decoder.output_buffer_size().unwrap_or_default(),
        }
        .into());
    }
    decoder.decode_into(frame.rgb_mut()).map_err(|e| PixelError::Damaged(e.to_string()))
}
