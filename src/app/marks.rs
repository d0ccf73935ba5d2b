//! What is drawn over the picture: which box, in which line, with which words.

use egui::Color32;

use super::palette::class_colour;
use super::sight::Sight;
use super::view::Which;
use crate::annotate::label_text;
use crate::compare::{Arrow, Comparison, VerdictKind, label};
use crate::detect::{BBox, ClassSet, Classes};

/// A box that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub bbox: BBox,
    pub colour: Color32,
    /// Gives the line its style.
    pub kind: VerdictKind,
    /// The second box of a pair, drawn thinner.
    pub second: bool,
    /// Empty = none.
    pub label: String,
    /// What it stands for: a verdict where two models are compared, else a detection, by index.
    pub target: usize,
}

/// What a person wants to see.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub classes: &'a ClassSet,
    /// By verdict, in the order of [`VerdictKind::ALL`].
    pub kinds: [bool; 4],
    pub arrow: Arrow,
}

impl Wanted<'_> {
    fn shows(&self, kind: VerdictKind) -> bool {
        self.kinds[kind as usize]
    }
}

/// One model's boxes, in the colours of their classes. `compared`: with the line of their verdict.
pub fn of_side(sight: &Sight, which: Which, wanted: &Wanted<'_>, compared: bool, marks: &mut Vec<Mark>) {
    marks.clear();
    let Some(classes) = sight.output(which).map(|o| &o.model.form.classes) else { return };
    let comparison = sight.comparison().filter(|_| compared);
    for (i, d) in sight.detections(which).iter().enumerate() {
        let mut mark = Mark {
            bbox: d.bbox,
            colour: class_colour(d.class_id),
            kind: VerdictKind::Matched,
            second: false,
            label: label_text(classes.name(d.class_id), d.score),
            target: i,
        };
        let mut shown = wanted.classes.contains(d.class_id);
        if let Some(comparison) = comparison {
            mark.target = if which == Which::A { i } else { comparison.place_of_b(i).unwrap_or_default() };
            let Some(verdict) = comparison.verdicts().get(mark.target) else { continue };
            mark.kind = verdict.kind();
            shown = comparison.is_chosen(verdict, wanted.classes) && wanted.shows(mark.kind);
            mark.label = wanted.arrow.mark(mark.kind, mark.label);
        }
        if shown {
            marks.push(mark);
        }
    }
}

/// The boxes of both models by verdict; what differs is drawn over what does not.
pub fn of_both(comparison: &Comparison, classes: &Classes, wanted: &Wanted<'_>, marks: &mut Vec<Mark>) {
    marks.clear();
    let verdicts = || comparison.verdicts().iter().enumerate();
    // The first are drawn on top.
    let ordered = verdicts().filter(|(_, v)| !v.agrees()).chain(verdicts().filter(|(_, v)| v.agrees()));
    for (target, verdict) in ordered {
        let kind = verdict.kind();
        if !wanted.shows(kind) || !comparison.is_chosen(verdict, wanted.classes) {
            continue;
        }
        let boxes = [verdict.a().map(|i| comparison.a()[i]), verdict.b().map(|j| comparison.b()[j])];
        let mut label = label(verdict, comparison, classes, wanted.arrow);
        let mut second = false;
        for d in boxes.into_iter().flatten() {
            let label = std::mem::take(&mut label);
            marks.push(Mark { bbox: d.bbox, colour: kind.colour(), kind, second, label, target });
            second = true;
        }
    }
}
