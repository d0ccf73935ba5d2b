//! The table of layers.

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Align2, Color32, EventFilter, FontId, Id, Key, Layout, Modifiers, Rect, Response, Role, Sense, Shape,
    Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_extras::{Column, TableBuilder};

use super::plot;
use super::rows::{LayerRow, LayerSortKey, Rows, decibel, of_bytes, per_million};
use crate::app::ui::checkbox;
use crate::app::ui::palette::{self, Scheme};
use crate::app::ui::theme;

const ROW: f32 = 21.0;
const HEADER: f32 = 22.0;
/// Of the scroll bar.
const SCROLL: f32 = 6.0;

/// A column: what it sorts by, its title, what it tells, its width; `None` = what is left.
struct Title(Option<LayerSortKey>, &'static str, &'static str, Option<f32>);

const TITLES: [Title; 7] = [
    Title(None, "float", "Layers to keep in float", Some(34.0)),
    Title(Some(LayerSortKey::Layer), "Layer", "graph order", None),
    Title(Some(LayerSortKey::Op), "Operation", "operation", Some(84.0)),
    Title(Some(LayerSortKey::Propagated), "cumulative", "SQNR with everything up to this layer in INT8", Some(66.0)),
    Title(Some(LayerSortKey::Isolated), "this layer", "SQNR of this layer only", Some(66.0)),
    Title(Some(LayerSortKey::Boxes), "boxes", "IoU that boxes lose when only this layer is in INT8", Some(56.0)),
    Title(
        Some(LayerSortKey::Overflow),
        "overflow",
        "pairs of products per million that overflow without VNNI",
        Some(58.0),
    ),
];

/// Where B's arithmetic is not exact.
const DIFFERING: Title =
    Title(Some(LayerSortKey::Differing), "≠ exact", "bytes that are not those of exact arithmetic", Some(64.0));

/// While one box is followed.
const FOLLOWED: [Title; 2] = [
    Title(
        Some(LayerSortKey::Alone),
        "score, this layer",
        "the followed box's score when only this layer is in INT8",
        Some(92.0),
    ),
    Title(
        Some(LayerSortKey::UpTo),
        "score, cumulative",
        "the followed box's score when everything up to this layer is in INT8",
        Some(100.0),
    ),
];

/// What a person did in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerTableResponse {
    pub hovered: Option<usize>,
    pub chosen: Option<usize>,
}

/// Shows the rows. `follows`: one box is followed. `scroll_to` is a row's place in the graph.
pub fn show(ui: &mut Ui, rows: &mut Rows, follows: bool, scroll_to: Option<usize>) -> LayerTableResponse {
    ui.spacing_mut().item_spacing = vec2(4.0, 0.0);
    let differing = Some(&DIFFERING).filter(|_| rows.has_differing());
    // The names need the room; the operation is in each row's tooltip.
    let general = TITLES.iter().filter(|Title(key, ..)| !follows || *key != Some(LayerSortKey::Op));
    let titles: Vec<&Title> = general.chain(differing).chain(FOLLOWED.iter().filter(|_| follows)).collect();
    let focus = ui.scope_id().with("layer with the focus");
    let mut touched = LayerTableResponse { chosen: pressed(ui, focus, rows), hovered: None };
    let place_of = |rows: &Rows, place: usize| rows.order.iter().position(|other| *other == place);
    let scroll_to = touched.chosen.or(scroll_to).and_then(|place| place_of(rows, place));
    let width = ui.available_width();
    let mut table = TableBuilder::new(ui)
        .id_salt("layers")
        .striped(false)
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center));
    for Title(key, .., width) in &titles {
        let column = width.map_or_else(|| Column::remainder().at_least(60.0), Column::exact);
        // The first cell of a row paints the whole row.
        table = table.column(column.clip(key.is_some()));
    }
    // Where the scroll bar lies.
    table = table.column(Column::exact(SCROLL));
    if let Some(row) = scroll_to {
        table = table.scroll_to_row(row, None);
    }
    let mut sort = None;
    let sorted = rows.sorted_by();
    let table = table.header(HEADER, |mut header| {
        for title in &titles {
            header.col(|ui| sort = title_cell(ui, title, sorted).or(sort));
        }
        header.col(|_| {});
    });
    let mut tick = None;
    table.body(|body| {
        let left = body.max_rect().left();
        body.rows(ROW, rows.order.len(), |mut cells| {
            let index = cells.index();
            let row = &rows.all[rows.order[index]];
            cells.set_hovered(false);
            // Of all rows one takes the focus: Tab enters the table there, and the arrows move the choice.
            let is_held = rows.chosen.map_or(index == 0, |chosen| chosen == row.place);
            for Title(key, ..) in &titles {
                cells.col(|ui| {
                    let Some(key) = key else {
                        let rect = Rect::from_min_size(pos2(left, ui.max_rect().top()), vec2(width, ROW));
                        let response =
                            line(ui, rect, if is_held { focus } else { focus.with(index) }, is_held, row, rows);
                        if response.contains_pointer() {
                            touched.hovered = Some(row.place);
                        }
                        if response.clicked() {
                            ui.memory_mut(|m| m.request_focus(focus));
                            touched.chosen = Some(row.place);
                        }
                        if tick_box(ui, row, rows) {
                            tick = Some(row.place);
                        }
                        return;
                    };
                    cell(ui, *key, row, rows);
                });
            }
            cells.col(|_| {});
        });
    });
    if let Some(place) = tick {
        rows.tick(place);
    }
    if let Some(key) = sort {
        rows.sort_by(key);
    }
    touched
}

