//! A frame as JPEG.

use std::sync::Arc;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::detect::{Frame, Size};

/// Above this quality artefacts are hard to see, and a pixel takes about two bits.
const QUALITY: u8 = 85;

/// A picture of the history that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a picture in the history is damaged ({cause}); select another frame, and please report this")]
pub struct RestoreError {
    pub cause: String,
}

/// A frame that takes little memory.
pub(super) enum StoredPicture {
    Jpeg {
        size: Size,
        data: Box<[u8]>,
    },
    /// A frame that JPEG cannot hold: a side exceeds 65,535 pixels.
    Whole(Arc<Frame>),
}

impl StoredPicture {
    /// `scratch` keeps its memory from frame to frame.
    pub fn new(frame: &Arc<Frame>, scratch: &mut Vec<u8>) -> Self {
        let whole = || Self::Whole(Arc::clone(frame));
        let size = frame.size();
        let (Ok(width), Ok(height)) = (u16::try_from(size.width), u16::try_from(size.height)) else { return whole() };
        scratch.clear();
        let mut encoder = Encoder::new(&mut *scratch, QUALITY);
        // Chroma at half the resolution, as cameras send it.
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        match encoder.encode(frame.rgb(), width, height, ColorType::Rgb) {
            Ok(()) => Self::Jpeg { size, data: scratch.as_slice().into() },
            Err(e) => {
                log::warn!("a frame of {size} is stored uncompressed in the history: {e}");
                whole()
            }
        }
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        match self {
            Self::Jpeg { size, .. } => *size,
            Self::Whole(frame) => frame.size(),
        }
    }

    /// Size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Jpeg { data, .. } => data.len(),
            Self::Whole(frame) => frame.rgb().len(),
        }
    }

    /// The picture, decoded. Takes milliseconds.
    pub fn frame(&self) -> Result<Arc<Frame>, RestoreError> {
        let (size, data) = match self {
            Self::Jpeg { size, data } => (*size, data),
            Self::Whole(frame) => return Ok(Arc::clone(frame)),
        };
        let damaged = |cause: String| RestoreError { cause };
        let mut frame = Frame::new(size).map_err(|e| damaged(e.to_string()))?;
        // The decoder's default limits are below the size a frame may have.
        let options = DecoderOptions::default()
            .set_max_width(size.width as usize)
            .set_max_height(size.height as usize)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&**data), options);
        decoder.decode_into(frame.rgb_mut()).map_err(|e| damaged(e.to_string()))?;
        Ok(Arc::new(frame))
    }
}
