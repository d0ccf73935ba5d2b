//! Pixels that are not compressed.

use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvError, YuvPackedImage, YuvRange, YuvStandardMatrix};

use super::{Colour, Matrix, PixelError, Range};
use crate::detect::{Frame, Size};
use crate::source::PixelFormat;

/// Rows from one to the next in bytes, and how many bytes of a row are pixels.
#[derive(Clone, Copy)]
struct Rows {
    stride: usize,
    used: usize,
}

impl Rows {
    /// `stride`: what the driver says, where it says something that can be.
    fn of(format: PixelFormat, size: Size, stride: Option<usize>) -> Self {
        let width = size.width as usize;
        let used = match format {
            PixelFormat::Yuyv | PixelFormat::Uyvy => width.div_ceil(2) * 4,
            PixelFormat::Nv12 | PixelFormat::Gray => width,
            PixelFormat::Rgb | PixelFormat::Bgr | PixelFormat::Mjpeg => width * 3,
        };
        Self { stride: stride.filter(|stride| *stride >= used && *stride <= used * 4).unwrap_or(used), used }
    }

    /// The bytes of so many rows; the last one need not be padded.
    fn bytes(self, rows: usize, used: usize) -> usize {
        rows.saturating_sub(1) * self.stride + used
    }
}

/// Converts `data`. `stride`: bytes from one row to the next; `None` = rows are not padded.
pub(super) fn convert(
    format: PixelFormat,
    size: Size,
    stride: Option<usize>,
    colour: Colour,
    data: &[u8],
    frame: &mut Frame,
) -> Result<(), PixelError> {
    frame.resize(size)?;
    let (width, height) = (size.width as usize, size.height as usize);
    let rows = Rows::of(format, size, stride);
    let luma = rows.stride * height;
    let needed = match format {
        PixelFormat::Nv12 => luma + rows.bytes(height.div_ceil(2), width.div_ceil(2) * 2),
        _ => rows.bytes(height, rows.used),
    };
    let Some(data) = data.get(..needed) else {
        return Err(PixelError::Short { format, size, bytes: data.len(), needed });
    };
    let (row, rgb_row) = (rows.stride as u32, size.width * 3);
    let packed = YuvPackedImage { yuy: data, yuy_stride: row, width: size.width, height: size.height };
    let (range, matrix) = (range(colour), matrix(colour));
    let rgb = frame.rgb_mut();
    let done = match format {
        PixelFormat::Yuyv => yuv::yuyv422_to_rgb(&packed, rgb, rgb_row, range, matrix),
        PixelFormat::Uyvy => yuv::uyvy422_to_rgb(&packed, rgb, rgb_row, range, matrix),
        PixelFormat::Nv12 => {
            let (y_plane, uv_plane) = data.split_at(luma);
            let image = YuvBiPlanarImage {
                y_plane,
                y_stride: row,
                uv_plane,
                uv_stride: row.max(size.width.div_ceil(2) * 2),
                width: size.width,
                height: size.height,
            };
            yuv::yuv_nv12_to_rgb(&image, rgb, rgb_row, range, matrix, YuvConversionMode::Balanced)
        }
        // Gray is what it is; no range was ever told for a camera's.
        PixelFormat::Gray => each_row(data, rows, rgb, width, |to, from: &[u8; 1]| *to = [from[0]; 3]),
        PixelFormat::Bgr => each_row(data, rows, rgb, width, |to, from: &[u8; 3]| *to = [from[2], from[1], from[0]]),
        PixelFormat::Rgb | PixelFormat::Mjpeg => each_row(data, rows, rgb, width, |to, from: &[u8; 3]| *to = *from),
    };
    done.map_err(|e| PixelError::Damaged(e.to_string()))
}

/// Converts pixels of `N` bytes one by one, which the compiler does with SIMD.
fn each_row<const N: usize>(
    data: &[u8],
    rows: Rows,
    rgb: &mut [u8],
    width: usize,
    convert: impl Fn(&mut [u8; 3], &[u8; N]),
) -> Result<(), YuvError> {
    for (to, from) in rgb.chunks_exact_mut(width * 3).zip(data.chunks(rows.stride)) {
        let (from, _) = from.as_chunks::<N>();
        to.as_chunks_mut::<3>().0.iter_mut().zip(from).for_each(|(to, from)| convert(to, from));
    }
    Ok(())
}

fn range(colour: Colour) -> YuvRange {
    match colour.range {
        Range::Limited => YuvRange::Limited,
        Range::Full => YuvRange::Full,
    }
}

fn matrix(colour: Colour) -> YuvStandardMatrix {
    match colour.matrix {
        Matrix::Bt601 => YuvStandardMatrix::Bt601,
        Matrix::Bt709 => YuvStandardMatrix::Bt709,
    }
}
