//! Pixels that are not compressed.

use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvPackedImage, YuvRange, YuvStandardMatrix};

use super::PixelError;
use crate::detect::{Frame, Size};
use crate::source::PixelFormat;

/// What V4L2 means by YUV where a driver says no more, and what webcams deliver: BT.601, limited range.
const MATRIX: YuvStandardMatrix = YuvStandardMatrix::Bt601;
const RANGE: YuvRange = YuvRange::Limited;

/// Converts `data`, rows of which are not padded.
pub(super) fn convert(format: PixelFormat, size: Size, data: &[u8], frame: &mut Frame) -> Result<(), PixelError> {
    frame.resize(size)?;
    let (width, height) = (size.width as usize, size.height as usize);
    let pairs = width.div_ceil(2);
    let needed = match format {
        PixelFormat::Yuyv => pairs * 4 * height,
        PixelFormat::Nv12 => width * height + pairs * 2 * height.div_ceil(2),
        PixelFormat::Gray => width * height,
        PixelFormat::Rgb | PixelFormat::Bgr | PixelFormat::Mjpeg => width * height * 3,
    };
    let Some(data) = data.get(..needed) else {
        return Err(PixelError::Short { format, size, bytes: data.len(), needed });
    };
    let stride = size.width * 3;
    let rgb = frame.rgb_mut();
    match format {
        PixelFormat::Yuyv => {
            let image =
                YuvPackedImage { yuy: data, yuy_stride: pairs as u32 * 4, width: size.width, height: size.height };
            yuv::yuyv422_to_rgb(&image, rgb, stride, RANGE, MATRIX).map_err(|e| PixelError::Damaged(e.to_string()))?;
        }
        PixelFormat::Nv12 => {
            let (y_plane, uv_plane) = data.split_at(width * height);
            let image = YuvBiPlanarImage {
                y_plane,
                y_stride: size.width,
                uv_plane,
                uv_stride: pairs as u32 * 2,
                width: size.width,
                height: size.height,
            };
            yuv::yuv_nv12_to_rgb(&image, rgb, stride, RANGE, MATRIX, YuvConversionMode::Balanced)
                .map_err(|e| PixelError::Damaged(e.to_string()))?;
        }
        PixelFormat::Gray => {
            for (to, &luminance) in rgb.chunks_exact_mut(3).zip(data) {
                to.fill(luminance);
            }
        }
        PixelFormat::Bgr => {
            for (to, from) in rgb.chunks_exact_mut(3).zip(data.chunks_exact(3)) {
                to.copy_from_slice(&[from[2], from[1], from[0]]);
            }
        }
        PixelFormat::Rgb | PixelFormat::Mjpeg => rgb.copy_from_slice(data),
    }
    Ok(())
}
