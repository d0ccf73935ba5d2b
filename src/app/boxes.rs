//! Paints detections over the picture.

use egui::{Align2, CornerRadius, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, pos2, vec2};

use super::palette::{HALO, ON_CLASS, class_colour};
use super::viewport::UiFromImage;
use crate::annotate::{Wanted, label_text, place};
use crate::detect::{BBox, Classes, Detection};

const PADDING: egui::Vec2 = vec2(5.0, 2.0);
const CORNER: CornerRadius = CornerRadius::same(3);
/// How much the other outlines fade while one box is pointed at. Labels stay readable.
const DIMMED: f32 = 0.45;

/// What is painted, and how.
pub struct Boxes<'a> {
    pub detections: &'a [Detection],
    pub classes: &'a Classes,
    /// Index of the one that is pointed at, here or in the list.
    pub highlighted: Option<usize>,
    pub labels: bool,
}

impl Boxes<'_> {
    /// Paints outlines first and labels over them, the highlighted one last.
    pub fn paint(&self, painter: &Painter, transform: &UiFromImage) {
        let rects: Vec<Rect> = self.detections.iter().map(|d| transform.rect(&d.bbox)).collect();
        let order = (0..rects.len()).rev().filter(|i| Some(*i) != self.highlighted).chain(self.highlighted);
        for i in order.filter(|i| *i < rects.len()) {
            self.outline(&self.painter_of(i, painter), i, rects[i]);
        }
        if self.labels {
            self.paint_labels(painter, &rects);
        }
    }

    fn painter_of(&self, index: usize, painter: &Painter) -> Painter {
        let mut painter = painter.clone();
        if self.highlighted.is_some_and(|h| h != index) {
            painter.multiply_opacity(DIMMED);
        }
        painter
    }

    fn outline(&self, painter: &Painter, index: usize, rect: Rect) {
        let colour = class_colour(self.detections[index].class_id);
        let width = if self.highlighted == Some(index) { 3.0 } else { 2.0 };
        if self.highlighted == Some(index) {
            painter.rect_filled(rect, CORNER, colour.gamma_multiply(0.16));
        }
        painter.rect_stroke(rect, CORNER, Stroke::new(width + 2.0, HALO), StrokeKind::Middle);
        painter.rect_stroke(rect, CORNER, Stroke::new(width, colour), StrokeKind::Middle);
    }

    fn paint_labels(&self, painter: &Painter, rects: &[Rect]) {
        let font = FontId::proportional(13.0);
        // The highlighted label chooses first, the others by score.
        let order: Vec<usize> =
            self.highlighted.into_iter().chain((0..rects.len()).filter(|i| Some(*i) != self.highlighted)).collect();
        let galleys: Vec<_> = order
            .iter()
            .filter_map(|i| Some((*i, self.detections.get(*i)?)))
            .map(|(i, d)| {
                let text = label_text(self.classes.name(d.class_id), d.score);
                (i, painter.layout_no_wrap(text, font.clone(), ON_CLASS))
            })
            .collect();
        let wanted: Vec<Wanted> = galleys
            .iter()
            .map(|(i, galley)| {
                let size = galley.size() + 2.0 * PADDING;
                Wanted { target: bbox(rects[*i].expand(1.0)), size: [size.x, size.y] }
            })
            .collect();
        let places = place(&wanted, bbox(painter.clip_rect()));
        // Those that chose first are painted last, so that where there is no room they stay readable.
        for ((i, galley), place) in galleys.into_iter().zip(places).rev() {
            let Some(p) = place else { continue };
            let place = Rect::from_min_max(pos2(p.x1, p.y1), pos2(p.x2, p.y2));
            let colour = class_colour(self.detections[i].class_id);
            painter.rect_filled(place.expand(1.0), CORNER, HALO);
            painter.rect_filled(place, CORNER, colour);
            let text = Align2::CENTER_CENTER.anchor_size(place.center(), galley.size());
            painter.galley(text.min, galley, ON_CLASS);
        }
    }
}

fn bbox(rect: Rect) -> BBox {
    BBox::new(rect.min.x, rect.min.y, rect.max.x, rect.max.y)
}

/// The detection that a person points at: of those around the pointer, the smallest.
pub fn pointed_at(detections: &[Detection], pointer_in_image: Pos2) -> Option<usize> {
    let contains = |d: &Detection| {
        let b = &d.bbox;
        (b.x1..=b.x2).contains(&pointer_in_image.x) && (b.y1..=b.y2).contains(&pointer_in_image.y)
    };
    let around = detections.iter().enumerate().filter(|(_, d)| contains(d));
    around.min_by(|(_, a), (_, b)| a.bbox.area().total_cmp(&b.bbox.area())).map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::CandidateId;

    #[test]
    fn of_boxes_within_each_other_the_smallest_is_meant() {
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        let detection = |b: f32| Detection { class_id: 0, score: 0.5, bbox: BBox::new(10.0, 10.0, b, b), id };
        let detections = [detection(200.0), detection(60.0), detection(120.0)];
        assert_eq!(pointed_at(&detections, pos2(50.0, 50.0)), Some(1));
        assert_eq!(pointed_at(&detections, pos2(100.0, 100.0)), Some(2));
        assert_eq!(pointed_at(&detections, pos2(5.0, 50.0)), None);
    }
}
