//! Which of a camera's modes a person asks for.

use std::cmp::Reverse;

use crate::detect::Size;
use crate::source::mode::rank;
use crate::source::{CameraRequest, FrameRate, Mode, PixelFormat};

/// What is `None` is chosen for the person.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModeRequest {
    pub size: Option<Size>,
    pub format: Option<PixelFormat>,
    pub rate: Option<FrameRate>,
}

impl ModeRequest {
    pub fn of(request: &CameraRequest) -> Self {
        let CameraRequest { size, format, rate, .. } = *request;
        Self { size, format, rate }
    }

    /// The request with these in place of its own.
    pub fn onto(self, request: CameraRequest) -> CameraRequest {
        let Self { size, format, rate } = self;
        CameraRequest { size, format, rate, ..request }
    }

    /// The mode that it comes to; `None` = there is none.
    pub fn best(self, modes: &[Mode]) -> Option<Mode> {
        rank(modes, &self.onto(CameraRequest::default())).first().copied()
    }

    fn fits(self, mode: &Mode) -> bool {
        self.best(std::slice::from_ref(mode)).is_some()
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
