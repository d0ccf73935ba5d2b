//! What the lines of the boxes mean, in the lower right corner of the picture.

use std::sync::Arc;

use egui::{Align2, Color32, FontId, Galley, Painter, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::truth_marks;
use crate::annotate::PlaceInPair;
use crate::app::ui::palette::{BEHIND_REMARK, ON_PICTURE, TRUTH};
use crate::app::ui::verdict_style;
use crate::app::view::View;
use crate::compare::VerdictKind;

/// From the picture's edges, and around the words, in points.
const MARGIN: f32 = 10.0;
const PADDING: Vec2 = vec2(9.0, 4.0);
const ROW: f32 = 17.0;
/// The spaces after a line's sample and after its name.
const GAP: f32 = 5.0;
const AFTER: f32 = 12.0;
/// Of the cross that hides it.
const CROSS: f32 = 14.0;
/// In a lower or narrower picture there is no room for it.
const LEAST_HEIGHT: f32 = 150.0;
const LEAST_WIDTH: f32 = 120.0;

/// Laid out, and not painted yet: labels keep clear of its place.
pub struct Legend {
    pub rect: Rect,
    entries: Vec<Entry>,
    cross: Rect,
    /// For screen readers.
    words: String,
}

struct Entry {
    /// `None` = the line of the truth.
    kind: Option<VerdictKind>,
    stroke: Stroke,
    /// Length of the line's sample.
    sample: f32,
    galley: Arc<Galley>,
    rect: Rect,
}

impl Legend {
    /// In the lower right corner of `whole`, on as many rows as it needs; `None`: there is no room, or nothing to tell.
    /// `truth`: what is known to be in the picture is shown, too. `models`: short names of A and B, which are told where
    /// everything has room in one row.
    pub fn new(painter: &Painter, whole: Rect, view: View, truth: bool, models: [&str; 2]) -> Option<Self> {
        let named = Self::of_lines(painter, whole, &lines(view, truth, models))?;
        let is_one_row = named.rect.height() < 2.0 * ROW;
        if is_one_row { Some(named) } else { Self::of_lines(painter, whole, &lines(view, truth, ["", ""])) }
    }

    fn of_lines(painter: &Painter, whole: Rect, lines: &[LegendLine]) -> Option<Self> {
        if lines.is_empty() || whole.height() < LEAST_HEIGHT || whole.width() < LEAST_WIDTH {
            return None;
        }
        let most = whole.width() - 2.0 * (MARGIN + PADDING.x);
        let mut at = pos2(0.0, 0.0);
        let mut right = 0.0_f32;
        let mut place = |size: f32| {
            if at.x > 0.0 && at.x + size > most {
                at = pos2(0.0, at.y + ROW);
            }
            let rect = Rect::from_min_size(at, vec2(size, ROW));
            right = right.max(rect.right());
            at.x = rect.right() + AFTER;
            rect
        };
        let mut entries: Vec<Entry> = lines
            .iter()
            .map(|line| {
                let galley = painter.layout_no_wrap(line.name.clone(), FontId::proportional(11.5), ON_PICTURE);
                let sample = match line.kind {
                    Some(kind) => verdict_style::sample_length(kind, line.width),
                    None => verdict_style::truth_sample_length(line.width),
                };
                let rect = place(sample + GAP + galley.size().x);
                Entry { kind: line.kind, stroke: Stroke::new(line.width, line.colour), sample, galley, rect }
            })
            .collect();
        let mut cross = place(CROSS);
        let size = vec2(right, cross.bottom()) + 2.0 * PADDING;
        let rect = Align2::RIGHT_BOTTOM.anchor_size(whole.right_bottom() - vec2(MARGIN, MARGIN), size);
        let moved = (rect.min + PADDING).to_vec2();
        entries.iter_mut().for_each(|entry| entry.rect = entry.rect.translate(moved));
        cross = cross.translate(moved);
        let named = lines.iter().map(|line| format!("{} {}", line.name, line.look));
        let words = format!("Legend: {}", named.collect::<Vec<_>>().join(", "));
        Some(Self { rect, entries, cross, words })
    }

    /// Paints it; true: it must go.
    pub fn show(self, ui: &Ui) -> bool {
        let id = ui.scope_id().with("legend");
        // A click on it is not one on the picture.
        let response = ui.interact(self.rect, id, Sense::CLICK);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &self.words));
        let cross = ui.interact(self.cross, id.with("cross"), Sense::click());
        cross.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Hide legend"));
        let painter = ui.painter();
        painter.rect_filled(self.rect, 6.0, BEHIND_REMARK);
        for Entry { kind, stroke, sample, galley, rect } in self.entries {
            match kind {
                Some(kind) => verdict_style::sample(painter, rect.left_center(), sample, kind, stroke),
                None => verdict_style::truth_sample(painter, rect.left_center(), sample, stroke),
            }
            let place = Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(sample + GAP, 0.0), galley.size());
            painter.galley(place.min, galley, ON_PICTURE);
        }
        let strength = if cross.hovered() || cross.has_focus() { 1.0 } else { 0.6 };
        let stroke = Stroke::new(1.5, ON_PICTURE.gamma_multiply(strength));
        let arms = Rect::from_center_size(self.cross.center(), vec2(7.0, 7.0));
        painter.line_segment([arms.left_top(), arms.right_bottom()], stroke);
        painter.line_segment([arms.left_bottom(), arms.right_top()], stroke);
        response.on_hover_text("What the lines of the boxes mean");
        cross.on_hover_text("Hide the legend; \"Legend\" under Show restores it").clicked()
    }
}

