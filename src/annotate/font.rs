//! Text on a frame.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use crate::detect::Frame;

/// The typeface of the window, at one size.
pub struct Face {
    font: FontRef<'static>,
    scale: PxScale,
}

impl Face {
    /// `height` of a line in pixels.
    pub fn new(height: f32) -> Self {
        #[expect(clippy::expect_used, reason = "the font is compiled in, and a test parses it")]
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).expect("the compiled-in font parses");
        Self { font, scale: PxScale::from(height) }
    }

    /// Width and height of a text, in pixels.
    pub fn size(&self, text: &str) -> [f32; 2] {
        let font = self.font.as_scaled(self.scale);
        let end = self.glyphs(text).last().map_or(0.0, |g| g.position.x + font.h_advance(g.id));
        [end, font.height()]
    }

    /// As much of a text's beginning as is no wider than `room`, in pixels.
    pub fn start_within<'t>(&self, text: &'t str, room: f32) -> &'t str {
        let font = self.font.as_scaled(self.scale);
        let mut end = 0.0;
        let beyond = text.char_indices().find(|(_, c)| {
            end += font.h_advance(font.glyph_id(*c));
            end > room
        });
        beyond.map_or(text, |(at, _)| &text[..at])
    }

    /// Draws text with its upper left corner at (x, y), clipped to the frame.
    pub fn paint(&self, frame: &mut Frame, x: f32, y: f32, text: &str, rgb: [u8; 3]) {
        let ascent = self.font.as_scaled(self.scale).ascent();
        for mut glyph in self.glyphs(text) {
            glyph.position.x += x;
            glyph.position.y = y + ascent;
            let Some(outline) = self.font.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, coverage| {
                blend(frame, corner.x as i64 + i64::from(dx), corner.y as i64 + i64::from(dy), rgb, coverage);
            });
        }
    }

    fn glyphs(&self, text: &str) -> Vec<Glyph> {
        let font = self.font.as_scaled(self.scale);
        let mut x = 0.0;
        text.chars()
            .map(|c| {
                let glyph = font.glyph_id(c).with_scale_and_position(self.scale, point(x, 0.0));
                x += font.h_advance(glyph.id);
                glyph
            })
            .collect()
    }
}

/// Blends a colour into one pixel; does nothing outside the frame.
pub fn blend(frame: &mut Frame, x: i64, y: i64, rgb: [u8; 3], coverage: f32) {
    if x < 0 || y < 0 || x >= i64::from(frame.width()) || y >= i64::from(frame.height()) {
        return;
    }
    let at = y as usize * frame.stride() + x as usize * 3;
    for (value, colour) in frame.rgb_mut()[at..at + 3].iter_mut().zip(rgb) {
        let mixed = f32::from(*value) + (f32::from(colour) - f32::from(*value)) * coverage.clamp(0.0, 1.0);
        *value = mixed.round() as u8;
    }
}
