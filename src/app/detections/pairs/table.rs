//! The table of pairs.

use egui::{
    Align, Align2, Color32, FontId, Id, Key, Layout, Modifiers, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_extras::{Column, TableBuilder};

use super::input::PairsInput;
use super::model::{Model, PairRow, PairSortKey, Sort};
use crate::app::action::{Action, PairsAction, WindowAction};
use crate::app::detections::empty_list::{self, WayOut};
use crate::app::ui::list_focus::ListFocus;
use crate::app::ui::palette::Scheme;
use crate::app::ui::theme;
use crate::app::ui::verdict_style;
use crate::compare::{VerdictKind, score_text, thousandths};

const ROW: f32 = 26.0;
const HEADER: f32 = 26.0;
/// Between two columns.
const GAP: f32 = 4.0;
/// Longer names of models do not fit over a score.
const SHORT: usize = 5;
/// A class's name has at least this room: columns that the details show too make way for it.
const CLASS: f32 = 84.0;

/// A column of the table.
#[derive(Clone, Copy)]
struct PairColumn {
    key: PairSortKey,
    title: &'static str,
    /// What it sorts by.
    what: &'static str,
    /// `None` = what is left.
    width: Option<f32>,
}

/// In their order; where there is no room, the last ones are left out.
const COLUMNS: [PairColumn; 6] = [
    PairColumn { key: PairSortKey::Verdict, title: "", what: "verdict", width: Some(24.0) },
    PairColumn { key: PairSortKey::Class, title: "Class", what: "class", width: None },
    PairColumn { key: PairSortKey::ScoreA, title: "A", what: "score A", width: Some(42.0) },
    PairColumn { key: PairSortKey::ScoreB, title: "B", what: "score B", width: Some(42.0) },
    PairColumn { key: PairSortKey::Delta, title: "Δ", what: "score difference", width: Some(48.0) },
    PairColumn { key: PairSortKey::Iou, title: "IoU", what: "IoU", width: Some(34.0) },
];

/// The same where the truth is known.
const TRUTH_COLUMNS: [PairColumn; 7] = {
    let [verdict, class, score_a, score_b, delta, iou] = COLUMNS;
    let truth = PairColumn { key: PairSortKey::Truth, title: "Truth", what: "truth", width: Some(57.0) };
    [verdict, class, truth, score_a, score_b, delta, iou]
};

/// The same with less room: whether a box is well placed is asked first, and the difference is to be seen in the scores.
const FEWER_TRUTH_COLUMNS: [PairColumn; 6] = {
    let [verdict, class, truth, score_a, score_b, _, iou] = TRUTH_COLUMNS;
    [verdict, class, truth, score_a, score_b, iou]
};

/// Those that leave a class's name its room in a table of this width. `truth`: with what is known of the boxes.
fn columns(width: f32, truth: bool) -> &'static [PairColumn] {
    let left = |columns: &[PairColumn]| {
        let taken: f32 = columns.iter().filter_map(|column| column.width).sum();
        width - taken - GAP * (columns.len() - 1) as f32
    };
    // Verdict, class, what is known, and both scores are always there.
    let sets: [(&'static [PairColumn], usize); 3] = if truth {
        [(&TRUTH_COLUMNS, 7), (&FEWER_TRUTH_COLUMNS, 6), (&TRUTH_COLUMNS, 5)]
    } else {
        [(&COLUMNS, 6), (&COLUMNS, 5), (&COLUMNS, 4)]
    };
    let [first, second, least] = sets.map(|(columns, number)| &columns[..number]);
    [first, second].into_iter().find(|columns| left(columns) >= CLASS).unwrap_or(least)
}

/// Indices are of verdicts.
#[derive(Default)]
pub struct PairTableResponse {
    /// The row under the pointer.
    pub hovered: Option<usize>,
    /// `Some(None)`: the selection ends.
    pub selected: Option<Option<usize>>,
    /// The pointer is over the rows, or one of them has the focus.
    pub held: bool,
    /// Where the focus is, or would be.
    pub place: usize,
}

/// Which rows the table is brought to.
#[derive(Clone, Copy, Debug, Default)]
pub struct PairTablePlace {
    /// The row that takes the focus where none is selected.
    pub focus: usize,
    pub scroll_to: Option<usize>,
}

/// Shows the rows in all that is left of `ui`.
pub fn show(
    ui: &mut Ui,
    model: &mut Model,
    input: &PairsInput<'_>,
    at: PairTablePlace,
    actions: &mut Vec<Action>,
) -> PairTableResponse {
    let mut response = PairTableResponse::default();
    let mut sort = model.sort;
    ui.spacing_mut().item_spacing = vec2(GAP, 0.0);
    theme::reserve_scroll_bar(ui);
    let selected = input.selected.and_then(|i| model.place(i));
    let focus = ListFocus::new(ui, "row with the focus", selected.unwrap_or(at.focus), model.rows().len());
    response.place = focus.place();
    let had_focus = focus.is_here(ui);
    let keys = pressed(ui, &focus, selected, model);
    response.selected = keys.selected;
    actions.extend(keys.action);
    let moved = response.selected.flatten().and_then(|verdict| model.place(verdict));

    let width = ui.available_width();
    let columns = columns(width - ui.spacing().scroll.allocated_width(), input.judged.is_some());
    let mut table = TableBuilder::new(ui)
        .id_salt(("pairs", columns.len()))
        .striped(false)
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center));
    for PairColumn { key, width, .. } in columns {
        let column = width.map_or_else(|| Column::remainder().at_least(30.0), Column::exact);
        // The first cell of a row paints the whole row.
        table = table.column(column.clip(*key != PairSortKey::Verdict));
    }
    if let Some(row) = moved.or(at.scroll_to) {
        table = table.scroll_to_row(row, None);
    }
    let table = table.header(HEADER, |mut header| {
        for PairColumn { key, title, what, .. } in columns {
            let title = match key {
                PairSortKey::ScoreA => short(input.names[0], title),
                PairSortKey::ScoreB => short(input.names[1], title),
                _ => *title,
            };
            header.col(|ui| title_cell(ui, *key, title, what, &mut sort));
        }
    });
    let (mut in_sight, mut taken) = (false, false);
    let body = table.body(|body| {
        let left = body.max_rect().left();
        body.rows(ROW, model.rows().len(), |mut cells| {
            let place = cells.index();
            let row = &model.rows()[place];
            cells.set_hovered(false);
            in_sight |= place == focus.place();
            let mut colour = Color32::PLACEHOLDER;
            for PairColumn { key, .. } in columns {
                cells.col(|ui| {
                    if *key == PairSortKey::Verdict {
                        let rect = Rect::from_min_size(pos2(left, ui.max_rect().top()), vec2(width, ROW));
                        let line = line(ui, rect, focus.row(place), row, input);
                        if line.hovered() {
                            response.hovered = Some(row.verdict);
                        }
                        if is_chosen_now(ui, &line) {
                            taken = true;
                            response.selected = Some(Some(row.verdict));
                        }
                        line.context_menu(|ui| {
                            if ui.button("Copy table as CSV").clicked() {
                                actions.push(Action::Pairs(PairsAction::CopyTable));
                            }
                        });
                        colour = text_colour(ui, row, input);
                    }
                    cell(ui, *key, row, colour, input);
                });
            }
        });
    });
    // The row that had the focus would lose it again in the same pass, where it stands below; and the one that was pressed
    // when the button comes up, since it was another widget when it went down.
    let came_up = had_focus && ui.input(|i| i.pointer.any_click()) && ui.rect_contains_pointer(body.inner_rect);
    if taken || came_up {
        focus.take(ui);
    }
    focus.moves_within(ui, body.inner_rect);
    if let Some(row) = model.rows().get(focus.place()) {
        if !in_sight {
            let held = focus.hold(ui);
            held.widget_info(|| WidgetInfo::selected(Role::ListItem, true, false, name(row, input)));
        }
        response.held = focus.is_here(ui) || ui.rect_contains_pointer(body.inner_rect);
    } else {
        let (why, ways) = nothing(model, input);
        empty_list::show(ui, body.inner_rect, why, &ways, actions);
    }
    model.sort = sort;
    response
}

