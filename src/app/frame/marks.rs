//! What is drawn over the picture: which box, in which line, with which words.

use egui::Color32;

use crate::annotate::label_text;
use crate::app::frame::current::CurrentFrame;
use crate::app::ui::palette::class_colour;
use crate::app::ui::verdict_style::Kind;
use crate::app::view::Which;
use crate::compare::{Comparison, Verdict};
use crate::detect::{BBox, ClassSet, Classes};

/// A box that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxMark {
    pub bbox: BBox,
    pub colour: Color32,
    /// Gives the line its style.
    pub kind: Kind,
    /// The second box of a pair, drawn thinner.
    pub second: bool,
    /// Empty = none.
    pub label: String,
    /// What it stands for: a verdict where two models are compared, else a detection, by index.
    pub target: usize,
}

/// Which boxes are shown.
#[derive(Clone, Copy)]
pub struct BoxFilter<'a> {
    pub classes: &'a ClassSet,
    /// By verdict, in the order of [`Kind::ALL`].
    pub kinds: [bool; 4],
}

impl BoxFilter<'_> {
    fn shows(&self, kind: Kind) -> bool {
        self.kinds[kind as usize]
    }
}

/// One model's boxes, in the colours of their classes. `compared`: with the line of their verdict.
pub fn of_side(frame: &CurrentFrame, which: Which, filter: &BoxFilter<'_>, compared: bool, marks: &mut Vec<BoxMark>) {
    marks.clear();
    let Some(classes) = frame.output(which).map(|o| &o.model.form.classes) else { return };
    let comparison = frame.comparison().filter(|_| compared);
    for (i, d) in frame.detections(which).iter().enumerate() {
        let mut mark = BoxMark {
            bbox: d.bbox,
            colour: class_colour(d.class_id),
            kind: Kind::Matched,
            second: false,
            label: label_text(classes.name(d.class_id), d.score),
            target: i,
        };
        let mut shown = filter.classes.contains(d.class_id);
        if let Some(comparison) = comparison {
            mark.target = if which == Which::A { i } else { comparison.place_of_b(i).unwrap_or_default() };
            let Some(verdict) = comparison.verdicts().get(mark.target) else { continue };
            mark.kind = Kind::of(verdict);
            shown = comparison.is_chosen(verdict, filter.classes) && filter.shows(mark.kind);
            if mark.kind != Kind::Matched {
                mark.label = format!("{} {}", mark.kind.sign(), mark.label);
            }
        }
        if shown {
            marks.push(mark);
        }
    }
}

/// The boxes of both models by verdict; what differs is drawn over what does not.
pub fn of_both(comparison: &Comparison, classes: &Classes, filter: &BoxFilter<'_>, marks: &mut Vec<BoxMark>) {
    marks.clear();
    let verdicts = || comparison.verdicts().iter().enumerate();
    // The first are drawn on top.
    let ordered = verdicts().filter(|(_, v)| !v.agrees()).chain(verdicts().filter(|(_, v)| v.agrees()));
    for (target, verdict) in ordered {
        let kind = Kind::of(verdict);
        if !filter.shows(kind) || !comparison.is_chosen(verdict, filter.classes) {
            continue;
        }
        let boxes = [verdict.a().map(|i| comparison.a()[i]), verdict.b().map(|j| comparison.b()[j])];
        let mut label = verdict_label(verdict, comparison, classes);
        let mut second = false;
        for d in boxes.into_iter().flatten() {
            let label = std::mem::take(&mut label);
            marks.push(BoxMark { bbox: d.bbox, colour: kind.colour(), kind, second, label, target });
            second = true;
        }
    }
}

/// "person 0.91 → 0.88", "dog 0.62 → cat 0.40", "dog 0.62 → lost", "gained chair 0.31"
pub fn verdict_label(verdict: &Verdict, comparison: &Comparison, classes: &Classes) -> String {
    let name = |class_id: usize| classes.name(class_id);
    let (a, b) = (verdict.a().map(|i| comparison.a()[i]), verdict.b().map(|j| comparison.b()[j]));
    match (a, b) {
        (Some(a), Some(b)) if a.class_id == b.class_id => {
            format!("{} → {:.2}", label_text(name(a.class_id), a.score), b.score)
        }
        (Some(a), Some(b)) => {
            format!("{} → {}", label_text(name(a.class_id), a.score), label_text(name(b.class_id), b.score))
        }
        (Some(a), None) => format!("{} → lost", label_text(name(a.class_id), a.score)),
        (None, Some(b)) => format!("gained {}", label_text(name(b.class_id), b.score)),
        (None, None) => String::new(),
    }
}
