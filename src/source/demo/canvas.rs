//! A photo made ready for the demo: scaled once, and set in a 16:9 field.

use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::detect::{Frame, FrameError, Size};

/// More rows than this cost time in every frame and show nothing more.
const MAX_HEIGHT: u32 = 810;

/// Bytes after the last pixel, so that eight bytes can be read from any of them on.
pub const PADDING: usize = 8;

/// A field of 16:9 with the whole photo in its middle. Where the photo is narrower, the sides hold a dark blur of
/// it: a detector finds nothing there, and the eye is not drawn to it.
pub struct Canvas {
    size: Size,
    framed: bool,
    rgb: Vec<u8>,
}

impl Canvas {
    pub fn new(photo: Frame) -> Result<Self, FrameError> {
        let size = photo.size();
        // Cannot fail: a frame has the bytes that its size takes.
        let photo = RgbImage::from_raw(size.width, size.height, photo.rgb().to_vec())
            .ok_or(FrameError::WrongLength { size, bytes: photo.rgb().len() })?;
        let height = size.height.clamp(2, MAX_HEIGHT);
        let field = Size::new((height * 16).div_ceil(9), height);
        // The photo as large as the field holds it.
        let scale = (f64::from(field.width) / f64::from(size.width)).min(f64::from(height) / f64::from(size.height));
        let fitted = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
        let (width, height) = (fitted(size.width).min(field.width), fitted(size.height).min(field.height));
        let whole = (width, height) == (field.width, field.height);
        let scaled = if (width, height) == (size.width, size.height) {
            photo
        } else {
            imageops::resize(&photo, width, height, FilterType::Triangle)
        };
        let image = if whole {
            scaled
        } else {
            let mut image = backdrop(&scaled, field);
            let (left, top) = ((field.width - width) / 2, (field.height - height) / 2);
            imageops::replace(&mut image, &scaled, left.into(), top.into());
            image
        };
        let mut rgb = image.into_raw();
        rgb.resize(rgb.len() + PADDING, 0);
        Ok(Self { size: field, framed: !whole, rgb })
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether the photo leaves a border.
    pub fn is_framed(&self) -> bool {
        self.framed
    }

    /// One row, and [`PADDING`] bytes after it.
    pub fn row(&self, y: usize) -> &[u8] {
        let stride = self.size.width as usize * 3;
        &self.rgb[y * stride..(y + 1) * stride + PADDING]
    }
}

/// The photo down to a few pixels, darkened, and up again.
fn backdrop(photo: &RgbImage, field: Size) -> RgbImage {
    let mut tiny = imageops::resize(photo, 8, 5, FilterType::Triangle);
    for channel in tiny.iter_mut() {
        *channel = (u32::from(*channel) * 2 / 5) as u8;
    }
    imageops::resize(&tiny, field.width, field.height, FilterType::CatmullRom)
}
