//! A camera's bytes to RGB.
//!
//! ```text
//! MJPEG ─▶ cut at the end of the image ─▶ default Huffman tables where missing ─▶ zune-jpeg ─┐
//! YUYV, UYVY, NV12 ─▶ yuv (BT.601 or BT.709, limited or full range) ─────────────────────────┼─▶ Frame
//! RGB, BGR, GRAY ─▶ copy ────────────────────────────────────────────────────────────────────┘
//! ```

mod codes;
mod colour;
mod coverage;
mod error;
mod huffman;
mod jpeg;
mod layout;
mod raw;

pub use colour::{Colour, Matrix, Range};
pub use coverage::missing_rows;
pub use error::PixelError;
pub use huffman::with_tables;
pub use layout::Layout;

use super::PixelFormat;
use crate::detect::{Frame, Size};

/// Turns one frame after another to RGB, and keeps the memory that this takes.
#[derive(Debug, Default)]
pub struct Converter {
    /// A JPEG together with the Huffman tables which its camera left out.
    completed: Vec<u8>,
    /// Whether damaged JPEGs are shown as far as they go; otherwise they are errors.
    pub lenient: bool,
    /// What is meant by Y, U and V where pixels are not compressed.
    pub colour: Colour,
    /// Bytes from one row to the next, of the first plane, where pixels are not compressed; `None` = not padded.
    pub stride: Option<usize>,
}

impl Converter {
    /// Writes the picture in `data` into `frame`, which takes its size. `size` is the mode's; a JPEG has its own,
    /// and that one counts. Bytes after the picture are ignored. After an error the frame's pixels are unspecified.
    pub fn convert(
        &mut self,
        format: PixelFormat,
        size: Size,
        data: &[u8],
        frame: &mut Frame,
    ) -> Result<(), PixelError> {
        match format {
            PixelFormat::Mjpeg => jpeg::decode(data, self.lenient, &mut self.completed, frame),
            raw => raw::convert(raw, size, self.stride, self.colour, data, frame),
        }
    }
}
