//! What is known to be in the picture, as it is drawn over it.

use egui::{Align2, FontId, Painter, Pos2, Rect, Stroke, vec2};

use super::current::CurrentFrame;
use super::marks::BoxFilter;
use super::viewport::UiFromImage;
use crate::app::ui::palette::{HALO, ON_CLASS, TRUTH};
use crate::app::ui::verdict_style;
use crate::app::view::Side;
use crate::compare::Comparison;
use crate::compare::truth::{JudgedBoxes, ObjectJudgement};
use crate::detect::BBox;

const PADDING: egui::Vec2 = vec2(5.0, 2.0);
const LETTERS: f32 = 12.0;

/// Of the line around an object that is found, and around one that is missed.
pub const FOUND: f32 = 1.25;
const MISSED: f32 = 2.25;

/// An object of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthMark {
    pub bbox: BBox,
    /// One of the sides in sight does not find it.
    pub missed: bool,
    /// Empty = it is found.
    pub label: String,
    /// Neither model finds it, so that no difference is to be seen there: the label waits until it is asked for.
    pub quiet: bool,
    /// The verdicts of boxes that were mistaken for it.
    pub mistaken: [Option<usize>; 2],
}

/// What is pointed at, and what is selected: that of the truth which waits is told there.
#[derive(Clone, Copy, Debug, Default)]
pub struct TruthAttention {
    /// In the window.
    pub pointer: Option<Pos2>,
    /// Verdicts.
    pub targets: [Option<usize>; 2],
}

/// The objects of the chosen classes, with what these sides miss. `compared`: two models are.
pub fn of_objects(
    frame: &CurrentFrame,
    filter: &BoxFilter<'_>,
    sides: &[Side],
    compared: bool,
    marks: &mut Vec<TruthMark>,
) {
    marks.clear();
    let comparison = frame.comparison().filter(|_| compared);
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
        let quiet = comparison.is_some() && judged.iter().all(|judged| judged.misses(place));
        let mistaken = comparison.map_or([None; 2], |comparison| mistaken(comparison, judged, place));
        marks.push(TruthMark { bbox: BBox::new(x1, y1, x2, y2), missed: !missing.is_empty(), label, quiet, mistaken });
    }
}

/// The verdicts of A's box and of B's that were mistaken for an object.
fn mistaken(comparison: &Comparison, judged: &[JudgedBoxes; 2], object: usize) -> [Option<usize>; 2] {
    let of = |judged: &JudgedBoxes| match judged.objects.get(object) {
        Some(ObjectJudgement::Mistaken(detection)) => Some(*detection),
        _ => None,
    };
    let [a, b] = judged;
    // A verdict of a box of A has that box's place.
    [of(a), of(b).and_then(|detection| comparison.place_of_b(detection))]
}

/// Of the objects around the pointer, the smallest.
fn pointed_at(marks: &[TruthMark], transform: &UiFromImage, pointer: Option<Pos2>) -> Option<usize> {
    let pointer = pointer?;
    let around = marks.iter().enumerate().filter(|(_, mark)| transform.rect(&mark.bbox).contains(pointer));
    around.min_by(|(_, a), (_, b)| a.bbox.area().total_cmp(&b.bbox.area())).map(|(place, _)| place)
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

/// Paints outlines, and labels of what is missed; of what both models miss only where the `attention` is. Gives the labels'
/// places: others keep clear of them.
pub fn paint(
    marks: &[TruthMark],
    painter: &Painter,
    transform: &UiFromImage,
    labels: bool,
    attention: TruthAttention,
) -> Vec<Rect> {
    let mut places = Vec::new();
    let pointed = pointed_at(marks, transform, attention.pointer);
    for (at, mark) in marks.iter().enumerate() {
        let rect = transform.rect(&mark.bbox);
        verdict_style::truth_outline(painter, rect, Stroke::new(if mark.missed { MISSED } else { FOUND }, TRUTH));
        let meant = attention.targets.iter().flatten().any(|target| mark.mistaken.contains(&Some(*target)));
        if !labels || mark.label.is_empty() || (mark.quiet && !meant && pointed != Some(at)) {
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

#[cfg(test)]
mod tests {
    use egui::{Shape, pos2};
    use egui_kittest::Harness;

    use super::*;

    /// The labels that are painted of two objects: one that A misses, and one that both do.
    fn labels(attention: TruthAttention) -> Vec<String> {
        let mark = |x: f32, label: &str, quiet: bool| TruthMark {
            bbox: BBox::new(x, 20.0, x + 100.0, 120.0),
            missed: true,
            label: label.to_owned(),
            quiet,
            mistaken: [None, quiet.then_some(7)],
        };
        let marks = [mark(20.0, "missed by A: dog", false), mark(200.0, "missed by A and B: chair", true)];
        let transform = UiFromImage { scale: 1.0, origin: Pos2::ZERO };
        let mut harness = Harness::builder().with_size(vec2(400.0, 300.0)).build_ui(|ui| {
            paint(&marks, ui.painter(), &transform, true, attention);
        });
        harness.run_steps(2);
        let shapes = harness.output().shapes.iter();
        let texts = shapes.filter_map(|clipped| match &clipped.shape {
            Shape::Text(text) => Some(text.galley.text().to_owned()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn what_both_models_miss_is_named_where_it_is_asked_for() {
        let [dog, chair] = ["missed by A: dog", "missed by A and B: chair"];
        let at = |x: f32| TruthAttention { pointer: Some(pos2(x, 70.0)), targets: [None; 2] };
        assert_eq!(labels(TruthAttention::default()), [dog]);
        assert_eq!(labels(at(70.0)), [dog]);
        assert_eq!(labels(at(250.0)), [dog, chair]);
        assert_eq!(labels(TruthAttention { pointer: None, targets: [Some(3), Some(7)] }), [dog, chair]);
    }
}
