//! How the boxes of two models are shown together.

use super::colour::verdict_rgb;
use super::{Mark, MarkPanes, PlaceInPair, verdict_marks};
use crate::compare::{Comparison, label_text};
use crate::detect::{Classes, Size};

/// As in the window's views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Both on one picture: A thick, B thin.
    #[default]
    Overlay,
    /// A on the left half, B on the right one.
    Split,
    /// On a picture each.
    SideBySide,
}

impl Look {
    /// The boxes of a comparison, in the colours of their verdicts.
    pub fn panes(self, size: Size, comparison: &Comparison, classes: &Classes) -> MarkPanes {
        match self {
            Self::Overlay => MarkPanes::One(verdict_marks(comparison, classes)),
            Self::Split => MarkPanes::Split(side_marks(comparison, classes), size.width.div_ceil(2)),
            Self::SideBySide => MarkPanes::Beside(side_marks(comparison, classes)),
        }
    }
}

/// A's boxes and B's, each with its own class and score in the line of its verdict; what differs is on top.
fn side_marks(comparison: &Comparison, classes: &Classes) -> [Vec<Mark>; 2] {
    let mut marks = [Vec::new(), Vec::new()];
    let mut verdicts: Vec<_> = comparison.verdicts().iter().collect();
    verdicts.sort_by_key(|verdict| verdict.agrees());
    for verdict in verdicts {
        let kind = verdict.kind();
        let boxes = [verdict.a().map(|i| comparison.a()[i]), verdict.b().map(|j| comparison.b()[j])];
        for (detection, marks) in boxes.into_iter().zip(&mut marks) {
            if let Some(d) = detection {
                let label = label_text(classes.name(d.class_id), d.score);
                marks.push(Mark { bbox: d.bbox, rgb: verdict_rgb(kind), kind, place: PlaceInPair::Alone, label });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, VerdictKind};
    use crate::detect::Form;

    #[test]
    fn each_side_has_what_its_model_sees() {
        let form = Form::yolov4_tiny_416();
        let texts = |marks: &[Mark]| marks.iter().map(|m| (m.kind, m.label.clone())).collect::<Vec<_>>();
        let person = |kind| vec![(kind, "person 0.99".to_owned())];
        let (same, lost) = (VerdictKind::Matched, VerdictKind::Lost);
        for (score_b, expected) in [(0.25, [person(same), person(same)]), (1.0, [person(lost), Vec::new()])] {
            let comparer = Comparer::of_person([0.25, score_b]);
            let comparison = comparer.comparison();
            let MarkPanes::Beside(sides) = Look::SideBySide.panes(form.input, comparison, &form.classes) else {
                panic!()
            };
            assert_eq!(sides.each_ref().map(|marks| texts(marks)), expected);
            let MarkPanes::Split(_, column) = Look::Split.panes(form.input, comparison, &form.classes) else {
                panic!()
            };
            assert_eq!(column, 208);
            assert!(matches!(Look::Overlay.panes(form.input, comparison, &form.classes), MarkPanes::One(_)));
        }
    }
}
