//! Boxes, sizes and the transform between an image and a model's input.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels; cannot overflow.
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// An axis-aligned box by its corners, x to the right and y downwards, in pixels.
///
/// Pixel `i` covers `i..i + 1`, so a box over a whole `w × h` image is `(0, 0, w, h)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BBox {
    pub x1: f32,
    pub y1: f32,
    pub x2: f32,
    pub y2: f32,
}

impl BBox {
    pub const fn new(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        Self { x1, y1, x2, y2 }
    }

    /// The box of this size around a centre.
    pub fn from_center(cx: f32, cy: f32, width: f32, height: f32) -> Self {
        let (half_w, half_h) = (width / 2.0, height / 2.0);
        Self::new(cx - half_w, cy - half_h, cx + half_w, cy + half_h)
    }

    /// Negative where the corners are swapped.
    pub fn width(&self) -> f32 {
        self.x2 - self.x1
    }

    /// Negative where the corners are swapped.
    pub fn height(&self) -> f32 {
        self.y2 - self.y1
    }

    /// Area in square pixels; 0 where a side is not positive.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Intersection over union, in 0..=1; 0 for boxes that do not overlap and for boxes without area.
    pub fn iou(&self, other: &Self) -> f32 {
        let w = self.x2.min(other.x2) - self.x1.max(other.x1);
        let h = self.y2.min(other.y2) - self.y1.max(other.y1);
        // Written so that NaN counts as no overlap, too: corners that are not finite, areas too small or too large
        // for f32.
        if w > 0.0 && h > 0.0 {
            let intersection = w * h;
            let iou = intersection / (self.area() + other.area() - intersection);
            if iou > 0.0 { iou.min(1.0) } else { 0.0 }
        } else {
            0.0
        }
    }

    /// The part inside an image of this size, or `None` if nothing is left or a corner is not finite.
    pub fn clipped_to(&self, image: Size) -> Option<Self> {
        if ![self.x1, self.y1, self.x2, self.y2].iter().all(|v| v.is_finite()) {
            return None;
        }
        let (w, h) = (image.width as f32, image.height as f32);
        let clipped =
            Self::new(self.x1.clamp(0.0, w), self.y1.clamp(0.0, h), self.x2.clamp(0.0, w), self.y2.clamp(0.0, h));
        (clipped.width() > 0.0 && clipped.height() > 0.0).then_some(clipped)
    }

    /// The smallest box that contains both.
    pub fn hull(&self, other: &Self) -> Self {
        Self::new(self.x1.min(other.x1), self.y1.min(other.y1), self.x2.max(other.x2), self.y2.max(other.y2))
    }

    /// The four corners in the order x1, y1, x2, y2.
    pub fn to_array(&self) -> [f32; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }
}

/// How an image is placed inside a model's input: scaled to fit, centred, with grey bars around it.
///
/// With `r = min(W / w, H / h)`, the scaled size is `round(w · r) × round(h · r)`, at least 1, and its upper left
/// corner is at `floor((W − scaled) / 2)`. Since the size is rounded and `r` is not, each axis has a scale of its
/// own; the transforms below use that scale, so they are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letterbox {
    /// The image's size.
    pub image: Size,
    /// The model's input size.
    pub input: Size,
    /// The image's size inside the input.
    pub scaled: Size,
    /// Where the image's upper left corner lies in the input.
    pub left: u32,
    pub top: u32,
}

impl Letterbox {
    /// Neither size may be empty; an empty side counts as 1 pixel.
    pub fn new(image: Size, input: Size) -> Self {
        let (w, h) = (f64::from(image.width.max(1)), f64::from(image.height.max(1)));
        let ratio = (f64::from(input.width) / w).min(f64::from(input.height) / h);
        let scaled = Size::new(
            ((w * ratio).round() as u32).clamp(1, input.width.max(1)),
            ((h * ratio).round() as u32).clamp(1, input.height.max(1)),
        );
        Self {
            image: Size::new(image.width.max(1), image.height.max(1)),
            input,
            scaled,
            left: input.width.saturating_sub(scaled.width) / 2,
            top: input.height.saturating_sub(scaled.height) / 2,
        }
    }

    fn input_per_image(&self) -> (f32, f32) {
        (self.scaled.width as f32 / self.image.width as f32, self.scaled.height as f32 / self.image.height as f32)
    }

    /// From image pixels to input pixels.
    pub fn input_from_image(&self, b: BBox) -> BBox {
        let (sx, sy) = self.input_per_image();
        let (left, top) = (self.left as f32, self.top as f32);
        BBox::new(b.x1 * sx + left, b.y1 * sy + top, b.x2 * sx + left, b.y2 * sy + top)
    }

    /// From input pixels to image pixels; not clipped.
    pub fn image_from_input(&self, b: BBox) -> BBox {
        let (sx, sy) = self.input_per_image();
        let (left, top) = (self.left as f32, self.top as f32);
        BBox::new((b.x1 - left) / sx, (b.y1 - top) / sy, (b.x2 - left) / sx, (b.y2 - top) / sy)
    }
}
