//! The boxes of two models as marks, in the colours of their verdicts.

use super::colour::verdict_rgb;
use super::{Mark, PlaceInPair};
use crate::compare::{Arrow, Comparison, Verdict, label};
use crate::detect::Classes;

/// Both sets of boxes in the lines of the window's overlay: of a pair A's thick and B's thin, and what differs on top.
pub fn verdict_marks(comparison: &Comparison, classes: &Classes) -> Vec<Mark> {
    let (a, b) = (comparison.a(), comparison.b());
    let mut marks = Vec::with_capacity(a.len() + b.len());
    let (matched, differing): (Vec<&Verdict>, Vec<&Verdict>) = comparison.verdicts().iter().partition(|v| v.agrees());
    for verdict in differing.into_iter().chain(matched) {
        let kind = verdict.kind();
        // Of a pair, the first box has the label.
        let mut label = label(verdict, comparison, classes, Arrow::Word);
        let boxes = [verdict.a().map(|i| a[i]), verdict.b().map(|j| b[j])];
        let is_pair = boxes.iter().all(Option::is_some);
        for (detection, place) in boxes.into_iter().zip([PlaceInPair::First, PlaceInPair::Second]) {
            let Some(d) = detection else { continue };
            let place = if is_pair { place } else { PlaceInPair::Alone };
            let label = std::mem::take(&mut label);
            marks.push(Mark { bbox: d.bbox, rgb: verdict_rgb(kind), kind, place, label });
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, VerdictKind};

    #[test]
    fn a_pair_has_two_boxes_and_one_label_that_the_typeface_can_write() {
        let marks = |scores| verdict_marks(Comparer::of_person(scores).comparison(), &Classes::coco());
        let matched = marks([0.25, 0.25]);
        let looks = |marks: &[Mark]| marks.iter().map(|m| (m.kind, m.place, m.label.clone())).collect::<Vec<_>>();
        let pair = [(PlaceInPair::First, "person 0.99 to 0.99"), (PlaceInPair::Second, "")];
        assert_eq!(looks(&matched), pair.map(|(place, label)| (VerdictKind::Matched, place, label.to_owned())));
        let alone = |kind, label: &str| [(kind, PlaceInPair::Alone, label.to_owned())];
        assert_eq!(looks(&marks([0.25, 1.0])), alone(VerdictKind::Lost, "person 0.99 lost"));
        assert_eq!(looks(&marks([1.0, 0.25])), alone(VerdictKind::Gained, "person 0.99 gained"));
    }
}
