//! Boxes and labels, drawn directly into the pixels.

use super::font::{Face, blend};
use super::{INK, PlaceInPair, UnplacedLabel, class_rgb, place, strokes};
use crate::compare::{VerdictKind, label_text};
use crate::detect::{BBox, Classes, Detection, Frame};

/// A box with a label, to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub bbox: BBox,
    /// sRGB.
    pub rgb: [u8; 3],
    /// Gives the line its strokes.
    pub kind: VerdictKind,
    /// Gives the line its width.
    pub place: PlaceInPair,
    /// Empty = none.
    pub label: String,
}

/// Detections as marks in the colours of their classes.
pub fn class_marks(detections: &[Detection], classes: &Classes) -> Vec<Mark> {
    let mark = |d: &Detection| Mark {
        bbox: d.bbox,
        rgb: class_rgb(d.class_id),
        kind: VerdictKind::Matched,
        place: PlaceInPair::Alone,
        label: label_text(classes.name(d.class_id), d.score),
    };
    detections.iter().map(mark).collect()
}

/// Draws outlines and labels, the highest score on top. Lines and text scale with the picture.
pub fn paint(frame: &mut Frame, detections: &[Detection], classes: &Classes) {
    paint_marks(frame, &class_marks(detections, classes));
}

/// Draws outlines and labels, the first on top. Lines and text scale with the picture.
pub fn paint_marks(frame: &mut Frame, marks: &[Mark]) {
    let shorter = frame.width().min(frame.height()) as f32;
    let line = (shorter / 300.0).round().max(2.0);
    let face = Face::new((shorter / 36.0).clamp(14.0, 96.0));
    for mark in marks.iter().rev() {
        let width = (line * mark.place.width() / PlaceInPair::Alone.width()).round().max(1.0);
        outline(frame, mark, width, 1.0, INK, 0.6);
        outline(frame, mark, width, 0.0, mark.rgb, 1.0);
    }
    let labelled: Vec<&Mark> = marks.iter().filter(|mark| !mark.label.is_empty()).collect();
    let margin = (line * 2.0).round();
    let wanted: Vec<UnplacedLabel> = labelled
        .iter()
        .map(|mark| {
            let [w, h] = face.size(&mark.label);
            UnplacedLabel { target: mark.bbox, size: [w + 2.0 * margin, h + margin], always: false }
        })
        .collect();
    let bounds = BBox::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
    let places = place(&wanted, bounds, Vec::new());
    for (place, mark) in places.iter().zip(labelled).rev() {
        let Some(p) = place else { continue };
        fill(frame, p, mark.rgb, 1.0);
        face.paint(frame, p.x1 + margin, p.y1 + margin / 2.0, &mark.label, INK);
    }
}

/// The four sides of a mark's box in the line of its verdict, half of the width on each side of the edge. `more`: each
/// stroke is wider and longer by this on all sides.
fn outline(frame: &mut Frame, mark: &Mark, width: f32, more: f32, rgb: [u8; 3], opacity: f32) {
    let (b, pattern) = (&mark.bbox, mark.kind.pattern());
    let (half, grown) = (width / 2.0, width / 2.0 + more);
    if pattern.is_empty() {
        let across = [b.y1, b.y2].map(|y| BBox::new(b.x1 - grown, y - grown, b.x2 + grown, y + grown));
        let down = [b.x1, b.x2].map(|x| BBox::new(x - grown, b.y1 + grown, x + grown, b.y2 - grown));
        across.iter().chain(&down).for_each(|side| fill(frame, side, rgb, opacity));
        return;
    }
    let across = [b.y1, b.y2].map(|y| ([b.x1 - half, b.x2 + half], y));
    let down = [b.x1, b.x2].map(|x| ([b.y1 + half, b.y2 - half], x));
    for (sides, is_row, end) in [(across, true, frame.width()), (down, false, frame.height())] {
        for ([from, to], at) in sides {
            // The part outside the picture is skipped.
            for (start, stop) in strokes((to - from).max(0.0), pattern, width, [-from, end as f32 - from]) {
                let (start, stop) = (from + start - more, from + stop + more);
                let part = if is_row {
                    BBox::new(start, at - grown, stop, at + grown)
                } else {
                    BBox::new(at - grown, start, at + grown, stop)
                };
                fill(frame, &part, rgb, opacity);
            }
        }
    }
}

