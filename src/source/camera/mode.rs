//! What a camera offers.

use std::fmt;

use super::format::PixelFormat;
use super::identity::CameraId;
use super::rate::FrameRate;
use crate::detect::Size;

/// One way in which a camera can deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    pub format: PixelFormat,
    pub size: Size,
    pub rate: FrameRate,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}/s", self.format, self.size, self.rate)
    }
}

/// A camera and what it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The number that the system gave it this time; gaps are usual.
    pub index: u32,
    pub name: String,
    /// What stays the same when it is plugged in again.
    pub id: CameraId,
    /// By format, then size, then rate, without doubles.
    pub modes: Vec<Mode>,
    /// Why `modes` is empty, where it is.
    pub problem: Option<String>,
}

/// The offer on one line, as "MJPEG 640×480 (15, 30/s), 1280×720 (30/s); YUYV 640×480 (30/s)".
pub fn summary(modes: &[Mode]) -> String {
    if modes.is_empty() {
        return "nothing".into();
    }
    let formats = by_format(modes).into_iter().map(|(format, sizes)| {
        let sizes: Vec<String> = sizes.into_iter().map(|(size, rates)| format!("{size} ({})", list(&rates))).collect();
        format!("{format} {}", sizes.join(", "))
    });
    formats.collect::<Vec<_>>().join("; ")
}

/// Rates as "15, 29.97, 30/s".
pub fn list(rates: &[FrameRate]) -> String {
    let rates: Vec<String> = rates.iter().map(FrameRate::to_string).collect();
    format!("{}/s", rates.join(", "))
}

/// Sizes and their rates.
pub type Sizes = Vec<(Size, Vec<FrameRate>)>;

/// Groups modes by format and size, in the order in which they come.
pub fn by_format(modes: &[Mode]) -> Vec<(PixelFormat, Sizes)> {
    let mut formats: Vec<(PixelFormat, Sizes)> = Vec::new();
    for mode in modes {
        let at = formats.iter().position(|(format, _)| *format == mode.format).unwrap_or_else(|| {
            formats.push((mode.format, Vec::new()));
            formats.len() - 1
        });
        let sizes = &mut formats[at].1;
        let at = sizes.iter().position(|(size, _)| *size == mode.size).unwrap_or_else(|| {
            sizes.push((mode.size, Vec::new()));
            sizes.len() - 1
        });
        sizes[at].1.push(mode.rate);
    }
    formats
}