/// What the keys do while a row has the focus: the arrows choose, Space ticks.
fn pressed(ui: &Ui, focus: Id, rows: &mut Rows) -> Option<usize> {
    if !ui.memory(|m| m.has_focus(focus)) {
        return None;
    }
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(focus, filter));
    let down = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if let Some(chosen) = rows.chosen
        && down(Key::Space)
    {
        rows.tick(chosen);
        return None;
    }
    let now = rows.chosen.and_then(|place| rows.order.iter().position(|other| *other == place));
    let last = rows.order.len().checked_sub(1)?;
    let to = match now {
        Some(at) if down(Key::ArrowDown) => at + 1,
        Some(at) if down(Key::ArrowUp) => at.saturating_sub(1),
        None if down(Key::ArrowDown) || down(Key::ArrowUp) => 0,
        _ if down(Key::Home) => 0,
        _ if down(Key::End) => last,
        _ => return None,
    };
    rows.order.get(to.min(last)).copied()
}

/// The ground of a row and its response.
fn line(ui: &Ui, rect: Rect, id: Id, focusable: bool, row: &LayerRow, rows: &Rows) -> Response {
    let scheme = theme::scheme(ui);
    let response = ui.interact(rect, id, if focusable { Sense::click() } else { Sense::CLICK });
    let chosen = rows.chosen == Some(row.place);
    let lit = chosen || rows.hovered == Some(row.place);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, lit, row.words()));
    if lit {
        ui.painter().rect_filled(rect, 4.0, if chosen { scheme.pressed } else { scheme.hovered });
    }
    response.on_hover_ui(|ui| plot::tooltip(ui, row))
}

/// True: it was clicked.
fn tick_box(ui: &Ui, row: &LayerRow, rows: &Rows) -> bool {
    if !row.can_be_float() {
        return false;
    }
    let ticked = rows.ticked.contains(&row.name);
    let rect = Rect::from_center_size(ui.max_rect().center(), vec2(checkbox::SIDE, checkbox::SIDE));
    let response = ui.interact(rect.expand(3.0), ui.scope_id().with("tick"), Sense::CLICK);
    let name = format!("Keep {} in float", row.name);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, ticked, &name));
    checkbox::paint(ui.painter(), rect, ticked, theme::scheme(ui));
    response.on_hover_text(format!("{name} when B is rebuilt (Space on the focused row)")).clicked()
}

