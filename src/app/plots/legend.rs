//! The line above a plot: its name, what its curves are, and their values.

use egui::{Align2, FontId, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::chart::Pen;
use crate::app::theme;

pub struct Entry<'a> {
    pub name: &'a str,
    pub value: String,
    /// Of the sample before the name; none where it is 0 wide.
    pub pen: Pen,
}

/// Takes one line, as wide as `ui`.
pub fn show(ui: &mut Ui, title: &str, about: &str, entries: &[Entry<'_>]) {
    let scheme = theme::scheme(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let middle = rect.center().y;
    let write = |x: f32, text: &str, font: FontId, colour| {
        painter.text(pos2(x, middle), Align2::LEFT_CENTER, text, font, colour).right()
    };
    let mut x = write(rect.left() + 4.0, title, FontId::proportional(12.5), scheme.strong) + 14.0;
    for Entry { name, value, pen } in entries {
        let mut colour = pen.colour;
        if pen.width > 0.0 {
            let line = [pos2(x, middle), pos2(x + 14.0, middle)];
            painter.add(Shape::line_segment(line, Stroke::new(pen.width.max(1.5), pen.colour)));
            x += 19.0;
            colour = scheme.weak;
        }
        x = write(x, name, FontId::proportional(11.5), colour) + 5.0;
        x = write(x, value, theme::digits(), scheme.text) + 14.0;
    }
    response.on_hover_text(about);
}