/// Why there are no rows, and what brings some back.
fn nothing(model: &Model, input: &PairsInput<'_>) -> (&'static str, Vec<WayOut>) {
    let verdicts = input.comparison.verdicts();
    if verdicts.is_empty() {
        let ways = WayOut::of_thresholds(&input.thresholds());
        return ("No detections above the score thresholds.", ways.to_vec());
    }
    // Each is left out by its class, by its kind, or by both.
    let by_class = verdicts.iter().any(|v| model.shown.contains(v.kind()) && model.shown.has(input.truth(v)));
    let by_kind = verdicts.iter().any(|v| input.comparison.is_chosen(v, input.chosen_classes));
    let both = !by_class && !by_kind;
    let ways = [(by_class || both, WayOut::ShowAllClasses), (by_kind || both, WayOut::ShowAllVerdicts)];
    ("All pairs are filtered out.", ways.into_iter().filter(|(helps, _)| *helps).map(|(_, way)| way).collect())
}

fn short<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if name.chars().count() <= SHORT { name } else { otherwise }
}

/// What the keys ask for while the table has the focus: Tab enters it at one row and leaves it at once, and the arrows
/// move the choice.
#[derive(Default)]
struct PairKeys {
    selected: Option<Option<usize>>,
    action: Option<Action>,
}

