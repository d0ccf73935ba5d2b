//! Which of a camera's modes is wanted, and which of those offered is taken.
//!
//! A driver's own default is often its largest size at five frames a second, so that the choice is made here:
//! a pure function from the offer and the request to an order of preference.

use std::cmp::Reverse;

use super::format::PixelFormat;
use super::mode::Mode;
use super::rate::FrameRate;
use super::request::CameraRequest;
use crate::detect::Size;

/// The frame rate above which more is of no use: it is what a detector on a processor can take.
const ENOUGH_RATE: u32 = 30;

/// The size that shows enough and still costs little.
const IDEAL: Size = Size::new(1280, 720);

/// The part of a [`CameraRequest`] that a [`Mode`] answers; what is `None` is chosen for the user.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModeRequest {
    pub size: Option<Size>,
    pub format: Option<PixelFormat>,
    pub rate: Option<FrameRate>,
}

impl ModeRequest {
    /// The mode that a request asks for.
    pub fn of(request: &CameraRequest) -> Self {
        let CameraRequest { size, format, rate, .. } = *request;
        Self { size, format, rate }
    }

    /// The request with these in place of its own.
    pub fn onto(self, request: CameraRequest) -> CameraRequest {
        let Self { size, format, rate } = self;
        CameraRequest { size, format, rate, ..request }
    }

    /// The modes that satisfy the request, best first: colour before gray, then the highest rate up to 30/s (29.97
    /// counts as 30), then the size nearest to 1280×720, then the format that costs least to decode, then the rate
    /// nearest to 30/s.
    ///
    /// What the request names is binding: another size or rate than the one asked for would be a surprise.
    pub fn rank(self, offered: &[Mode]) -> Vec<Mode> {
        let mut fitting: Vec<Mode> = offered.iter().copied().filter(|mode| self.fits(mode)).collect();
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

    /// The mode that is taken; `None` = none satisfies the request.
    pub fn best(self, modes: &[Mode]) -> Option<Mode> {
        self.rank(modes).first().copied()
    }

    fn fits(self, mode: &Mode) -> bool {
        mode.size.area() > 0
            && self.size.is_none_or(|size| size == mode.size)
            && self.rate.is_none_or(|rate| mode.rate.answers(rate))
            && self.format.is_none_or(|format| format == mode.format)
    }

    /// Every size there is, the largest first.
    pub fn sizes(modes: &[Mode]) -> Vec<Size> {
        let mut sizes: Vec<Size> = modes.iter().map(|mode| mode.size).filter(|size| size.area() > 0).collect();
        sizes.sort_by_key(|size| Reverse((size.area(), size.width)));
        sizes.dedup();
        sizes
    }

    /// The formats that there are in the size asked for.
    pub fn formats(self, modes: &[Mode]) -> Vec<PixelFormat> {
        let wide = Self { format: None, rate: None, ..self };
        let mut formats: Vec<PixelFormat> = modes.iter().filter(|m| wide.fits(m)).map(|m| m.format).collect();
        formats.sort_unstable();
        formats.dedup();
        formats
    }

    /// The rates that there are in the size and format asked for, the highest first.
    pub fn rates(self, modes: &[Mode]) -> Vec<FrameRate> {
        let wide = Self { rate: None, ..self };
        let mut rates: Vec<FrameRate> = modes.iter().filter(|m| wide.fits(m)).map(|m| m.rate).collect();
        rates.sort_by_key(|rate| Reverse(*rate));
        rates.dedup();
        rates
    }

    /// With this size; format and rate stay where the camera has them in it.
    pub fn with_size(self, size: Option<Size>, modes: &[Mode]) -> Self {
        let asked = Self { size, ..self };
        let less = [asked, Self { rate: None, ..asked }, Self { format: None, ..asked }];
        let possible = less.into_iter().find(|asked| asked.best(modes).is_some());
        possible.unwrap_or(Self { format: None, rate: None, ..asked })
    }

    /// With this format; the rate stays where the camera has it so.
    pub fn with_format(self, format: Option<PixelFormat>, modes: &[Mode]) -> Self {
        let asked = Self { format, ..self };
        if asked.best(modes).is_some() { asked } else { Self { rate: None, ..asked } }
    }

    /// With this rate.
    pub fn with_rate(self, rate: Option<FrameRate>) -> Self {
        Self { rate, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes() -> Vec<Mode> {
        let mode = |format, width, height, rate| Mode {
            format,
            size: Size::new(width, height),
            rate: FrameRate::new(rate, 1).unwrap(),
        };
        vec![
            mode(PixelFormat::Mjpeg, 640, 480, 30),
            mode(PixelFormat::Mjpeg, 1920, 1080, 15),
            mode(PixelFormat::Mjpeg, 1920, 1080, 30),
            mode(PixelFormat::Yuyv, 640, 480, 15),
            mode(PixelFormat::Yuyv, 640, 480, 30),
            mode(PixelFormat::Yuyv, 1920, 1080, 5),
        ]
    }

    fn rate(frames: u32) -> Option<FrameRate> {
        FrameRate::new(frames, 1)
    }

    #[test]
    fn what_is_offered_exists_with_what_was_chosen_before_it() {
        let modes = modes();
        assert_eq!(ModeRequest::sizes(&modes), [Size::new(1920, 1080), Size::new(640, 480)]);
        let large = ModeRequest { size: Some(Size::new(1920, 1080)), ..ModeRequest::default() };
        assert_eq!(large.formats(&modes), [PixelFormat::Mjpeg, PixelFormat::Yuyv]);
        assert_eq!(large.rates(&modes), [rate(30), rate(15), rate(5)].map(Option::unwrap));
        let raw = large.with_format(Some(PixelFormat::Yuyv), &modes);
        assert_eq!(raw.rates(&modes), [rate(5).unwrap()]);
        let gray = ModeRequest { format: Some(PixelFormat::Gray), ..ModeRequest::default() };
        assert!(gray.rates(&modes).is_empty());
    }

    #[test]
    fn a_choice_never_comes_to_what_the_camera_has_not() {
        let modes = modes();
        for size in ModeRequest::sizes(&modes).into_iter().map(Some).chain([None]) {
            for format in [None, Some(PixelFormat::Mjpeg), Some(PixelFormat::Yuyv)] {
                for frames in [None, rate(5), rate(15), rate(30)] {
                    let start = ModeRequest { size: None, format, rate: frames };
                    let start = if start.best(&modes).is_some() { start } else { ModeRequest::default() };
                    let sized = start.with_size(size, &modes);
                    assert!(sized.size == size && sized.best(&modes).is_some(), "{start:?} {size:?}: {sized:?}");
                    for other in sized.formats(&modes) {
                        let chosen = sized.with_format(Some(other), &modes);
                        assert!(chosen.format == Some(other) && chosen.best(&modes).is_some(), "{sized:?} {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_format_and_a_rate_stay_where_they_can() {
        let modes = modes();
        let raw = ModeRequest { size: Some(Size::new(640, 480)), format: Some(PixelFormat::Yuyv), rate: rate(30) };
        let large = raw.with_size(Some(Size::new(1920, 1080)), &modes);
        assert_eq!((large.format, large.rate), (Some(PixelFormat::Yuyv), None));
        let fast = ModeRequest { format: None, ..raw }.with_size(Some(Size::new(1920, 1080)), &modes);
        assert_eq!(fast.rate, rate(30));
    }
}
