//! What a V4L2 device offers, asked for without changing how it is set.

use std::io;

use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::{Device, FourCC, Fraction};

use super::fourcc::format;
use crate::detect::Size;
use crate::source::{FrameRate, Mode};

/// The sizes and rates that are taken from a driver which allows any.
const SIZES: [(u32, u32); 9] =
    [(320, 180), (320, 240), (640, 360), (640, 480), (800, 600), (1024, 768), (1280, 720), (1920, 1080), (3840, 2160)];
const RATES: [u32; 8] = [5, 10, 15, 20, 25, 30, 50, 60];

/// A device's offer.
pub struct Offer {
    pub modes: Vec<Mode>,
    /// Four-character codes of the formats that Twinsight does not read.
    pub unread: Vec<String>,
}

/// The offer of /dev/video`index`, or `None` where that captures no pictures: the second node of a webcam carries
/// its metadata, and some nodes are encoders.
pub fn offer(index: u32) -> io::Result<Option<Offer>> {
    let device = Device::new(index as usize)?;
    let Ok(formats) = device.enum_formats() else { return Ok(None) };
    let (mut modes, mut unread) = (Vec::new(), Vec::new());
    for description in formats {
        let Some(format) = format(description.fourcc) else {
            unread.push(description.fourcc.to_string());
            continue;
        };
        for size in sizes(&device, description.fourcc) {
            let rates = rates(&device, description.fourcc, size);
            modes.extend(rates.into_iter().map(|rate| Mode { format, size, rate }));
        }
    }
    Ok((!modes.is_empty() || !unread.is_empty()).then_some(Offer { modes, unread }))
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

/// A driver that names no rates keeps the one that it has.
fn rates(device: &Device, code: FourCC, size: Size) -> Vec<FrameRate> {
    match device.enum_frameintervals(code, size.width, size.height) {
        Ok(intervals) => intervals.into_iter().flat_map(|interval| within_interval(interval.interval)).collect(),
        Err(_) => device.params().ok().and_then(|now| rate(now.interval)).into_iter().collect(),
    }
}

fn within_interval(interval: FrameIntervalEnum) -> Vec<FrameRate> {
    match interval {
        FrameIntervalEnum::Discrete(interval) => rate(interval).into_iter().collect(),
        // The range is one of seconds: the shortest interval is the highest rate.
        FrameIntervalEnum::Stepwise(range) => RATES
            .into_iter()
            .filter(|&rate| {
                let seconds = |fraction: Fraction| f64::from(fraction.numerator) / f64::from(fraction.denominator);
                (seconds(range.min)..=seconds(range.max)).contains(&(1.0 / f64::from(rate)))
            })
            .filter_map(|rate| FrameRate::new(rate, 1))
            .collect(),
    }
}

/// The rate of an interval, which is in seconds.
pub fn rate(interval: Fraction) -> Option<FrameRate> {
    FrameRate::new(interval.denominator, interval.numerator)
}