/// `selected`: the row that is chosen.
fn pressed(ui: &Ui, focus: &ListFocus, selected: Option<usize>, model: &Model) -> PairKeys {
    let moved = focus.moved(ui, selected, selected.is_some());
    if selected.is_some() && focus.is_here(ui) {
        let down = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if down(Key::Escape) {
            return PairKeys { selected: Some(None), ..PairKeys::default() };
        }
        // The row is selected already: these are free for what its details offer.
        let meant = [
            (Key::Enter, Action::Pairs(PairsAction::BringBack)),
            (Key::Space, Action::Window(WindowAction::TogglePause)),
        ];
        if let Some((_, action)) = meant.into_iter().find(|(key, _)| down(*key)) {
            return PairKeys { action: Some(action), ..PairKeys::default() };
        }
    }
    let selected = moved.and_then(|place| model.rows().get(place)).map(|row| Some(row.verdict));
    PairKeys { selected, ..PairKeys::default() }
}

/// A row is taken when the button goes down: while the picture is live, something else may stand there when it comes
/// up. A finger may be about to scroll; keys and screen readers click at once.
fn is_chosen_now(ui: &Ui, line: &Response) -> bool {
    let pressed = ui.input(|i| i.pointer.primary_pressed() && !i.any_touches());
    line.clicked() || (pressed && line.contains_pointer() && line.is_pointer_button_down_on())
}

/// The ground of a row and its response. What is chosen has a bar at its left; what is pointed at is only lighter; the
/// focus is a ring, as everywhere.
fn line(ui: &Ui, rect: Rect, (id, sense): (Id, Sense), row: &PairRow, input: &PairsInput<'_>) -> Response {
    let scheme = theme::scheme(ui);
    let response = ui.interact(rect, id, sense);
    let chosen = input.selected == Some(row.verdict);
    let highlighted = input.highlighted == Some(row.verdict) || response.hovered();
    let lit = chosen || highlighted;
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, lit, name(row, input)));
    let painter = ui.painter();
    if lit {
        painter.rect_filled(rect, 5.0, if chosen { scheme.pressed } else { scheme.hovered });
    }
    if chosen {
        painter.rect_filled(rect.with_max_x(rect.left() + 3.0), 1.5, scheme.accent);
    }
    let classes = input.classes();
    response.on_hover_ui(|ui| {
        ui.label(egui::RichText::new(format!("{}: {}", row.class_text(classes), row.kind.word())).strong());
        let explanation = input.explanation();
        let verdict = input.comparison.verdicts().get(row.verdict);
        if let Some(truth) = verdict.and_then(|verdict| input.truth_sentence(verdict)) {
            ui.label(format!("{truth}."));
        }
        if let Some(verdict) = verdict {
            ui.label(format!("{}.", explanation.outcome(verdict)));
        }
        let what = if input.live { "Click to follow it; Space to pause" } else { "Click for details" };
        ui.label(egui::RichText::new(what).weak());
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
    let score = |side: usize| match row.score_text(side, input.thresholds()) {
        Some(score) => number(score, if row.classes[side].is_some() { colour } else { weak }),
        None => number("–".into(), weak),
    };
    match key {
        PairSortKey::Verdict => {
            let chip = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), verdict_style::CHIP);
            verdict_style::chip(painter, chip, row.kind);
        }
        PairSortKey::Class => {
            let text = row.class_text(input.classes());
            let galley = truncated(ui, text, 13.5, colour, rect.width());
            painter.galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, colour);
        }
        PairSortKey::Truth => {
            let galley = truncated(ui, row.truth.short(), 12.0, colour, rect.width());
            painter.galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, colour);
        }
        PairSortKey::ScoreA => score(0),
        PairSortKey::ScoreB => score(1),
        PairSortKey::Delta => {
            let both = row.classes.iter().all(Option::is_some);
            let delta = row.delta_text(input.thresholds());
            number(delta.unwrap_or_else(|| "–".into()), if both { colour } else { weak });
        }
        PairSortKey::Iou => {
            number(row.iou.map_or_else(|| "–".into(), two_digits), if row.iou.is_some() { colour } else { weak })
        }
    }
}

