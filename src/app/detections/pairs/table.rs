//! The table of pairs.

use egui::{
    Align, Align2, Color32, EventFilter, FontId, Id, Key, Layout, Modifiers, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use egui_extras::{Column, TableBuilder};

use super::input::PairsInput;
use super::model::{Model, PairRow, PairSortKey, Sort};
use crate::app::ui::palette::Scheme;
use crate::app::ui::theme;
use crate::app::ui::verdict_style;
use crate::compare::VerdictKind;

const ROW: f32 = 26.0;
const HEADER: f32 = 26.0;
/// Longer names of models do not fit over a score.
const SHORT: usize = 5;

/// The columns: key, title, what it sorts by, width; `None` = what is left.
const COLUMNS: [(PairSortKey, &str, &str, Option<f32>); 6] = [
    (PairSortKey::Verdict, "", "verdict", Some(24.0)),
    (PairSortKey::Class, "Class", "class", None),
    (PairSortKey::ScoreA, "A", "score A", Some(36.0)),
    (PairSortKey::ScoreB, "B", "score B", Some(36.0)),
    (PairSortKey::Delta, "Δ", "score difference", Some(42.0)),
    (PairSortKey::Iou, "IoU", "IoU", Some(34.0)),
];

/// Indices are of verdicts.
#[derive(Default)]
pub struct PairTableResponse {
    /// The row under the pointer.
    pub hovered: Option<usize>,
    /// `Some(None)`: the selection ends.
    pub selected: Option<Option<usize>>,
}

/// Shows the rows, and scrolls to one.
pub fn show(ui: &mut Ui, model: &mut Model, input: &PairsInput<'_>, scroll_to: Option<usize>) -> PairTableResponse {
    let mut response = PairTableResponse::default();
    let mut sort = model.sort;
    ui.spacing_mut().item_spacing = vec2(4.0, 0.0);
    let focus =
        Focus { id: ui.scope_id().with("row with the focus"), place: input.selected.and_then(|i| model.place(i)) };
    response.selected = focus.pressed(ui, model);
    let moved = response.selected.flatten().and_then(|verdict| model.place(verdict));

    let width = ui.available_width();
    let mut table = TableBuilder::new(ui)
        .id_salt("pairs")
        .striped(false)
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center));
    for (key, .., width) in COLUMNS {
        let column = width.map_or_else(|| Column::remainder().at_least(30.0), Column::exact);
        // The first cell of a row paints the whole row.
        table = table.column(column.clip(key != PairSortKey::Verdict));
    }
    if let Some(row) = moved.or(scroll_to) {
        table = table.scroll_to_row(row, None);
    }
    let table = table.header(HEADER, |mut header| {
        for (key, title, what, _) in COLUMNS {
            let title = match key {
                PairSortKey::ScoreA => short(input.names[0], title),
                PairSortKey::ScoreB => short(input.names[1], title),
                _ => title,
            };
            header.col(|ui| title_cell(ui, key, title, what, &mut sort));
        }
    });
    let mut held = false;
    table.body(|body| {
        let left = body.max_rect().left();
        body.rows(ROW, model.rows().len(), |mut cells| {
            let place = cells.index();
            let row = &model.rows()[place];
            cells.set_hovered(false);
            let is_held = place == focus.place.unwrap_or(0);
            held |= is_held;
            let mut colour = Color32::PLACEHOLDER;
            for (key, ..) in COLUMNS {
                cells.col(|ui| {
                    if key == PairSortKey::Verdict {
                        let rect = Rect::from_min_size(pos2(left, ui.max_rect().top()), vec2(width, ROW));
                        let id = if is_held { focus.id } else { focus.id.with(place) };
                        let line = line(ui, rect, id, is_held, row, input);
                        if line.hovered() {
                            response.hovered = Some(row.verdict);
                        }
                        if is_chosen_now(ui, &line) {
                            ui.memory_mut(|m| m.request_focus(focus.id));
                            response.selected = Some(Some(row.verdict));
                        }
                        colour = text_colour(ui, row, input);
                    }
                    cell(ui, key, row, colour, input);
                });
            }
        });
    });
    if model.rows().is_empty() {
        let what = if input.comparison.verdicts().is_empty() {
            "No detections above the score thresholds."
        } else {
            "All pairs are filtered out."
        };
        ui.label(egui::RichText::new(what).weak());
    } else if !held {
        focus.hold(ui, model, input);
    }
    model.sort = sort;
    response
}

