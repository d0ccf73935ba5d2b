//! What a camera offers, and which of it is taken.
//!
//! A driver's own default is often its largest size at five frames a second, so that the choice is made here:
//! a pure function from the offer and the request to an order of preference.

use std::cmp::Reverse;
use std::fmt;

use super::{CameraId, CameraRequest, FrameRate, PixelFormat};
use crate::detect::Size;

/// The frame rate above which more is of no use: it is what a detector on a processor can take.
const ENOUGH_RATE: u32 = 30;

/// The size that shows enough and still costs little.
const IDEAL: Size = Size::new(1280, 720);

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
    /// What stays the same when it is plugged in anew.
    pub id: CameraId,
    /// By format, then size, then rate, without doubles.
    pub modes: Vec<Mode>,
    /// Why `modes` is empty, where it is.
    pub problem: Option<String>,
}

/// The modes that satisfy the request, best first: colour before gray, then the highest rate up to 30/s (29.97 counts
/// as 30), then the size nearest to 1280×720, then the format that costs least to decode, then the rate nearest to 30/s.
///
/// What the request names is binding: another size or rate than the one asked for would be a surprise.
pub fn rank(offered: &[Mode], request: &CameraRequest) -> Vec<Mode> {
    let mut fitting: Vec<Mode> = offered.iter().copied().filter(|mode| satisfies(mode, request)).collect();
    fitting.sort_by_key(|mode| {
        (
            mode.format == PixelFormat::Gray,
            Reverse(mode.rate.rounded().min(ENOUGH_RATE)),
            mode.size.width.abs_diff(IDEAL.width) + mode.size.height.abs_diff(IDEAL.height),
            mode.format == PixelFormat::Mjpeg,
            mode.rate.rounded().abs_diff(ENOUGH_RATE),
            // Of 30 and 30000/1001 the whole one.
            mode.rate.seconds(),
            mode.format,
        )
    });
    fitting.dedup();
    fitting
}

fn satisfies(mode: &Mode, request: &CameraRequest) -> bool {
    mode.size.area() > 0
        && request.size.is_none_or(|size| size == mode.size)
        && request.rate.is_none_or(|rate| mode.rate.answers(rate))
        && request.format.is_none_or(|format| format == mode.format)
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
