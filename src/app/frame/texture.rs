//! A frame on the graphics card.

use std::sync::Arc;

use egui::{Color32, ColorImage, Context, TextureFilter, TextureHandle, TextureId, TextureOptions, TextureWrapMode};

use crate::detect::Frame;

/// The texture of the current frame, and the buffers through which frames get there.
#[derive(Default)]
pub struct FrameTexture {
    handle: Option<TextureHandle>,
    /// Handed back by egui once they are uploaded, and then used again.
    buffers: Vec<Arc<ColorImage>>,
    grey: bool,
}

impl FrameTexture {
    pub fn id(&self) -> Option<TextureId> {
        self.handle.as_ref().map(TextureHandle::id)
    }

    /// Uploads a frame. `smooth`: for pictures shown smaller than they are; costs time with every upload. `pixels`:
    /// for pictures shown so large that a person wants to see each pixel.
    pub fn set(&mut self, ctx: &Context, frame: &Frame, smooth: bool, pixels: bool) {
        let mut image = self.filled(frame, ctx.input(|i| i.max_texture_side).max(1));
        let options = TextureOptions {
            magnification: if pixels { TextureFilter::Nearest } else { TextureFilter::Linear },
            minification: TextureFilter::Linear,
            wrap_mode: TextureWrapMode::ClampToEdge,
            mipmap_mode: smooth.then_some(TextureFilter::Linear),
        };
        if self.grey {
            // A copy; frames that are not live come one at a time.
            wash_out(&mut Arc::make_mut(&mut image).pixels);
        }
        match &mut self.handle {
            Some(handle) => handle.set(image, options),
            None => self.handle = Some(ctx.load_texture("frame", image, options)),
        }
    }

    /// Whether frames are shown without their colours, as those that are not live.
    pub fn is_grey(&self) -> bool {
        self.grey
    }

    /// Takes effect with the next frame.
    pub fn set_grey(&mut self, grey: bool) {
        self.grey = grey;
    }

    /// The frame as egui takes it. Beyond the card's limit every n-th pixel is shown.
    fn filled(&mut self, frame: &Frame, max_side: usize) -> Arc<ColorImage> {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let step = width.max(height).div_ceil(max_side);
        let size = [width.div_ceil(step), height.div_ceil(step)];
        let free = self.buffers.iter_mut().position(|b| Arc::get_mut(b).is_some());
        let mut buffer = free.map_or_else(Arc::default, |i| self.buffers.swap_remove(i));
        // It is free, so that this copies nothing.
        let image = Arc::make_mut(&mut buffer);
        image.size = size;
        image.source_size = egui::vec2(width as f32, height as f32);
        image.pixels.clear();
        let rows = frame.rgb().chunks_exact(frame.stride()).step_by(step);
        for row in rows {
            let pixels = row.as_chunks::<3>().0.iter().step_by(step);
            image.pixels.extend(pixels.map(|[r, g, b]| Color32::from_rgb(*r, *g, *b)));
        }
        self.buffers.push(Arc::clone(&buffer));
        buffer
    }
}

/// Leaves the luminance, after BT.601.
fn wash_out(pixels: &mut [Color32]) {
    for pixel in pixels {
        let [r, g, b] = [pixel.r(), pixel.g(), pixel.b()].map(u32::from);
        *pixel = Color32::from_gray(((299 * r + 587 * g + 114 * b + 500) / 1000) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;

    fn frame(width: u32, height: u32) -> Frame {
        Frame::from_rgb(Size::new(width, height), (0..width * height * 3).map(|i| i as u8).collect()).unwrap()
    }

    #[test]
    fn pixels_keep_their_place() {
        let image = FrameTexture::default().filled(&frame(3, 2), 64);
        assert_eq!(image.size, [3, 2]);
        assert_eq!(image.pixels[4], Color32::from_rgb(12, 13, 14));
    }

    #[test]
    fn a_picture_over_the_limit_is_thinned() {
        let image = FrameTexture::default().filled(&frame(9, 4), 4);
        assert_eq!((image.size, image.pixels.len()), ([3, 2], 6));
        assert_eq!(image.pixels[1], Color32::from_rgb(9, 10, 11));
    }

    #[test]
    fn a_buffer_that_came_back_is_used_again() {
        let mut texture = FrameTexture::default();
        let first = Arc::as_ptr(&texture.filled(&frame(4, 4), 64));
        let held = texture.filled(&frame(4, 4), 64);
        assert_eq!(Arc::as_ptr(&held), first);
        assert_ne!(Arc::as_ptr(&texture.filled(&frame(4, 4), 64)), first);
    }

    #[test]
    fn without_colours_the_luminance_stays() {
        let mut pixels = [Color32::WHITE, Color32::BLACK, Color32::from_rgb(255, 0, 0), Color32::from_rgb(10, 20, 30)];
        wash_out(&mut pixels);
        // 0.299 · 255 = 76.2; 2.99 + 11.74 + 3.42 = 18.15.
        assert_eq!(pixels.map(|p| [p.r(), p.g(), p.b()]), [[255; 3], [0; 3], [76; 3], [18; 3]]);
    }
}
