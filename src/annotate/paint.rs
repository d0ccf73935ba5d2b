//! Boxes and labels, painted into the pixels themselves.

use super::font::{Face, blend};
use super::{INK, Wanted, class_rgb, label_text, place};
use crate::detect::{BBox, Classes, Detection, Frame};

/// Paints outlines and labels, the highest score on top. Lines and text grow with the picture.
pub fn paint(frame: &mut Frame, detections: &[Detection], classes: &Classes) {
    let shorter = frame.width().min(frame.height()) as f32;
    let line = (shorter / 300.0).round().max(2.0);
    let face = Face::new((shorter / 36.0).clamp(14.0, 96.0));
    for detection in detections.iter().rev() {
        outline(frame, &detection.bbox, line + 2.0, INK, 0.6);
        outline(frame, &detection.bbox, line, class_rgb(detection.class_id), 1.0);
    }
    let texts: Vec<String> = detections.iter().map(|d| label_text(classes.name(d.class_id), d.score)).collect();
    let margin = (line * 2.0).round();
    let wanted: Vec<Wanted> = texts
        .iter()
        .zip(detections)
        .map(|(text, d)| {
            let [w, h] = face.size(text);
            Wanted { target: d.bbox, size: [w + 2.0 * margin, h + margin] }
        })
        .collect();
    let bounds = BBox::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
    let places = place(&wanted, bounds);
    for ((place, text), detection) in places.iter().zip(&texts).zip(detections).rev() {
        let Some(p) = place else { continue };
        fill(frame, p, class_rgb(detection.class_id), 1.0);
        face.paint(frame, p.x1 + margin, p.y1 + margin / 2.0, text, INK);
    }
}

/// The four sides of a box, half of the line to each side of the edge.
fn outline(frame: &mut Frame, b: &BBox, line: f32, rgb: [u8; 3], opacity: f32) {
    let half = line / 2.0;
    for side in [
        BBox::new(b.x1 - half, b.y1 - half, b.x2 + half, b.y1 + half),
        BBox::new(b.x1 - half, b.y2 - half, b.x2 + half, b.y2 + half),
        BBox::new(b.x1 - half, b.y1 + half, b.x1 + half, b.y2 - half),
        BBox::new(b.x2 - half, b.y1 + half, b.x2 + half, b.y2 - half),
    ] {
        fill(frame, &side, rgb, opacity);
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