struct LegendLine {
    name: String,
    /// In words, for those who do not see it.
    look: &'static str,
    /// `None` = the line of the truth.
    kind: Option<VerdictKind>,
    width: f32,
    colour: Color32,
}

/// One model alone has one kind of line. `models` may be empty: then they are A and B alone.
fn lines(view: View, truth: bool, models: [&str; 2]) -> Vec<LegendLine> {
    let of = |kind: VerdictKind, place: PlaceInPair, colour| {
        let look = match kind {
            VerdictKind::Lost => "dashed",
            VerdictKind::Gained => "dotted",
            VerdictKind::Flip => "dash-dotted",
            VerdictKind::Matched => "solid",
        };
        LegendLine { name: kind.word().to_owned(), look, kind: Some(kind), width: place.width(), colour }
    };
    let known = LegendLine {
        name: "truth".to_owned(),
        look: "long-dashed",
        kind: None,
        width: truth_marks::FOUND,
        colour: TRUTH,
    };
    let known = Some(known).filter(|_| truth);
    let differing = [VerdictKind::Lost, VerdictKind::Gained, VerdictKind::Flip];
    match view {
        View::Single => Vec::new(),
        View::Overlay => {
            let colour = VerdictKind::Matched.colour();
            let [a, b] = models;
            let pair = [("A", a, "thick", PlaceInPair::First), ("B", b, "thin", PlaceInPair::Second)];
            let pair = pair.map(|(letter, model, look, place)| LegendLine {
                name: format!("{letter} {model}").trim_end().to_owned(),
                look,
                ..of(VerdictKind::Matched, place, colour)
            });
            let differing = differing.map(|kind| {
                let place = if kind == VerdictKind::Flip { PlaceInPair::First } else { PlaceInPair::Alone };
                of(kind, place, kind.colour())
            });
            pair.into_iter().chain(differing).chain(known).collect()
        }
        // Boxes have the colours of their classes there.
        View::Split | View::SideBySide => {
            let kinds = [VerdictKind::Matched].into_iter().chain(differing);
            kinds.map(|kind| of(kind, PlaceInPair::Alone, ON_PICTURE)).chain(known).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;

    fn laid_out(size: Vec2, view: View) -> Option<Legend> {
        let mut found = None;
        let mut harness = Harness::builder().with_size(size).build_ui(|ui| {
            let whole = Rect::from_min_size(pos2(0.0, 0.0), size);
            found = Legend::new(ui.painter(), whole, view, true, ["FP32", "INT8"]);
        });
        harness.step();
        drop(harness);
        found
    }

    #[test]
    fn it_lies_in_its_corner_and_wraps_where_the_picture_is_narrow() {
        let wide = laid_out(vec2(900.0, 600.0), View::Overlay).unwrap();
        let narrow = laid_out(vec2(260.0, 300.0), View::Overlay).unwrap();
        assert!(narrow.rect.height() > wide.rect.height());
        assert!(wide.words.starts_with("Legend: A FP32 thick, B INT8 thin, lost dashed"), "{}", wide.words);
        assert!(narrow.words.starts_with("Legend: A thick, B thin, lost dashed"), "{}", narrow.words);
        for (legend, size) in [(&wide, vec2(900.0, 600.0)), (&narrow, vec2(260.0, 300.0))] {
            let corner = size.to_pos2() - vec2(MARGIN, MARGIN);
            assert!((legend.rect.max - corner).length() < 0.1 && legend.rect.left() >= MARGIN - 0.1);
            for (i, entry) in legend.entries.iter().enumerate() {
                assert!(legend.rect.expand(0.1).contains_rect(entry.rect), "{:?} {:?}", legend.rect, entry.rect);
                assert!(legend.entries[i + 1..].iter().all(|other| !other.rect.intersects(entry.rect.shrink(0.1))));
            }
        }
        assert!(laid_out(vec2(900.0, 100.0), View::Overlay).is_none(), "a low picture has no room for it");
        assert!(laid_out(vec2(900.0, 600.0), View::Single).is_none());
    }
}
