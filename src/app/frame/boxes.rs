//! Paints boxes over the picture.

use egui::{Align2, CornerRadius, FontId, Painter, Pos2, Rect, Stroke, pos2, vec2};

use crate::annotate::{PlaceInPair, UnplacedLabel, place};
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
/// How much the others fade while one is chosen, and how strongly that one is filled.
const DIMMED: f32 = 0.45;
const FILLED: f32 = 0.08;

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
    /// Paints outlines first and labels over them, the chosen box's last. Of a box that is pointed at only the outline
    /// changes: the picture is there to be looked at, and does not flicker as the pointer crosses it. No label is put
    /// where something else is `written`, as long as there is another place.
    pub fn paint(&self, painter: &Painter, transform: &UiFromImage, written: &[Rect]) {
        let is_lit = |mark: &BoxMark| self.highlighted == Some(mark.target) || self.chosen == Some(mark.target);
        let is_chosen = |mark: &&BoxMark| self.chosen == Some(mark.target);
        let (chosen, others): (Vec<&BoxMark>, Vec<&BoxMark>) = self.marks.iter().partition(is_chosen);
        let mut dimmed = painter.clone();
        if !chosen.is_empty() {
            dimmed.multiply_opacity(DIMMED);
        }
        let painter_of = |mark: &BoxMark| if is_lit(mark) { painter } else { &dimmed };
        others.iter().rev().for_each(|mark| outline(mark, painter_of(mark), transform, is_lit(mark)));
        for mark in chosen.iter().rev() {
            if mark.place != PlaceInPair::Second {
                painter.rect_filled(transform.rect(&mark.bbox), CORNER, mark.colour.gamma_multiply(FILLED));
            }
            outline(mark, painter, transform, true);
        }
        if self.labels {
            let painted = chosen.iter().chain(&others).map(|mark| (*mark, painter_of(mark), is_lit(mark)));
            paint_labels(painted.collect(), painter.clip_rect(), transform, written);
        }
    }
}

fn outline(mark: &BoxMark, painter: &Painter, transform: &UiFromImage, lit: bool) {
    let width = mark.place.width() + if lit { 1.5 } else { 0.0 };
    verdict_style::outline(painter, transform.rect(&mark.bbox), mark.kind, Stroke::new(width, mark.colour));
}

/// Each with its painter, and whether it is lit; the first chooses its place first.
fn paint_labels(mut marks: Vec<(&BoxMark, &Painter, bool)>, bounds: Rect, transform: &UiFromImage, written: &[Rect]) {
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
    let places = place(&wanted, bbox(bounds), written.iter().copied().map(bbox).collect());
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
    use egui::epaint::RectShape;
    use egui::{Color32, Shape};
    use egui_kittest::Harness;

    use super::*;
    use crate::app::ui::palette::class_colour;
    use crate::compare::VerdictKind;

    /// What is painted of two boxes, of targets 0 and 1: by box.
    fn painted(highlighted: Option<usize>, chosen: Option<usize>) -> [Vec<RectShape>; 2] {
        let places = [BBox::new(20.0, 20.0, 120.0, 90.0), BBox::new(200.0, 30.0, 300.0, 150.0)];
        let marks: Vec<BoxMark> = (0..2)
            .map(|target| BoxMark {
                bbox: places[target],
                colour: class_colour(target),
                kind: VerdictKind::Matched,
                place: PlaceInPair::Alone,
                label: String::new(),
                target,
            })
            .collect();
        let transform = UiFromImage { scale: 1.0, origin: Pos2::ZERO };
        let mut harness = Harness::builder().with_size(vec2(400.0, 300.0)).build_ui(|ui| {
            let boxes = Boxes { marks: &marks, highlighted, chosen, labels: false };
            boxes.paint(ui.painter(), &transform, &[]);
        });
        harness.run_steps(2);
        let shapes = &harness.output().shapes;
        places.map(|place| {
            let is_here = |shape: &&RectShape| shape.rect == transform.rect(&place);
            let rects = shapes.iter().filter_map(|clipped| match &clipped.shape {
                Shape::Rect(rect) => Some(rect),
                _ => None,
            });
            rects.filter(is_here).cloned().collect()
        })
    }

    #[test]
    fn pointing_at_a_box_thickens_its_line_and_leaves_the_picture_as_it_is() {
        let [before, beside] = painted(None, None);
        let [pointed, others] = painted(Some(0), None);
        assert_eq!(others, beside, "the other boxes are not dimmed");
        assert!(pointed.iter().all(|shape| shape.fill == Color32::TRANSPARENT), "nothing is filled");
        for (before, pointed) in before.iter().zip(&pointed) {
            assert!(pointed.stroke.width > before.stroke.width && pointed.stroke.color == before.stroke.color);
        }
    }

    #[test]
    fn what_was_clicked_is_faintly_filled_and_the_others_are_dimmed() {
        let [_, beside] = painted(None, None);
        let [chosen, others] = painted(None, Some(0));
        let fills: Vec<u8> = chosen.iter().map(|shape| shape.fill.a()).filter(|alpha| *alpha > 0).collect();
        assert!(matches!(fills[..], [1..=25]), "a tenth at most: {fills:?}");
        assert!(others.iter().zip(&beside).all(|(now, before)| now.stroke.color.a() < before.stroke.color.a()));
    }

    #[test]
    fn of_boxes_within_each_other_the_smallest_is_meant() {
        let mark = |target: usize, b: f32| BoxMark {
            bbox: BBox::new(10.0, 10.0, b, b),
            colour: class_colour(0),
            kind: VerdictKind::Matched,
            place: PlaceInPair::Alone,
            label: String::new(),
            target,
        };
        let marks = [mark(4, 200.0), mark(7, 60.0), mark(2, 120.0)];
        assert_eq!(pointed_at(&marks, pos2(50.0, 50.0)), Some(7));
        assert_eq!(pointed_at(&marks, pos2(100.0, 100.0)), Some(2));
        assert_eq!(pointed_at(&marks, pos2(5.0, 50.0)), None);
    }
}
