//! Pixel formats by V4L2's four-character codes.

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

/// `None` = a format that Twinsight does not read.
pub fn format(code: FourCC) -> Option<PixelFormat> {
    CODES.into_iter().find(|(bytes, _)| **bytes == code.repr).map(|(_, format)| format)
}

/// The code to ask a driver for.
pub fn code(format: PixelFormat) -> FourCC {
    let known = CODES.into_iter().find(|(_, known)| *known == format);
    known.map_or_else(|| FourCC::new(b"YUYV"), |(bytes, _)| FourCC::new(bytes))
}
