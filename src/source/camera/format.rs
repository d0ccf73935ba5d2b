//! How a camera lays out its pixels.

use std::fmt;
use std::str::FromStr;

/// How a camera lays out its pixels; all that Twinsight reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PixelFormat {
    /// One JPEG per frame.
    Mjpeg,
    /// 4:2:2, as Y0 U Y1 V.
    Yuyv,
    /// 4:2:2, as U Y0 V Y1.
    Uyvy,
    /// 4:2:0, a plane of Y, then one of U and V in turn.
    Nv12,
    /// Packed R G B.
    Rgb,
    /// Packed B G R.
    Bgr,
    /// Luminance alone, as infrared cameras have it.
    Gray,
}

impl PixelFormat {
    /// Every format that Twinsight reads.
    pub const ALL: [Self; 7] = [Self::Mjpeg, Self::Yuyv, Self::Uyvy, Self::Nv12, Self::Rgb, Self::Bgr, Self::Gray];

    /// As flags and messages have it: "MJPEG", "GRAY".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mjpeg => "MJPEG",
            Self::Yuyv => "YUYV",
            Self::Uyvy => "UYVY",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Gray => "GRAY",
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for PixelFormat {
    type Err = String;

    /// By name, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("{text:?} is not a supported pixel format; use {names}")
        })
    }
}