fn cell(ui: &Ui, key: LayerSortKey, row: &LayerRow, rows: &Rows) {
    let Scheme { text, strong, weak, .. } = theme::scheme(ui);
    let lit = rows.chosen == Some(row.place) || rows.hovered == Some(row.place);
    let colour = if lit { *strong } else { *text };
    let (painter, rect) = (ui.painter(), ui.max_rect());
    let left = |words: &str, colour: Color32| {
        let mut job = LayoutJob::simple_singleline(words.to_owned(), FontId::proportional(12.5), colour);
        // Ends in "…" where it is too long.
        job.wrap = TextWrapping::truncate_at_width(rect.width());
        let words = painter.layout_job(job);
        painter.galley(Align2::LEFT_CENTER.align_size_within_rect(words.size(), rect).min, words, colour);
    };
    let right = |words: String, colour| {
        painter.text(rect.right_center(), Align2::RIGHT_CENTER, words, theme::digits(), colour);
    };
    // The unit is in the tooltip.
    let number = |db: Option<f64>| decibel(db).trim_end_matches(" dB").to_owned();
    let score = |score: Option<f32>| score.map_or_else(|| "–".into(), |s| format!("{s:.3}"));
    let worst = palette::plots(ui.visuals().dark_mode).lost;
    match key {
        LayerSortKey::Layer => left(&row.name, colour),
        LayerSortKey::Op => left(row.op.trim_start_matches("QLinear"), *weak),
        LayerSortKey::Propagated => right(number(Some(row.propagated)), colour),
        LayerSortKey::Isolated => right(number(row.isolated), if row.isolated.is_some() { colour } else { *weak }),
        LayerSortKey::Boxes => {
            let words = row.iou_loss.map_or_else(|| "–".into(), |loss| format!("{:.2} %", loss * 100.0));
            right(words, if row.share.is_some_and(|share| share >= 0.1) { worst } else { colour });
        }
        LayerSortKey::Overflow => {
            let some = row.overflowing.is_some_and(|parts| parts > 0.0);
            right(row.overflowing.map_or_else(|| "–".into(), per_million), if some { colour } else { *weak });
        }
        LayerSortKey::Differing => {
            let some = row.differing.is_some_and(|share| share > 0.0);
            right(row.differing.map_or_else(|| "–".into(), of_bytes), if some { colour } else { *weak });
        }
        LayerSortKey::Alone => {
            let is_much = rows.towards(row).is_some_and(|by| by >= 0.02);
            right(score(row.alone), if is_much { worst } else { colour });
        }
        LayerSortKey::UpTo => right(score(row.up_to), colour),
    }
}

/// Gives what was asked to sort by.
fn title_cell(
    ui: &Ui,
    Title(key, title, what, _): &Title,
    (sorted, turned): (LayerSortKey, bool),
) -> Option<LayerSortKey> {
    let scheme = theme::scheme(ui);
    let (rect, painter) = (ui.max_rect(), ui.painter());
    let font = FontId::proportional(11.5);
    let Some(key) = *key else {
        painter.text(rect.center(), Align2::CENTER_CENTER, *title, font, scheme.weak);
        return None;
    };
    let response = ui.interact(rect, ui.scope_id().with("title"), Sense::click());
    let active = key == sorted;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, format!("Sort by {what}")));
    let colour = if active || response.hovered() { scheme.strong } else { scheme.weak };
    let anchor =
        if matches!(key, LayerSortKey::Layer | LayerSortKey::Op) { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
    let words = anchor.pos_in_rect(&rect);
    let painted = painter.text(words, anchor, *title, font, colour);
    if active {
        let (base, tip) = if turned { (0.0, -4.0) } else { (-4.0, 0.0) };
        let bottom = pos2(painted.center().x, rect.bottom());
        let points = vec![bottom + vec2(-4.0, base), bottom + vec2(4.0, base), bottom + vec2(0.0, tip)];
        painter.add(Shape::convex_polygon(points, scheme.accent, Stroke::NONE));
    }
    response.on_hover_text(format!("Sort by {what}; click again to reverse")).clicked().then_some(key)
}