fn fill(frame: &mut Frame, b: &BBox, rgb: [u8; 3], opacity: f32) {
    let Some(b) = b.clipped_to(frame.size()) else { return };
    for y in b.y1.round() as i64..b.y2.round() as i64 {
        for x in b.x1.round() as i64..b.x2.round() as i64 {
            blend(frame, x, y, rgb, opacity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{CandidateId, Size};

    fn detection(bbox: BBox) -> Detection {
        Detection { class_id: 0, score: 0.91, bbox, id: CandidateId { head: 0, anchor: 0, cell: 0 } }
    }

    #[test]
    fn an_outline_lies_on_the_edge_of_its_box_and_the_inside_stays() {
        let mut frame = Frame::new(Size::new(300, 200)).unwrap();
        paint(&mut frame, &[detection(BBox::new(50.0, 60.0, 250.0, 180.0))], &Classes::coco());
        assert_eq!(frame.pixel(50, 120), Some(class_rgb(0)));
        assert_eq!(frame.pixel(150, 180), Some(class_rgb(0)));
        assert_eq!(frame.pixel(150, 120), Some([0, 0, 0]));
    }

    #[test]
    fn a_lost_box_has_gaps_on_every_side_and_no_label_where_there_is_none() {
        let mut frame = Frame::new(Size::new(300, 200)).unwrap();
        let rgb = [200, 100, 50];
        let bbox = BBox::new(50.0, 60.0, 250.0, 180.0);
        let (kind, place) = (VerdictKind::Lost, PlaceInPair::Alone);
        paint_marks(&mut frame, &[Mark { bbox, rgb, kind, place, label: String::new() }]);
        for side in [(60..240).map(|x| (x, 60)).collect::<Vec<_>>(), (70..170).map(|y| (250, y)).collect()] {
            let lit = side.iter().filter(|(x, y)| frame.pixel(*x, *y) == Some(rgb)).count();
            assert!(lit * 10 > side.len() * 4 && lit * 10 < side.len() * 8, "{lit} of {}", side.len());
        }
        let elsewhere = (0..300).flat_map(|x| (0..50).map(move |y| (x, y)));
        assert!(elsewhere.into_iter().all(|(x, y)| frame.pixel(x, y) == Some([0, 0, 0])));
    }

    #[test]
    fn of_a_pair_the_first_line_is_about_three_times_as_thick_as_the_second_at_every_size() {
        // Whole pixels: at 1350×900 they are 5, 3 and 2.
        for size in [Size::new(300, 200), Size::new(1350, 900), Size::new(1800, 1200), Size::new(3600, 2400)] {
            let (mut frame, rgb) = (Frame::new(size).unwrap(), [200, 100, 50]);
            let (third, height) = (size.width as f32 / 3.0, size.height as f32);
            let places = [PlaceInPair::First, PlaceInPair::Alone, PlaceInPair::Second];
            let marks: Vec<Mark> = (0..3)
                .map(|i| {
                    let left = third * i as f32;
                    let bbox = BBox::new(left + third * 0.25, height * 0.25, left + third * 0.75, height * 0.75);
                    Mark { bbox, rgb, kind: VerdictKind::Matched, place: places[i], label: String::new() }
                })
                .collect();
            paint_marks(&mut frame, &marks);
            // Across the left edge of each.
            let width = |i: usize| {
                let (from, until) = (size.width as usize * i / 3, size.width as usize * (2 * i + 1) / 6);
                (from..until).filter(|x| frame.pixel(*x as u32, size.height / 2) == Some(rgb)).count()
            };
            let [first, alone, second] = [0, 1, 2].map(width);
            let parts = [PlaceInPair::First, PlaceInPair::Second].map(PlaceInPair::width);
            assert!((first as f32 / parts[0] - second as f32 / parts[1]).abs() < 0.5, "{size}: {first} {second}");
            assert!(first > alone && alone > second && second > 0, "{size}: {first} {alone} {second}");
        }
    }

    #[test]
    fn every_verdict_has_its_own_line_on_a_saved_picture_too() {
        let lit = VerdictKind::ALL.map(|kind| {
            let (mut frame, rgb) = (Frame::new(Size::new(300, 200)).unwrap(), [200, 100, 50]);
            let bbox = BBox::new(50.0, 60.0, 250.0, 180.0);
            paint_marks(&mut frame, &[Mark { bbox, rgb, kind, place: PlaceInPair::Alone, label: String::new() }]);
            (50..250).map(|x| frame.pixel(x, 60) == Some(rgb)).collect::<Vec<_>>()
        });
        for i in 0..4 {
            assert!((0..i).all(|j| lit[i] != lit[j]), "{:?}", VerdictKind::ALL[i]);
        }
    }

    #[test]
    fn a_label_stands_over_its_box() {
        let mut frame = Frame::new(Size::new(300, 200)).unwrap();
        paint(&mut frame, &[detection(BBox::new(50.0, 60.0, 250.0, 180.0))], &Classes::coco());
        let row: Vec<_> = (50..130).filter_map(|x| frame.pixel(x, 50)).collect();
        assert!(row.contains(&class_rgb(0)), "no ground");
        assert!(row.iter().any(|p| p.iter().all(|v| *v < 60)), "no letters");
    }

    #[test]
    fn boxes_beyond_the_edge_and_tiny_pictures_do_no_harm() {
        for size in [Size::new(1, 1), Size::new(5, 400), Size::new(640, 480)] {
            let mut frame = Frame::new(size).unwrap();
            paint(&mut frame, &[detection(BBox::new(-20.0, -5.0, 9999.0, 3.0))], &Classes::coco());
        }
    }
}
