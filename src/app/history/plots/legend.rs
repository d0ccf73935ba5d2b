//! The line above a plot: its name, what its curves are, and their values.

use egui::{Align2, FontId, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};
use egui_plot::LineStyle;

use super::chart::Pen;
use crate::app::ui::theme;

pub struct LegendEntry<'a> {
    pub name: &'a str,
    pub value: String,
    pub pen: Pen,
    pub sample: Sample,
}

/// What stands before a name. No letters: the window's typeface lacks these signs.
#[derive(Clone, Copy)]
pub enum Sample {
    Line,
    Up,
    Down,
    Diamond,
}

/// What the lines of a latency are, for its legend: in the upper right corner of the plot at `rect`.
pub fn percentiles(ui: &Ui, rect: Rect) {
    let scheme = theme::scheme(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let mut right = rect.right_top() + vec2(-6.0, 8.0);
    for (name, line) in
        [("p99", LineStyle::dotted_dense()), ("p95", LineStyle::dashed_dense()), ("p50", LineStyle::Solid)]
    {
        let ends = [right - vec2(16.0, 0.0), right];
        let stroke = Stroke::new(1.5, scheme.weak);
        match line {
            LineStyle::Solid => {
                painter.line_segment(ends, stroke);
            }
            LineStyle::Dashed { .. } => painter.extend(Shape::dashed_line(&ends, stroke, 4.0, 3.0)),
            LineStyle::Dotted { .. } => painter.extend(Shape::dotted_line(&ends, scheme.weak, 4.0, 1.0)),
        }
        let place = ends[0] - vec2(4.0, 0.0);
        let text = painter.text(place, Align2::RIGHT_CENTER, name, FontId::proportional(10.5), scheme.weak);
        right.x = text.left() - 9.0;
    }
}

impl Sample {
    /// Points of a sign around the origin.
    fn sign(self) -> &'static [[f32; 2]] {
        match self {
            Self::Line => &[],
            Self::Up => &[[-4.0, 3.0], [0.0, -4.0], [4.0, 3.0]],
            Self::Down => &[[-4.0, -3.0], [4.0, -3.0], [0.0, 4.0]],
            Self::Diamond => &[[-4.0, 0.0], [0.0, -4.5], [4.0, 0.0], [0.0, 4.5]],
        }
    }
}

/// Takes one line, as wide as `ui`.
pub fn show(ui: &mut Ui, title: &str, about: &str, entries: &[LegendEntry<'_>]) {
    let scheme = theme::scheme(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let middle = rect.center().y;
    let write = |x: f32, text: &str, font: FontId, colour| {
        painter.text(pos2(x, middle), Align2::LEFT_CENTER, text, font, colour).right()
    };
    let mut x = write(rect.left() + 4.0, title, FontId::proportional(12.5), scheme.strong) + 14.0;
    for LegendEntry { name, value, pen, sample } in entries {
        let sign: Vec<_> = sample.sign().iter().map(|[dx, dy]| pos2(x + 5.0 + dx, middle + dy)).collect();
        if sign.is_empty() {
            let line = [pos2(x, middle), pos2(x + 14.0, middle)];
            painter.add(Shape::line_segment(line, Stroke::new(pen.width.max(1.5), pen.colour)));
            x += 19.0;
        } else {
            painter.add(Shape::convex_polygon(sign, pen.colour, Stroke::NONE));
            x += 14.0;
        }
        x = write(x, name, FontId::proportional(11.5), scheme.weak) + 5.0;
        x = write(x, value, theme::digits(), scheme.text) + 14.0;
    }
    response.on_hover_text(about);
}
