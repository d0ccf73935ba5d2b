//! Cameras on Linux, through V4L2.
//!
//! nokhwa, which serves the other systems, is not asked here: it waits for a frame without a deadline, so that a
//! camera that falls silent could never be let go of and opened again; it opens no rate that is not whole, knows
//! neither UYVY nor GREY, hides how many bytes a frame has, how long a row is and which colours are meant.

mod controls;
mod identify;
mod ioctl;
mod offer;
mod stream;

pub use identify::{CLASS, devices, indices};
pub use offer::offer;
pub use stream::V4l2Driver;

use v4l::FourCC;

use crate::source::PixelFormat;

/// Four-character codes and what they mean. The first of a format is the one that is asked for.
const CODES: [(&[u8; 4], PixelFormat); 10] = [
    (b"MJPG", PixelFormat::Mjpeg),
    (b"JPEG", PixelFormat::Mjpeg),
    (b"YUYV", PixelFormat::Yuyv),
    (b"YUY2", PixelFormat::Yuyv),
    (b"UYVY", PixelFormat::Uyvy),
    (b"NV12", PixelFormat::Nv12),
    (b"RGB3", PixelFormat::Rgb),
    (b"BGR3", PixelFormat::Bgr),
    (b"GREY", PixelFormat::Gray),
    (b"Y800", PixelFormat::Gray),
];

fn format(code: FourCC) -> Option<PixelFormat> {
    CODES.into_iter().find(|(bytes, _)| **bytes == code.repr).map(|(_, format)| format)
}

fn code(format: PixelFormat) -> FourCC {
    let known = CODES.into_iter().find(|(_, known)| *known == format);
    known.map_or_else(|| FourCC::new(b"YUYV"), |(bytes, _)| FourCC::new(bytes))
}
