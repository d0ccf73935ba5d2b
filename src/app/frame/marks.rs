//! What is drawn over the picture: which box, in which line, with which words.

use egui::Color32;

use crate::annotate::PlaceInPair;
use crate::app::frame::current::CurrentFrame;
use crate::app::ui::palette::class_colour;
use crate::app::view::Side;
use crate::compare::truth::{JudgedBoxes, PairTruth};
use crate::compare::{Arrow, Comparison, Verdict, VerdictKind, label, label_text};
use crate::detect::{BBox, ClassSet, Classes};

/// A box that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxMark {
    pub bbox: BBox,
    pub colour: Color32,
    /// Gives the line its style.
    pub kind: VerdictKind,
    /// Gives the line its width.
    pub place: PlaceInPair,
    /// Empty = none.
    pub label: String,
    /// What it stands for: a verdict where two models are compared, else a detection, by index.
    pub target: usize,
}

/// Which boxes are shown.
#[derive(Clone, Copy)]
pub struct BoxFilter<'a> {
    pub classes: &'a ClassSet,
    /// By verdict, in the order of [`VerdictKind::ALL`].
    pub kinds: [bool; 4],
    /// Where the truth is known: pairs with a right box, and with a wrong one.
    pub truths: [bool; 2],
    pub arrow: Arrow,
}

impl BoxFilter<'_> {
    fn shows(&self, kind: VerdictKind) -> bool {
        self.kinds[kind as usize]
    }
}

/// One model's boxes, in the colours of their classes. `compared`: with the line of their verdict.
pub fn of_side(frame: &CurrentFrame, which: Side, filter: &BoxFilter<'_>, compared: bool, marks: &mut Vec<BoxMark>) {
    marks.clear();
    let Some(classes) = frame.output(which).map(|o| &o.model.form.classes) else { return };
    let comparison = frame.comparison().filter(|_| compared);
    for (i, d) in frame.detections(which).iter().enumerate() {
        let mut mark = BoxMark {
            bbox: d.bbox,
            colour: class_colour(d.class_id),
            kind: VerdictKind::Matched,
            place: PlaceInPair::Alone,
            label: label_text(classes.name(d.class_id), d.score),
            target: i,
        };
        let mut shown = filter.classes.contains(d.class_id);
        if let Some(comparison) = comparison {
            mark.target = if which == Side::A { i } else { comparison.place_of_b(i).unwrap_or_default() };
            let Some(verdict) = comparison.verdicts().get(mark.target) else { continue };
            mark.kind = verdict.kind();
            let [right, wrong] = filter.truths;
            shown = comparison.is_chosen(verdict, filter.classes)
                && filter.shows(mark.kind)
                && frame.pair_truth(verdict).is_among(right, wrong);
            mark.label = filter.arrow.mark(mark.kind, mark.label);
        }
        if shown {
            marks.push(mark);
        }
    }
}

/// The boxes of both models by verdict; what differs is drawn over what does not.
pub fn of_both(
    comparison: &Comparison,
    judged: Option<&[JudgedBoxes; 2]>,
    classes: &Classes,
    filter: &BoxFilter<'_>,
    marks: &mut Vec<BoxMark>,
) {
    marks.clear();
    let [right, wrong] = filter.truths;
    let is_among =
        |verdict: &Verdict| judged.is_none_or(|judged| PairTruth::new(verdict, judged).is_among(right, wrong));
    let verdicts = || comparison.verdicts().iter().enumerate();
    // The first are drawn on top.
    let ordered = verdicts().filter(|(_, v)| !v.agrees()).chain(verdicts().filter(|(_, v)| v.agrees()));
    for (target, verdict) in ordered {
        let kind = verdict.kind();
        if !filter.shows(kind) || !comparison.is_chosen(verdict, filter.classes) || !is_among(verdict) {
            continue;
        }
        let boxes = [verdict.a().map(|i| comparison.a()[i]), verdict.b().map(|j| comparison.b()[j])];
        let is_pair = boxes.iter().all(Option::is_some);
        let mut label = label(verdict, comparison, classes, filter.arrow);
        for (found, place) in boxes.into_iter().zip([PlaceInPair::First, PlaceInPair::Second]) {
            let Some(d) = found else { continue };
            let place = if is_pair { place } else { PlaceInPair::Alone };
            let label = std::mem::take(&mut label);
            marks.push(BoxMark { bbox: d.bbox, colour: kind.colour(), kind, place, label, target });
        }
    }
}