fn short<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if name.chars().count() <= SHORT { name } else { otherwise }
}

/// Of all rows one takes the focus, the chosen one or else the first: Tab enters the table there and leaves it at
/// once, and the arrows move the choice.
struct Focus {
    id: Id,
    /// Of the chosen row.
    place: Option<usize>,
}

impl Focus {
    /// What the keys choose while the table has the focus.
    fn pressed(&self, ui: &Ui, model: &Model) -> Option<Option<usize>> {
        if !ui.memory(|m| m.has_focus(self.id)) {
            return None;
        }
        let escape = self.place.is_some();
        let filter = EventFilter { vertical_arrows: true, escape, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(self.id, filter));
        let last = model.rows().len().checked_sub(1)?;
        let down = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let page = 10;
        let place = match self.place {
            Some(_) if down(Key::Escape) => return Some(None),
            _ if down(Key::Home) => 0,
            _ if down(Key::End) => last,
            Some(place) if down(Key::ArrowDown) => place + 1,
            Some(place) if down(Key::ArrowUp) => place.saturating_sub(1),
            Some(place) if down(Key::PageDown) => place + page,
            Some(place) if down(Key::PageUp) => place.saturating_sub(page),
            None if down(Key::ArrowDown) || down(Key::ArrowUp) => 0,
            _ => return None,
        };
        Some(Some(model.rows()[place.min(last)].verdict))
    }

    /// Keeps the focus while its row is scrolled out of view: scrolling must not disable the keys.
    fn hold(&self, ui: &Ui, model: &Model, input: &PairsInput<'_>) {
        let Some(row) = model.rows().get(self.place.unwrap_or(0)) else { return };
        let nowhere = Rect::from_min_size(ui.max_rect().left_bottom() + vec2(0.0, 1e4), vec2(1.0, 1.0));
        let response = ui.interact(nowhere, self.id, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, false, name(row, input)));
    }
}

/// A row is taken when the button goes down: while the picture is live, something else may stand there when it comes
/// up. A finger may be about to scroll; keys and screen readers click at once.
fn is_chosen_now(ui: &Ui, line: &Response) -> bool {
    let pressed = ui.input(|i| i.pointer.primary_pressed() && !i.any_touches());
    line.clicked() || (pressed && line.contains_pointer() && line.is_pointer_button_down_on())
}

/// The ground of a row and its response.
fn line(ui: &Ui, rect: Rect, id: Id, focusable: bool, row: &PairRow, input: &PairsInput<'_>) -> Response {
    let scheme = theme::scheme(ui);
    let sense = if focusable { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, id, sense);
    let chosen = input.selected == Some(row.verdict);
    let highlighted = input.highlighted == Some(row.verdict) || response.hovered();
    let lit = chosen || highlighted;
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, lit, name(row, input)));
    let painter = ui.painter();
    if lit {
        painter.rect_filled(rect, 5.0, if chosen { scheme.pressed } else { scheme.hovered });
    }
    if response.has_focus() {
        painter.rect_stroke(rect, 5.0, Stroke::new(1.5, scheme.accent), StrokeKind::Inside);
    }
    let classes = input.classes();
    response.on_hover_ui(|ui| {
        ui.label(egui::RichText::new(format!("{}: {}", row.class_text(classes), row.kind.word())).strong());
        let explanation = input.explanation();
        let why = input.comparison.verdicts().get(row.verdict).and_then(|verdict| explanation.reason(verdict));
        ui.label(why.unwrap_or_else(|| row.kind.what(input.names)));
        ui.label(egui::RichText::new("Click for details").weak());
    })
}

fn text_colour(ui: &Ui, row: &PairRow, input: &PairsInput<'_>) -> Color32 {
    let Scheme { text, strong, .. } = theme::scheme(ui);
    let lit = input.selected == Some(row.verdict) || input.highlighted == Some(row.verdict);
    if lit { *strong } else { *text }
}

