//! Pixels that are not compressed.

use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvError, YuvPackedImage, YuvRange, YuvStandardMatrix};

use super::colour::{Colour, Matrix, Range};
use super::error::PixelError;
use crate::detect::{Frame, Size};
use crate::source::PixelFormat;

/// From one row of the first plane to the next, in bytes: `stride` as the driver says, where that can be.
fn row(format: PixelFormat, size: Size, stride: Option<usize>) -> usize {
    let width = size.width as usize;
    let used = match format {
        PixelFormat::Yuyv | PixelFormat::Uyvy => width.div_ceil(2) * 4,
        PixelFormat::Nv12 | PixelFormat::Gray => width,
        PixelFormat::Rgb | PixelFormat::Bgr | PixelFormat::Mjpeg => width * 3,
    };
    stride.filter(|stride| (used..=used * 4).contains(stride)).unwrap_or(used)
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
    let row = row(format, size, stride);
    let luma = row * height;
    // A row of chroma has a pair for each two pixels, and for an odd last one.
    let chroma_row = row.max(width.div_ceil(2) * 2);
    let needed = luma + if format == PixelFormat::Nv12 { chroma_row * height.div_ceil(2) } else { 0 };
    let Some(data) = data.get(..needed) else {
        return Err(PixelError::Short { format, size, bytes: data.len(), needed });
    };
    let rgb_row = size.width * 3;
    let packed = YuvPackedImage { yuy: data, yuy_stride: row as u32, width: size.width, height: size.height };
    let (range, matrix) = (range(colour), matrix(colour));
    let rgb = frame.rgb_mut();
    let done = match format {
        PixelFormat::Yuyv => yuv::yuyv422_to_rgb(&packed, rgb, rgb_row, range, matrix),
        PixelFormat::Uyvy => yuv::uyvy422_to_rgb(&packed, rgb, rgb_row, range, matrix),
        PixelFormat::Nv12 => {
            let (y_plane, uv_plane) = data.split_at(luma);
            let image = YuvBiPlanarImage {
                y_plane,
                y_stride: row as u32,
                uv_plane,
                uv_stride: chroma_row as u32,
                width: size.width,
                height: size.height,
            };
            yuv::yuv_nv12_to_rgb(&image, rgb, rgb_row, range, matrix, YuvConversionMode::Balanced)
        }
        // Gray is what it is; no range was ever told for a camera's.
        PixelFormat::Gray => each_row(data, row, rgb, width, |to, from: &[u8; 1]| *to = [from[0]; 3]),
        PixelFormat::Bgr => each_row(data, row, rgb, width, |to, from: &[u8; 3]| *to = [from[2], from[1], from[0]]),
        PixelFormat::Rgb | PixelFormat::Mjpeg => each_row(data, row, rgb, width, |to, from: &[u8; 3]| *to = *from),
    };
    done.map_err(|e| PixelError::Damaged(e.to_string()))
}

/// Converts pixels of `N` bytes one by one, which the compiler does with SIMD.
fn each_row<const N: usize>(
    data: &[u8],
    row: usize,
    rgb: &mut [u8],
    width: usize,
    convert: impl Fn(&mut [u8; 3], &[u8; N]),
) -> Result<(), YuvError> {
    for (to, from) in rgb.chunks_exact_mut(width * 3).zip(data.chunks(row)) {
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
