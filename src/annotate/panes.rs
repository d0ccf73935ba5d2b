//! The marks of two models on one picture, on its two halves, or on two pictures.

use super::font::Face;
use super::{INK, Mark, paint_marks};
use crate::detect::{Frame, FrameError, Size};

/// Which marks stand where.
#[derive(Clone)]
pub enum MarkPanes {
    One(Vec<Mark>),
    /// The first left of this column, the second from there on.
    Split([Vec<Mark>; 2], u32),
    /// On a picture each.
    Beside([Vec<Mark>; 2]),
}

/// Paints one picture after another in memory that is used again.
#[derive(Default)]
pub struct PanePainter {
    whole: Frame,
    side: Frame,
}

impl PanePainter {
    /// A picture with its marks. Takes a while for large ones.
    pub fn paint(&mut self, frame: &Frame, panes: &MarkPanes) -> Result<&mut Frame, FrameError> {
        let (width, stride) = (frame.width(), frame.stride());
        match panes {
            MarkPanes::One(marks) => copy(frame, marks, &mut self.whole)?,
            MarkPanes::Split([a, b], column) => {
                copy(frame, a, &mut self.whole)?;
                copy(frame, b, &mut self.side)?;
                let from = 3 * (*column).min(width) as usize;
                let rows = self.whole.rgb_mut().chunks_exact_mut(stride).zip(self.side.rgb().chunks_exact(stride));
                rows.for_each(|(row, other)| row[from..].copy_from_slice(&other[from..]));
            }
            MarkPanes::Beside(sides) => {
                self.whole.resize(Size::new(width.saturating_mul(2), frame.height()))?;
                for (marks, from) in sides.iter().zip([0, stride]) {
                    copy(frame, marks, &mut self.side)?;
                    let rows = self.whole.rgb_mut().chunks_exact_mut(2 * stride);
                    rows.zip(self.side.rgb().chunks_exact(stride))
                        .for_each(|(row, other)| row[from..][..stride].copy_from_slice(other));
                }
            }
        }
        Ok(&mut self.whole)
    }

    /// The picture that was painted last.
    pub fn painted(&self) -> &Frame {
        &self.whole
    }

    /// The same.
    pub fn into_frame(self) -> Frame {
        self.whole
    }
}

fn copy(frame: &Frame, marks: &[Mark], to: &mut Frame) -> Result<(), FrameError> {
    to.resize(frame.size())?;
    to.rgb_mut().copy_from_slice(frame.rgb());
    paint_marks(to, marks);
    Ok(())
}

/// Writes the names of A and of B over the panes: at the top left of the left one, and of the right one. What has no
/// room in its own pane is left out.
pub fn paint_names(painted: &mut Frame, panes: &MarkPanes, names: [&str; 2]) {
    let left = match panes {
        MarkPanes::One(_) => return,
        MarkPanes::Split(_, column) => *column,
        MarkPanes::Beside(_) => painted.width() / 2,
    };
    let pane = Size::new(left.max(1), painted.height());
    let height = (pane.width.min(pane.height) as f32 / 36.0).clamp(14.0, 96.0);
    let (face, margin) = (Face::new(height), height / 3.0);
    let panes = [(0, left), (left, painted.width().saturating_sub(left))];
    for (name, (from, width)) in names.into_iter().zip(panes) {
        let name = face.start_within(name, width as f32 - 2.0 * margin);
        // Readable on any picture.
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
            face.paint(painted, from as f32 + margin + dx, margin + dy, name, INK);
        }
        face.paint(painted, from as f32 + margin, margin, name, [255; 3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotate::PlaceInPair;
    use crate::compare::VerdictKind;
    use crate::detect::BBox;

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    #[test]
    fn each_side_has_its_own_boxes_and_memory_is_used_again() {
        let marks = || {
            [RED, BLUE].map(|rgb| {
                let bbox = BBox::new(20.0, 20.0, 180.0, 80.0);
                vec![Mark { bbox, rgb, kind: VerdictKind::Matched, place: PlaceInPair::Alone, label: String::new() }]
            })
        };
        let frame = Frame::new(Size::new(200, 100)).unwrap();
        let mut painter = PanePainter::default();
        for _ in 0..2 {
            let split = painter.paint(&frame, &MarkPanes::Split(marks(), 120)).unwrap();
            assert_eq!([split.pixel(20, 50), split.pixel(180, 50)], [Some(RED), Some(BLUE)]);
            assert_eq!([split.pixel(119, 20), split.pixel(120, 20)], [Some(RED), Some(BLUE)]);
            let beside = painter.paint(&frame, &MarkPanes::Beside(marks())).unwrap();
            assert_eq!(beside.size(), Size::new(400, 100));
            assert_eq!([beside.pixel(180, 50), beside.pixel(220, 50)], [Some(RED), Some(BLUE)]);
            let [a, _] = marks();
            let one = painter.paint(&frame, &MarkPanes::One(a)).unwrap();
            assert_eq!((one.size(), one.pixel(180, 50), one.pixel(100, 50)), (frame.size(), Some(RED), Some([0; 3])));
        }
    }

    #[test]
    fn names_stand_at_the_top_left_of_each_pane() {
        let mut painter = PanePainter::default();
        let frame = Frame::new(Size::new(200, 100)).unwrap();
        let panes = MarkPanes::Beside(Default::default());
        let painted = painter.paint(&frame, &panes).unwrap();
        paint_names(painted, &panes, ["FP32", "INT8"]);
        let is_lit = |from: u32| {
            let places = (from..from + 60).flat_map(|x| (0..30).map(move |y| (x, y)));
            places.into_iter().any(|(x, y)| painted.pixel(x, y).is_some_and(|p| p[0] > 120))
        };
        assert!(is_lit(0) && is_lit(200) && !is_lit(100) && !is_lit(300));
    }

    #[test]
    fn a_name_stays_within_its_pane() {
        let mut painter = PanePainter::default();
        let frame = Frame::new(Size::new(200, 100)).unwrap();
        for column in [0, 1, 30, 200] {
            let panes = MarkPanes::Split(Default::default(), column);
            let painted = painter.paint(&frame, &panes).unwrap();
            paint_names(painted, &panes, ["a name as long as a file's may be", ""]);
            let places = (column..200).flat_map(|x| (0..100).map(move |y| (x, y)));
            let lit = places.into_iter().filter(|(x, y)| painted.pixel(*x, *y).is_some_and(|p| p[0] > 120)).count();
            assert_eq!(lit, 0, "A's name stands in B's pane, right of {column}");
        }
    }
}
