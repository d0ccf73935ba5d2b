//! The look of verdicts: a colour and a line for each, so that no one has to tell them by colour alone.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Theme, Vec2, vec2};

use super::palette::{FLIP, GAINED, HALO, LOST, MATCHED, ON_CLASS, plots};
use crate::annotate::strokes;
use crate::compare::VerdictKind;

impl VerdictKind {
    pub fn colour(self) -> Color32 {
        match self {
            Self::Lost => LOST,
            Self::Gained => GAINED,
            Self::Flip => FLIP,
            Self::Matched => MATCHED,
        }
    }

    /// The edge of its mark on a panel, where the mark's own colour may be as light as the panel.
    pub fn edge(self, dark: bool) -> Color32 {
        let colours = plots(dark);
        match self {
            Self::Lost => colours.lost,
            Self::Gained => colours.gained,
            Self::Flip => colours.flips,
            Self::Matched => colours.agreement,
        }
    }
}

/// The line around what is known to be in the picture, as a verdict's pattern: longer strokes than any verdict has.
const TRUTH_PATTERN: [(f32, f32); 1] = [(9.0, 4.0)];

/// Paints an outline in a verdict's line over a dark halo. What lies outside the painter's clip costs nothing.
pub fn outline(painter: &Painter, rect: Rect, kind: VerdictKind, stroke: Stroke) {
    outline_in(painter, rect, kind.pattern(), stroke);
}

/// Paints an outline in the line of the truth, likewise.
pub fn truth_outline(painter: &Painter, rect: Rect, stroke: Stroke) {
    outline_in(painter, rect, &TRUTH_PATTERN, stroke);
}

fn outline_in(painter: &Painter, rect: Rect, pattern: &[(f32, f32)], stroke: Stroke) {
    let width = stroke.width;
    let halo = Stroke::new(width + 2.0, HALO);
    if pattern.is_empty() {
        painter.rect_stroke(rect, 0.0, halo, StrokeKind::Middle);
        painter.rect_stroke(rect, 0.0, stroke, StrokeKind::Middle);
        return;
    }
    let mut shapes = Vec::new();
    for (stroke, longer) in [(halo, 1.0), (stroke, 0.0)] {
        for [from, to] in sides(rect, pattern, width, painter.clip_rect().expand(width + 2.0)) {
            let along = (to - from).normalized() * longer;
            shapes.push(Shape::line_segment([from - along, to + along], stroke));
        }
    }
    painter.extend(shapes);
}

/// The shortest sample that is worth a look, in points.
const LEAST_SAMPLE: f32 = 24.0;

/// How long a sample of a verdict's line must be to have its strokes and gaps as long as around a box.
pub fn sample_length(kind: VerdictKind, width: f32) -> f32 {
    length_of(kind.pattern(), width)
}

/// The same of the truth's line.
pub fn truth_sample_length(width: f32) -> f32 {
    length_of(&TRUTH_PATTERN, width)
}

/// Whole patterns, and the stroke that begins the next.
fn length_of(pattern: &[(f32, f32)], width: f32) -> f32 {
    let Some((first, _)) = pattern.first() else { return LEAST_SAMPLE };
    let (first, once) = (first * width, pattern.iter().map(|(ink, gap)| ink + gap).sum::<f32>() * width);
    first + once * ((LEAST_SAMPLE - first) / once).ceil().max(1.0)
}

/// Paints a piece of a verdict's line, to the right from `start`.
pub fn sample(painter: &Painter, start: Pos2, length: f32, kind: VerdictKind, stroke: Stroke) {
    sample_of(painter, start, length, kind.pattern(), stroke);
}

/// Paints a piece of the truth's line, likewise.
pub fn truth_sample(painter: &Painter, start: Pos2, length: f32, stroke: Stroke) {
    sample_of(painter, start, length, &TRUTH_PATTERN, stroke);
}

fn sample_of(painter: &Painter, start: Pos2, length: f32, pattern: &[(f32, f32)], stroke: Stroke) {
    let at = |t: f32| start + vec2(t, 0.0);
    if pattern.is_empty() {
        painter.line_segment([at(0.0), at(length)], stroke);
    }
    for (from, to) in strokes(length, pattern, stroke.width, [0.0, length]) {
        painter.line_segment([at(from), at(to)], stroke);
    }
}

/// Paints a verdict's sign on its colour.
pub fn chip(painter: &Painter, rect: Rect, kind: VerdictKind) {
    painter.rect_filled(rect, 4.0, kind.colour());
    empty_chip(painter, rect, kind);
    painter.text(rect.center(), Align2::CENTER_CENTER, kind.sign(), FontId::monospace(13.0), ON_CLASS);
}

/// Paints the edge of a chip alone, for a verdict that is left out.
pub fn empty_chip(painter: &Painter, rect: Rect, kind: VerdictKind) {
    let dark = painter.ctx().theme() == Theme::Dark;
    painter.rect_stroke(rect, 4.0, Stroke::new(1.5, kind.edge(dark)), StrokeKind::Inside);
}

/// The visible strokes of a rectangle's four sides. Every corner is drawn, so that even dots
/// show where the box ends.
fn sides(rect: Rect, pattern: &[(f32, f32)], width: f32, clip: Rect) -> Vec<[Pos2; 2]> {
    let mut found = Vec::new();
    let sides = [
        (rect.left_top(), vec2(1.0, 0.0), rect.width()),
        (rect.left_bottom(), vec2(1.0, 0.0), rect.width()),
        (rect.left_top(), vec2(0.0, 1.0), rect.height()),
        (rect.right_top(), vec2(0.0, 1.0), rect.height()),
    ];
    for (corner, direction, length) in sides {
        let (across, seen) = if direction.x > 0.0 {
            (clip.y_range().contains(corner.y), clip.x_range())
        } else {
            (clip.x_range().contains(corner.x), clip.y_range())
        };
        if !across || !length.is_finite() {
            continue;
        }
        let start = corner.to_vec2().dot(direction);
        let seen = [seen.min - start, seen.max - start];
        let at = |t: f32| corner + direction * t;
        found.extend(strokes(length, pattern, width, seen).map(|(from, to)| [at(from), at(to)]));
    }
    found
}

/// Room for a chip in a row.
pub const CHIP: Vec2 = vec2(18.0, 18.0);

#[cfg(test)]
mod tests;
