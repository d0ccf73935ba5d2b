//! What a camera's frame costs before a model sees it.

use std::error::Error;
use std::path::Path;

use crate::detect::{Frame, Size};
use crate::source::pixels::Converter;
use crate::source::{Orientation, PixelFormat, Turn};

/// Run once for each measurement.
pub type CameraWork = Box<dyn FnMut() -> Result<(), Box<dyn Error>>>;

/// Of the fake camera's frames, in pixels.
pub const SIZE: Size = Size::new(1280, 720);

/// The formats most webcams have, and the dearest turn. `photo`: a JPEG of 1280×720, which stands for an MJPEG frame.
pub fn works(photo: &Path) -> Result<Vec<(String, CameraWork)>, Box<dyn Error>> {
    let jpeg =
        std::fs::read(photo).map_err(|e| format!("cannot read {}: {e}; run `twinsight setup`", photo.display()))?;
    // Any bytes are pixels; these are no two alike in a row.
    let raw: Vec<u8> = (0..SIZE.area() as usize * 2).map(|i| (i * 7 % 251) as u8).collect();
    let mut works = Vec::new();
    for format in [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12] {
        let bytes = if format == PixelFormat::Mjpeg { jpeg.clone() } else { raw.clone() };
        let (mut converter, mut frame) = (Converter::default(), Frame::default());
        let work: CameraWork = Box::new(move || Ok(converter.convert(format, SIZE, &bytes, &mut frame)?));
        works.push((format!("camera {format} {SIZE}"), work));
    }
    let (from, mut to) = (Frame::new(SIZE)?, Frame::default());
    let orientation = Orientation { turn: Turn::Quarter, mirror: false };
    works.push((
        format!("camera rotated by 90° {SIZE}"),
        Box::new(move || {
            orientation.apply(&from, &mut to);
            Ok(())
        }),
    ));
    Ok(works)
}
