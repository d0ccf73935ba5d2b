//! What is known to be in the picture, as it is drawn over it.

use egui::{Align2, FontId, Painter, Rect, Stroke, vec2};

use super::current::CurrentFrame;
use super::marks::BoxFilter;
use super::viewport::UiFromImage;
use crate::app::ui::palette::{HALO, ON_CLASS, TRUTH};
use crate::app::ui::verdict_style;
use crate::app::view::Side;
use crate::detect::BBox;

const PADDING: egui::Vec2 = vec2(5.0, 2.0);
const LETTERS: f32 = 12.0;

/// Of the line around an object that is found, and around one that is missed.
const FOUND: f32 = 1.25;
const MISSED: f32 = 2.25;

/// An object of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthMark {
    pub bbox: BBox,
    /// One of the sides in sight does not find it.
    pub missed: bool,
    /// Empty = it is found.
    pub label: String,
}

/// The objects of the chosen classes, with what these sides miss.
pub fn of_objects(frame: &CurrentFrame, filter: &BoxFilter<'_>, sides: &[Side], marks: &mut Vec<TruthMark>) {
    marks.clear();
    let Some(((truth, judged), classes)) = frame.truth().zip(frame.judged()).zip(frame.classes()) else { return };
    for (place, object) in truth.objects.iter().enumerate() {
        if !filter.classes.contains(object.category) {
            continue;
        }
        let [x1, y1, x2, y2] = object.corners().map(|side| side as f32);
        let missing = sides.iter().filter(|which| judged[which.index()].misses(place));
        let missing: Vec<&str> = missing.map(|which| which.letter()).collect();
        let name = classes.name(object.category);
        let label = match missing.as_slice() {
            [] => String::new(),
            [_] if sides.len() == 1 => format!("missed: {name}"),
            letters => format!("missed by {}: {name}", letters.join(" and ")),
        };
        marks.push(TruthMark { bbox: BBox::new(x1, y1, x2, y2), missed: !missing.is_empty(), label });
    }
}

/// How many objects there are, and how many of them these sides find; empty = nothing is known.
pub fn summary(frame: &CurrentFrame, filter: &BoxFilter<'_>, sides: &[Side]) -> String {
    let Some((truth, judged)) = frame.truth().zip(frame.judged()) else { return String::new() };
    let counts = |place: &usize| {
        let object = &truth.objects[*place];
        !object.crowd && filter.classes.contains(object.category)
    };
    let objects = (0..truth.objects.len()).filter(counts).count();
    let word = if objects == 1 { "object" } else { "objects" };
    let mut text = format!("Truth: {objects} {word}");
    for which in sides.iter().filter(|which| judged[which.index()].is_of(truth)) {
        let found = (0..truth.objects.len()).filter(counts).filter(|place| judged[which.index()].finds(*place)).count();
        text += &match sides {
            [_] => format!(" · {found} found"),
            _ => format!(" · {} finds {found}", which.letter()),
        };
    }
    text
}

/// Paints outlines, and labels of what is missed. Gives the labels' places: others keep clear of them.
pub fn paint(marks: &[TruthMark], painter: &Painter, transform: &UiFromImage, labels: bool) -> Vec<Rect> {
    let mut places = Vec::new();
    for mark in marks {
        let rect = transform.rect(&mark.bbox);
        verdict_style::truth_outline(painter, rect, Stroke::new(if mark.missed { MISSED } else { FOUND }, TRUTH));
        if !labels || mark.label.is_empty() {
            continue;
        }
        let galley = painter.layout_no_wrap(mark.label.clone(), FontId::proportional(LETTERS), ON_CLASS);
        // In the lower left corner: boxes have theirs above.
        let place = Align2::LEFT_BOTTOM.anchor_size(rect.left_bottom(), galley.size() + 2.0 * PADDING);
        painter.rect_filled(place.expand(1.0), 3.0, HALO);
        painter.rect_filled(place, 3.0, TRUTH);
        painter.galley(place.min + PADDING, galley, ON_CLASS);
        places.push(place);
    }
    places
}
