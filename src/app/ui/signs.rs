//! Signs that no typeface of ours has, or has badly: painted, in the colour of the text beside them.

use std::f32::consts::TAU;

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

/// What a sign shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Sun,
    Moon,
    /// A curve over an axis.
    History,
    /// Sheets on each other.
    Layers,
    /// A disc.
    Record,
    /// Three dots.
    More,
}

impl Sign {
    pub const SIZE: Vec2 = vec2(15.0, 14.0);

    /// Paints it in `ink` on a ground of the colour `paper`.
    pub fn paint(self, painter: &Painter, rect: Rect, ink: Color32, paper: Color32) {
        let centre = rect.center();
        let stroke = Stroke::new(1.3, ink);
        match self {
            Self::Sun => {
                painter.circle_filled(centre, 3.1, ink);
                for ray in 0..8 {
                    let towards = Vec2::angled(ray as f32 * TAU / 8.0);
                    painter.line_segment([centre + towards * 4.7, centre + towards * 6.7], stroke);
                }
            }
            Self::Moon => {
                painter.circle_filled(centre, 5.6, ink);
                painter.circle_filled(centre + vec2(2.7, -2.0), 4.8, paper);
            }
            Self::History => {
                let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.bottom() - y * rect.height());
                painter.add(Shape::line(vec![at(0.03, 0.97), at(0.03, 0.05), at(0.97, 0.05)], stroke));
                painter.add(Shape::line(vec![at(0.18, 0.3), at(0.42, 0.68), at(0.62, 0.4), at(0.93, 0.9)], stroke));
            }
            Self::Layers => {
                let sheet = |y: f32| -> [Pos2; 4] {
                    let (wide, high) = (rect.width() / 2.0, 3.0);
                    let middle = pos2(centre.x, centre.y + y);
                    [vec2(-wide, 0.0), vec2(0.0, -high), vec2(wide, 0.0), vec2(0.0, high)].map(|to| middle + to)
                };
                painter.add(Shape::closed_line(sheet(-3.2).to_vec(), stroke));
                for y in [0.0, 3.2] {
                    let [left, _, right, bottom] = sheet(y);
                    painter.add(Shape::line(vec![left, bottom, right], stroke));
                }
            }
            Self::Record => {
                painter.circle_filled(centre, 4.6, ink);
            }
            Self::More => {
                for x in [-4.5, 0.0, 4.5] {
                    painter.circle_filled(centre + vec2(x, 0.0), 1.4, ink);
                }
            }
        }
    }
}
