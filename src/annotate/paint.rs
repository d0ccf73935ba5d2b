//! Boxes and labels, drawn directly into the pixels.

use super::font::{Face, blend};
use super::{INK, UnplacedLabel, class_rgb, place};
use crate::compare::label_text;
use crate::detect::{BBox, Classes, Detection, Frame};

/// A box with a label, to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub bbox: BBox,
    /// sRGB.
    pub rgb: [u8; 3],
    pub dashed: bool,
    /// Empty = none.
    pub label: String,
}

/// Detections as marks in the colours of their classes.
pub fn class_marks(detections: &[Detection], classes: &Classes) -> Vec<Mark> {
    let mark = |d: &Detection| Mark {
        bbox: d.bbox,
        rgb: class_rgb(d.class_id),
        dashed: false,
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
        outline(frame, &mark.bbox, line + 2.0, line, mark.dashed, INK, 0.6);
        outline(frame, &mark.bbox, line, line, mark.dashed, mark.rgb, 1.0);
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

/// The four sides of a box, half of the line width on each side of the edge. Dashes are equally long for every line
/// width; `unit` sets their length.
fn outline(frame: &mut Frame, b: &BBox, line: f32, unit: f32, dashed: bool, rgb: [u8; 3], opacity: f32) {
    let half = line / 2.0;
    let across = [b.y1, b.y2].map(|y| BBox::new(b.x1 - half, y - half, b.x2 + half, y + half));
    let down = [b.x1, b.x2].map(|x| BBox::new(x - half, b.y1 + half, x + half, b.y2 - half));
    if !dashed {
        across.iter().chain(&down).for_each(|side| fill(frame, side, rgb, opacity));
        return;
    }
    let (dash, step) = (4.0 * unit, 7.0 * unit);
    let bounds = BBox::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
    for (sides, is_row) in [(across, true), (down, false)] {
        for side in sides {
            let (from, to) = if is_row { (side.x1, side.x2) } else { (side.y1, side.y2) };
            let end = to.min(if is_row { bounds.x2 } else { bounds.y2 });
            // Skips the part outside the picture.
            let mut at = from + ((-from / step).floor().max(0.0)) * step;
            while at < end {
                let next = (at + dash).min(to);
                let part =
                    if is_row { BBox::new(at, side.y1, next, side.y2) } else { BBox::new(side.x1, at, side.x2, next) };
                fill(frame, &part, rgb, opacity);
                at += step;
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
    fn a_dashed_outline_has_gaps_on_every_side_and_no_label_where_there_is_none() {
        let mut frame = Frame::new(Size::new(300, 200)).unwrap();
        let rgb = [200, 100, 50];
        let bbox = BBox::new(50.0, 60.0, 250.0, 180.0);
        paint_marks(&mut frame, &[Mark { bbox, rgb, dashed: true, label: String::new() }]);
        for side in [(60..240).map(|x| (x, 60)).collect::<Vec<_>>(), (70..170).map(|y| (250, y)).collect()] {
            let lit = side.iter().filter(|(x, y)| frame.pixel(*x, *y) == Some(rgb)).count();
            assert!(lit * 10 > side.len() * 4 && lit * 10 < side.len() * 8, "{lit} of {}", side.len());
        }
        let elsewhere = (0..300).flat_map(|x| (0..50).map(move |y| (x, y)));
        assert!(elsewhere.into_iter().all(|(x, y)| frame.pixel(x, y) == Some([0, 0, 0])));
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
