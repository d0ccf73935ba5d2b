//! A probability of both models as two bars, one above the other.

use egui::{Align2, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::ui::palette::Scheme;
use crate::app::ui::theme;

const ROW: f32 = 27.0;
const THICK: f32 = 7.0;
/// Of a row's width, for its name.
const NAME: f32 = 0.34;
const DIGITS: f32 = 42.0;

/// One quantity as A and B give it; `None` = not known.
pub struct Bar<'a> {
    pub name: &'a str,
    /// It is what the score is made of.
    pub strong: bool,
    /// In 0..=1.
    pub values: [Option<f32>; 2],
}

impl Bar<'_> {
    pub fn show(&self, ui: &mut Ui, names: [&str; 2]) {
        let scheme = theme::scheme(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let text = self.text(names);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        let painter = ui.painter();
        let colour = if self.strong { scheme.strong } else { scheme.text };
        let left = rect.left() + rect.width() * NAME;
        let name = painter.with_clip_rect(rect.with_max_x(left - 6.0).intersect(ui.clip_rect()));
        name.text(rect.left_center(), Align2::LEFT_CENTER, self.name, FontId::proportional(12.5), colour);
        for (side, value) in self.values.into_iter().enumerate() {
            let y = rect.center().y + [-6.0, 6.0][side];
            let rail = Rect::from_min_max(
                pos2(left, y - THICK / 2.0),
                pos2((rect.right() - DIGITS).max(left + 10.0), y + THICK / 2.0),
            );
            let digits = value.map_or_else(|| "–".into(), |v| format!("{v:.3}"));
            painter.text(pos2(rect.right(), y), Align2::RIGHT_CENTER, digits, FontId::monospace(10.5), colour);
            fill(painter, scheme, rail, side, value.unwrap_or_default());
        }
        response.on_hover_text(text);
    }

    /// "objectness: FP32 0.912, INT8 0.880"
    fn text(&self, names: [&str; 2]) -> String {
        let told = |side: usize| match self.values[side] {
            Some(value) => format!("{} {value:.4}", names[side]),
            None => format!("{} unknown", names[side]),
        };
        format!("{}: {}, {}", self.name, told(0), told(1))
    }
}

/// Which bar is whose.
pub fn legend(ui: &mut Ui, names: [&str; 2]) {
    let scheme = theme::scheme(ui);
    ui.horizontal(|ui| {
        for (side, name) in names.into_iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(vec2(22.0, THICK), Sense::hover());
            fill(ui.painter(), scheme, rect, side, 1.0);
            ui.label(egui::RichText::new(name).small());
        }
    });
}

/// A's bar is filled and B's is framed, so that they differ without colour too.
fn fill(painter: &egui::Painter, scheme: &Scheme, rail: Rect, side: usize, value: f32) {
    painter.rect_filled(rail, 2.0, scheme.line);
    let bar = rail.with_max_x(rail.left() + rail.width() * value.clamp(0.0, 1.0));
    if side == 0 {
        painter.rect_filled(bar, 2.0, scheme.accent);
    } else {
        painter.rect_filled(bar, 2.0, scheme.field);
        painter.rect_stroke(bar, 2.0, Stroke::new(1.5, scheme.accent), StrokeKind::Inside);
    }
}