fn truncated(ui: &Ui, text: String, size: f32, colour: Color32, width: f32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text, FontId::proportional(size), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

fn title_cell(ui: &Ui, key: PairSortKey, title: &str, what: &str, sort: &mut Sort) {
    let scheme = theme::scheme(ui);
    let (rect, painter) = (ui.max_rect(), ui.painter());
    let response = ui.interact(rect, ui.scope_id().with("title"), Sense::click());
    let active = sort.key == key;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, format!("Sort by {what}")));
    let colour = if active || response.hovered() { scheme.strong } else { scheme.weak };
    let font = FontId::proportional(11.5);
    let is_text = matches!(key, PairSortKey::Class | PairSortKey::Truth);
    let anchor = if is_text { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
    let text = painter.text(anchor.pos_in_rect(&rect), anchor, title, font, colour);
    if active {
        // Beside the title, on the side where there is room.
        let x = match key {
            PairSortKey::Verdict => rect.left() + 12.0,
            PairSortKey::Class | PairSortKey::Truth => text.right() + 8.0,
            _ => text.left() - 7.0,
        };
        triangle(painter, pos2(x, rect.center().y), sort.rises(), scheme.accent);
    }
    let tooltip = match key {
        PairSortKey::Verdict => "Sort by severity: lost, gained, class changed, then matched by score difference",
        PairSortKey::Class => "Sort by class name",
        PairSortKey::Truth => {
            "✔ true, ✖ false, or what is wrong. Sort by truth: true boxes that B lost, false ones that it gained, then the \
             others"
        }
        PairSortKey::ScoreA => "Sort by A's score",
        PairSortKey::ScoreB => "Sort by B's score",
        PairSortKey::Delta => "Sort by score difference (B − A)",
        PairSortKey::Iou => "Sort by IoU",
    };
    if response.on_hover_text(format!("{tooltip}; click again to reverse")).clicked() {
        sort.click(key);
    }
}

fn triangle(painter: &egui::Painter, centre: Pos2, up: bool, colour: Color32) {
    let down = if up { -1.0 } else { 1.0 };
    let points = [vec2(-4.0, -2.0), vec2(4.0, -2.0), vec2(0.0, 2.5)].map(|corner| centre + corner * vec2(1.0, down));
    painter.add(Shape::convex_polygon(points.to_vec(), colour, Stroke::NONE));
}

/// For screen readers: "person 0.91 → 0.88, matched, IoU 0.93".
fn name(row: &PairRow, input: &PairsInput<'_>) -> String {
    let class = |side: usize| row.classes[side].map_or("", |id| input.classes().name(id));
    let thresholds = input.thresholds();
    let [a, b] = [0, 1].map(|side| brief(row.scores[side].unwrap_or_default(), thresholds[side].score));
    let why = || {
        let verdict = input.comparison.verdicts().get(row.verdict)?;
        input.explanation().reason(verdict)
    };
    let word = row.kind.word();
    let iou = row.iou.map(two_digits).unwrap_or_default();
    let truth = input.comparison.verdicts().get(row.verdict).and_then(|verdict| input.truth_sentence(verdict));
    let truth = truth.map_or_else(String::new, |truth| format!("; {truth}"));
    let told = match row.kind {
        VerdictKind::Matched => format!("{} {a} → {b}, {word}, IoU {iou}", class(0)),
        VerdictKind::Flip => format!("{} {a} → {} {b}, {word}, IoU {iou}", class(0), class(1)),
        VerdictKind::Lost => format!("{} {a} → {word}: {}", class(0), why().unwrap_or_default()),
        VerdictKind::Gained => format!("{} {b}, {word}: {}", class(1), why().unwrap_or_default()),
    };
    told + &truth
}

pub fn two_digits(value: f32) -> String {
    format!("{value:.2}")
}

/// As on a label: two digits, or more where two would put a score onto its threshold or over it.
fn brief(score: f32, threshold: f32) -> String {
    let short = two_digits(score);
    let same = short.parse::<f32>().is_ok_and(|shown| shown.partial_cmp(&threshold) == score.partial_cmp(&threshold));
    if same { short } else { score_text(thousandths(score, threshold)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_table_leaves_out_columns_before_it_cuts_names() {
        let titles = |width: f32| columns(width, false).iter().map(|column| column.title).collect::<Vec<_>>();
        assert_eq!(titles(320.0), ["", "Class", "A", "B", "Δ", "IoU"]);
        assert_eq!(titles(270.0), ["", "Class", "A", "B", "Δ"]);
        assert_eq!(titles(216.0), ["", "Class", "A", "B"]);
        assert_eq!(titles(50.0), ["", "Class", "A", "B"]);
        let titles = |width: f32| columns(width, true).iter().map(|column| column.title).collect::<Vec<_>>();
        assert_eq!(titles(390.0), ["", "Class", "Truth", "A", "B", "Δ", "IoU"]);
        assert_eq!(titles(304.0), ["", "Class", "Truth", "A", "B", "IoU"]);
        assert_eq!(titles(216.0), ["", "Class", "Truth", "A", "B"]);
    }

    #[test]
    fn no_score_is_written_as_its_threshold() {
        assert_eq!([0.91, 0.2504, 0.2499, 0.25].map(|score| brief(score, 0.25)), ["0.91", "0.251", "0.249", "0.25"]);
    }
}
