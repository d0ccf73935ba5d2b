//! Words on a dark ground, over the picture.

use std::sync::Arc;

use egui::{Align2, FontId, Galley, Painter, Pos2, Rect, Vec2, vec2};

use crate::app::ui::palette::{BEHIND_REMARK, ON_PICTURE};

/// Between the words and the edge of their ground, in points.
const PADDING: Vec2 = vec2(9.0, 5.0);

/// Laid out, and not painted yet: what comes before it keeps clear of its place.
pub struct Chip {
    pub rect: Rect,
    galley: Arc<Galley>,
    painter: Painter,
}

impl Chip {
    /// With its corner at `at`, its lines no wider than `width`.
    pub fn new(painter: &Painter, text: &str, width: f32, corner: Align2, at: Pos2) -> Self {
        let galley = painter.layout(text.to_owned(), FontId::proportional(13.0), ON_PICTURE, width);
        let rect = corner.anchor_size(at, galley.size() + 2.0 * PADDING);
        Self { rect, galley, painter: painter.clone() }
    }

    pub fn paint(self) {
        self.painter.rect_filled(self.rect, 6.0, BEHIND_REMARK);
        self.painter.galley(self.rect.min + PADDING, self.galley, ON_PICTURE);
    }
}