fn cell(ui: &Ui, key: PairSortKey, row: &PairRow, colour: Color32, input: &PairsInput<'_>) {
    let (painter, rect, weak) = (ui.painter(), ui.max_rect(), theme::scheme(ui).weak);
    let number = |text: String, colour: Color32| {
        painter.text(rect.right_center(), Align2::RIGHT_CENTER, text, theme::digits(), colour);
    };
    // What a side gives a box that it lacks is no detection.
    let score = |side: usize| match row.scores[side] {
        Some(score) => {
            number(two_digits(score), if row.classes[side].is_some() { colour } else { weak });
        }
        None => number("–".into(), weak),
    };
    match key {
        PairSortKey::Verdict => {
            let chip = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), verdict_style::CHIP);
            verdict_style::chip(painter, chip, row.kind);
        }
        PairSortKey::Class => {
            let text = row.class_text(input.classes());
            let galley = truncated(ui, text, colour, rect.width());
            painter.galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, colour);
        }
        PairSortKey::ScoreA => score(0),
        PairSortKey::ScoreB => score(1),
        PairSortKey::Delta => {
            let both = row.classes.iter().all(Option::is_some);
            number(row.delta().map_or_else(|| "–".into(), signed), if both { colour } else { weak });
        }
        PairSortKey::Iou => {
            number(row.iou.map_or_else(|| "–".into(), two_digits), if row.iou.is_some() { colour } else { weak })
        }
    }
}

fn truncated(ui: &Ui, text: String, colour: Color32, width: f32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text, FontId::proportional(13.5), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

fn title_cell(ui: &Ui, key: PairSortKey, title: &str, what: &str, sort: &mut Sort) {
    let scheme = theme::scheme(ui);
    let (rect, painter) = (ui.max_rect(), ui.painter());
    let response = ui.interact(rect, ui.scope_id().with("title"), Sense::click());
    let active = sort.key == key;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, format!("Sort by {what}")));
    if response.has_focus() {
        painter.rect_stroke(rect.shrink(1.0), 4.0, Stroke::new(1.5, scheme.accent), StrokeKind::Inside);
    }
    let colour = if active || response.hovered() { scheme.strong } else { scheme.weak };
    let font = FontId::proportional(11.5);
    let anchor = if key == PairSortKey::Class { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
    painter.text(anchor.pos_in_rect(&rect), anchor, title, font, colour);
    if active {
        let x = match key {
            PairSortKey::Verdict => rect.left() + 12.0,
            PairSortKey::Class => rect.left() + 6.0,
            _ => rect.right() - 6.0,
        };
        triangle(painter, pos2(x, rect.bottom() - 3.0), sort.rises(), scheme.accent);
    }
    let tooltip = match key {
        PairSortKey::Verdict => "Sort by severity: lost, gained, class changed, then matched by score difference",
        PairSortKey::Class => "Sort by class name",
        PairSortKey::ScoreA => "Sort by A's score",
        PairSortKey::ScoreB => "Sort by B's score",
        PairSortKey::Delta => "Sort by score difference (B − A)",
        PairSortKey::Iou => "Sort by IoU",
    };
    if response.on_hover_text(format!("{tooltip}; click again to reverse")).clicked() {
        sort.click(key);
    }
}

fn triangle(painter: &egui::Painter, bottom: Pos2, up: bool, colour: Color32) {
    let (base, tip) = if up { (0.0, -4.0) } else { (-4.0, 0.0) };
    let points = vec![bottom + vec2(-4.0, base), bottom + vec2(4.0, base), bottom + vec2(0.0, tip)];
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

/// For screen readers: "person 0.91 → 0.88, matched, IoU 0.93".
fn name(row: &PairRow, input: &PairsInput<'_>) -> String {
    let class = |side: usize| row.classes[side].map_or("", |id| input.classes().name(id));
    let [a, b] = row.scores.map(Option::unwrap_or_default).map(two_digits);
    let why = || {
        let verdict = input.comparison.verdicts().get(row.verdict)?;
        input.explanation().reason(verdict)
    };
    let word = row.kind.word();
    let iou = row.iou.map(two_digits).unwrap_or_default();
    match row.kind {
        VerdictKind::Matched => format!("{} {a} → {b}, {word}, IoU {iou}", class(0)),
        VerdictKind::Flip => format!("{} {a} → {} {b}, {word}, IoU {iou}", class(0), class(1)),
        VerdictKind::Lost => format!("{} {a} → {word}: {}", class(0), why().unwrap_or_default()),
        VerdictKind::Gained => format!("{} {b}, {word}: {}", class(1), why().unwrap_or_default()),
    }
}

pub fn two_digits(value: f32) -> String {
    format!("{value:.2}")
}

/// "+0.03", "−0.41": with a minus as wide as the plus.
pub fn signed(value: f32) -> String {
    let text = format!("{:.2}", value.abs());
    match (text.as_str(), value < 0.0) {
        ("0.00", _) => text,
        (_, true) => format!("−{text}"),
        (_, false) => format!("+{text}"),
    }
}
