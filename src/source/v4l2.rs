//! What a V4L2 device offers, asked for without changing how it is set.
//!
//! nokhwa lists fractional rates as whole ones (2/25 s as 25/s), opens no device whose present rate is fractional,
//! and sets a format just to list them all, which another program that reads the camera would notice. All three
//! are avoided by asking the driver here, and by setting the mode before nokhwa looks.

use std::io;

use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::{Mode, PixelFormat};
use crate::detect::Size;

/// The sizes and rates that are taken from a driver which allows any.
const SIZES: [(u32, u32); 9] =
    [(320, 180), (320, 240), (640, 360), (640, 480), (800, 600), (1024, 768), (1280, 720), (1920, 1080), (3840, 2160)];
const RATES: [u32; 8] = [5, 10, 15, 20, 25, 30, 50, 60];

/// A device's offer.
pub struct Offer {
    pub name: String,
    pub modes: Vec<Mode>,
    /// Four-character codes of the formats that Twinsight does not read.
    pub unread: Vec<String>,
}

/// The offer of /dev/video`index`, or `None` where that captures no pictures: the second node of a webcam carries
/// its metadata, and some nodes are encoders.
pub fn offer(index: u32) -> io::Result<Option<Offer>> {
    let device = Device::new(index as usize)?;
    let name = device.query_caps()?.card;
    let Ok(formats) = device.enum_formats() else { return Ok(None) };
    let (mut modes, mut unread) = (Vec::new(), Vec::new());
    for description in formats {
        let Some(format) = from_code(description.fourcc) else {
            unread.push(description.fourcc.to_string());
            continue;
        };
        for size in sizes(&device, description.fourcc) {
            let rates = rates(&device, description.fourcc, size);
            modes.extend(rates.into_iter().map(|rate| Mode { format, size, rate }));
        }
    }
    Ok((!modes.is_empty() || !unread.is_empty()).then_some(Offer { name, modes, unread }))
}

/// Sets the device to a mode, so that nokhwa finds it with a rate that it understands.
pub fn set(index: u32, mode: Mode) -> io::Result<()> {
    let device = Device::new(index as usize)?;
    device.set_format(&Format::new(mode.size.width, mode.size.height, code(mode.format)))?;
    device.set_params(&Parameters::with_fps(mode.rate)).map(drop)
}

fn sizes(device: &Device, code: FourCC) -> Vec<Size> {
    let mut sizes = Vec::new();
    for size in device.enum_framesizes(code).unwrap_or_default() {
        match size.size {
            FrameSizeEnum::Discrete(size) => sizes.push(Size::new(size.width, size.height)),
            FrameSizeEnum::Stepwise(range) => sizes.extend(
                SIZES
                    .into_iter()
                    .filter(|&(width, height)| {
                        within(width, range.min_width, range.max_width, range.step_width)
                            && within(height, range.min_height, range.max_height, range.step_height)
                    })
                    .map(|(width, height)| Size::new(width, height)),
            ),
        }
    }
    sizes
}

fn within(value: u32, min: u32, max: u32, step: u32) -> bool {
    (min..=max).contains(&value) && (value - min).is_multiple_of(step.max(1))
}

/// Whole rates per second. A driver that names none keeps the one that it has.
fn rates(device: &Device, code: FourCC, size: Size) -> Vec<u32> {
    match device.enum_frameintervals(code, size.width, size.height) {
        Ok(intervals) => intervals.into_iter().flat_map(|interval| whole_rates(interval.interval)).collect(),
        Err(_) => device.params().ok().and_then(|now| whole(now.interval)).into_iter().collect(),
    }
}

fn whole_rates(interval: FrameIntervalEnum) -> Vec<u32> {
    match interval {
        FrameIntervalEnum::Discrete(interval) => whole(interval).into_iter().collect(),
        // The range is one of seconds: the shortest interval is the highest rate.
        FrameIntervalEnum::Stepwise(range) => RATES
            .into_iter()
            .filter(|&rate| {
                let seconds = |fraction: Fraction| f64::from(fraction.numerator) / f64::from(fraction.denominator);
                (seconds(range.min)..=seconds(range.max)).contains(&(1.0 / f64::from(rate)))
            })
            .collect(),
    }
}

/// The rate of an interval of exactly one part of a second.
fn whole(interval: Fraction) -> Option<u32> {
    let whole = interval.numerator > 0 && interval.denominator.is_multiple_of(interval.numerator);
    whole.then(|| interval.denominator / interval.numerator)
}

fn from_code(code: FourCC) -> Option<PixelFormat> {
    PixelFormat::ALL.into_iter().find(|&format| self::code(format) == code)
}

fn code(format: PixelFormat) -> FourCC {
    FourCC::new(match format {
        PixelFormat::Mjpeg => b"MJPG",
        PixelFormat::Yuyv => b"YUYV",
        PixelFormat::Nv12 => b"NV12",
        PixelFormat::Rgb => b"RGB3",
        PixelFormat::Bgr => b"BGR3",
        // What nokhwa takes for gray; V4L2's own GREY is unknown to it.
        PixelFormat::Gray => b"GRAY",
    })
}
