//! Paints boxes over the picture.

use egui::{Align2, CornerRadius, FontId, Painter, Pos2, Rect, Stroke, pos2, vec2};

use crate::annotate::{UnplacedLabel, place};
use crate::app::frame::marks::BoxMark;
use crate::app::frame::viewport::UiFromImage;
use crate::app::ui::palette::{HALO, ON_CLASS};
use crate::app::ui::verdict_style;
use crate::detect::BBox;

const PADDING: egui::Vec2 = vec2(5.0, 2.0);
/// Height of the letters; where many labels would hide the picture, a smaller one.
const LETTERS: f32 = 13.0;
const SMALL_LETTERS: f32 = 11.0;
const MANY: usize = 16;
const CORNER: CornerRadius = CornerRadius::same(3);
/// How much the others fade while a box is pointed at or chosen.
const DIMMED: f32 = 0.45;

/// What is painted, and how.
pub struct Boxes<'a> {
    /// The first on top.
    pub marks: &'a [BoxMark],
    /// The target that is pointed at, here or in a list.
    pub highlighted: Option<usize>,
    /// The target whose details are shown.
    pub chosen: Option<usize>,
    pub labels: bool,
}

impl Boxes<'_> {
    /// Paints outlines first and labels over them, those that are lit last.
    pub fn paint(&self, painter: &Painter, transform: &UiFromImage) {
        let is_lit = |mark: &&BoxMark| [self.highlighted, self.chosen].contains(&Some(mark.target));
        let (lit, others): (Vec<&BoxMark>, Vec<&BoxMark>) = self.marks.iter().partition(is_lit);
        let mut dimmed = painter.clone();
        if !lit.is_empty() {
            dimmed.multiply_opacity(DIMMED);
        }
        others.iter().rev().for_each(|mark| outline(mark, &dimmed, transform, false));
        lit.iter().rev().for_each(|mark| outline(mark, painter, transform, true));
        if self.labels {
            let painted = lit.iter().map(|m| (*m, painter, true)).chain(others.iter().map(|m| (*m, &dimmed, false)));
            paint_labels(painted.collect(), painter.clip_rect(), transform);
        }
    }
}

fn outline(mark: &BoxMark, painter: &Painter, transform: &UiFromImage, lit: bool) {
    let rect = transform.rect(&mark.bbox);
    if lit && !mark.second {
        painter.rect_filled(rect, CORNER, mark.colour.gamma_multiply(0.16));
    }
    let width = if mark.second { 1.0 } else { 2.0 } + if lit { 1.0 } else { 0.0 };
    verdict_style::outline(painter, rect, mark.kind, Stroke::new(width, mark.colour));
}

/// Each with its painter, and whether it is lit; the first chooses its place first.
fn paint_labels(mut marks: Vec<(&BoxMark, &Painter, bool)>, bounds: Rect, transform: &UiFromImage) {
    marks.retain(|(mark, ..)| !mark.label.is_empty());
    let font = FontId::proportional(if marks.len() > MANY { SMALL_LETTERS } else { LETTERS });
    let galleys: Vec<_> = marks
        .into_iter()
        .map(|(mark, painter, lit)| {
            (mark, painter, lit, painter.layout_no_wrap(mark.label.clone(), font.clone(), ON_CLASS))
        })
        .collect();
    let wanted: Vec<UnplacedLabel> = galleys
        .iter()
        .map(|(mark, _, lit, galley)| {
            let size = galley.size() + 2.0 * PADDING;
            UnplacedLabel { target: bbox(transform.rect(&mark.bbox).expand(1.0)), size: [size.x, size.y], always: *lit }
        })
        .collect();
    let places = place(&wanted, bbox(bounds));
    // Those that chose first are painted last, so that where there is no room they stay readable.
    for ((mark, painter, _, galley), place) in galleys.into_iter().zip(places).rev() {
        let Some(p) = place else { continue };
        let place = Rect::from_min_max(pos2(p.x1, p.y1), pos2(p.x2, p.y2));
        painter.rect_filled(place.expand(1.0), CORNER, HALO);
        painter.rect_filled(place, CORNER, mark.colour);
        let text = Align2::CENTER_CENTER.anchor_size(place.center(), galley.size());
        painter.galley(text.min, galley, ON_CLASS);
    }
}

fn bbox(rect: Rect) -> BBox {
    BBox::new(rect.min.x, rect.min.y, rect.max.x, rect.max.y)
}

/// The target that a person points at: of the boxes around the pointer, the smallest one's.
pub fn pointed_at(marks: &[BoxMark], pointer_in_image: Pos2) -> Option<usize> {
    let contains = |mark: &&BoxMark| {
        let b = &mark.bbox;
        (b.x1..=b.x2).contains(&pointer_in_image.x) && (b.y1..=b.y2).contains(&pointer_in_image.y)
    };
    let around = marks.iter().filter(contains);
    around.min_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area())).map(|mark| mark.target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ui::palette::class_colour;
    use crate::compare::VerdictKind;

    #[test]
    fn of_boxes_within_each_other_the_smallest_is_meant() {
        let mark = |target: usize, b: f32| BoxMark {
            bbox: BBox::new(10.0, 10.0, b, b),
            colour: class_colour(0),
            kind: VerdictKind::Matched,
            second: false,
            label: String::new(),
            target,
        };
        let marks = [mark(4, 200.0), mark(7, 60.0), mark(2, 120.0)];
        assert_eq!(pointed_at(&marks, pos2(50.0, 50.0)), Some(7));
        assert_eq!(pointed_at(&marks, pos2(100.0, 100.0)), Some(2));
        assert_eq!(pointed_at(&marks, pos2(5.0, 50.0)), None);
    }
}
