//! The list of classes: which are shown, and how many boxes there are of each.

#[cfg(test)]
mod tests;

use egui::{
    Align2, Button, FontId, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::{Action, PairsAction};
use crate::app::ui::checkbox;
use crate::app::ui::list_focus::ListFocus;
use crate::app::ui::palette::class_colour;
use crate::app::ui::text_field::TextField;
use crate::app::ui::theme;
use crate::compare::csv::cell;
use crate::compare::truth::{JudgedBoxes, PictureTruth};
use crate::detect::{ClassSet, Classes, Detection};

const ROW: f32 = 26.0;

/// For how long classes keep their order while frames come, in seconds: those that are seen in every other frame only
/// would move all rows otherwise.
const KEPT: f64 = 3.0;

const SEARCH: TextField<'_> =
    TextField { name: "Search classes", hint: "Search", tooltip: "Filter classes by name; Escape clears the search" };

/// How many boxes of each class there are, before the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// By class id, of each side.
    of: Vec<[usize; 2]>,
    /// 1 = one model alone.
    sides: usize,
    /// By class id: objects that are known to be there, and how many of them each side finds; empty = nothing is known.
    known: Vec<ClassObjects>,
    /// Whether each side looked for them.
    judged: [bool; 2],
}

/// The objects of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ClassObjects {
    objects: usize,
    found: [usize; 2],
}

impl ClassCounts {
    /// Counts one model's boxes, or those of A and B.
    pub fn count(&mut self, classes: &Classes, sides: &[&[Detection]]) {
        self.of.clear();
        self.of.resize(classes.len(), [0; 2]);
        self.sides = sides.len().min(2);
        for (side, found) in sides.iter().take(2).enumerate() {
            for detection in *found {
                if let Some(of) = self.of.get_mut(detection.class_id) {
                    of[side] += 1;
                }
            }
        }
    }

    /// Counts what is known to be there, crowds left out, and what of it A finds, and B.
    pub fn count_known(&mut self, classes: &Classes, known: Option<(&PictureTruth, &[JudgedBoxes; 2])>) {
        self.known.clear();
        let Some((truth, judged)) = known else { return };
        self.judged = judged.each_ref().map(|judged| judged.is_of(truth));
        self.known.resize(classes.len(), ClassObjects::default());
        for (place, object) in truth.objects.iter().enumerate().filter(|(_, object)| !object.crowd) {
            if let Some(of) = self.known.get_mut(object.category) {
                of.objects += 1;
                for (found, judged) in of.found.iter_mut().zip(judged) {
                    *found += usize::from(judged.finds(place));
                }
            }
        }
    }

    fn known(&self, class_id: usize) -> ClassObjects {
        self.known.get(class_id).copied().unwrap_or_default()
    }

    /// Whether a box of it was found, or an object is known to be there.
    fn has(&self, class_id: usize) -> bool {
        self.of(class_id) != [0; 2] || self.known(class_id).objects > 0
    }

    fn of(&self, class_id: usize) -> [usize; 2] {
        self.of.get(class_id).copied().unwrap_or_default()
    }

    /// "3", or "3 | 2".
    fn text(&self, class_id: usize) -> String {
        let [a, b] = self.of(class_id);
        if self.sides < 2 { a.to_string() } else { format!("{a} | {b}") }
    }

    /// "3 boxes", or "3 | 2 boxes, A | B"; and what is known, as "truth: 4, A finds 3, B 2".
    fn sentence(&self, class_id: usize) -> String {
        let text = self.text(class_id);
        let boxes = match (self.sides < 2, self.of(class_id)[0]) {
            (true, 1) => "1 box".into(),
            (true, _) => format!("{text} boxes"),
            (false, _) => format!("{text} boxes, A | B"),
        };
        if self.known.is_empty() {
            return boxes;
        }
        let ClassObjects { objects, found: [a, b] } = self.known(class_id);
        let found = match (self.sides < 2, self.judged) {
            (true, [true, _]) => format!(", found {a}"),
            (false, [true, true]) => format!(", A finds {a}, B {b}"),
            (false, [true, false]) => format!(", A finds {a}"),
            (false, [false, true]) => format!(", B finds {b}"),
            (_, [false, _]) => String::new(),
        };
        format!("{boxes}; truth: {objects}{found}")
    }
}

/// What the panel keeps between frames.
#[derive(Default)]
pub struct ClassFilter {
    search: String,
    /// Class ids that match, those on the current frame first.
    rows: Vec<usize>,
    made_from: Option<ClassRowsKey>,
    /// When the rows were put into their order, by the window's clock in seconds.
    made_at: f64,
    /// The pointer is over the list, or one of its rows has the focus: rows must not move.
    held: bool,
    /// The class whose row takes the focus; `None` = the first row's.
    cursor: Option<usize>,
}

#[derive(PartialEq)]
struct ClassRowsKey {
    classes: Classes,
    search: String,
    /// By class id.
    present: Vec<bool>,
}

impl ClassFilter {
    /// Shows the whole list, of which what is in sight costs something. `live`: the counts change with every frame.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        classes: &Classes,
        counts: &ClassCounts,
        chosen: &mut ClassSet,
        live: bool,
        actions: &mut Vec<Action>,
    ) {
        SEARCH.show(ui, &mut self.search);
        self.update(classes, counts, live, ui.input(|i| i.time));
        self.buttons(ui, chosen);
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{} of {}", chosen.count(classes.len()), classes.len())).weak());
            let copy = ui.add(Button::new("CSV").small());
            copy.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Copy classes as CSV"));
            if copy.on_hover_text("Copy the classes and their counts as CSV").clicked() {
                actions.push(Action::Pairs(PairsAction::CopyClasses));
            }
        });
        if self.rows.is_empty() {
            ui.label(RichText::new(format!("No class matches “{}”.", self.search.trim())).weak());
            return;
        }
        self.list(ui, classes, counts, chosen);
    }

    /// The rows as CSV, in their order, and how many there are.
    pub fn csv(&self, classes: &Classes, counts: &ClassCounts, chosen: &ClassSet) -> (usize, String) {
        let one = counts.sides < 2;
        let mut text = String::from(if one { "class,shown,boxes\n" } else { "class,shown,boxes_a,boxes_b\n" });
        for class_id in self.rows.iter().copied() {
            let [a, b] = counts.of(class_id);
            text += &format!("{},{},{a}", cell(classes.name_in_files(class_id)), chosen.contains(class_id));
            if !one {
                text += &format!(",{b}");
            }
            text.push('\n');
        }
        (self.rows.len(), text)
    }

    fn list(&mut self, ui: &mut Ui, classes: &Classes, counts: &ClassCounts, chosen: &mut ClassSet) {
        let size = vec2(ui.available_width(), ROW * self.rows.len() as f32);
        let (list, _) = ui.allocate_exact_size(size, Sense::hover());
        let rect = |place: usize| {
            Rect::from_min_size(list.left_top() + vec2(0.0, ROW * place as f32), vec2(list.width(), ROW))
        };
        let cursor = self.cursor.and_then(|class_id| self.rows.iter().position(|row| *row == class_id));
        let focus = ListFocus::new(ui, "classes", cursor.unwrap_or(0), self.rows.len());
        let moved = focus.moved(ui, Some(focus.place()), false);
        if let Some(place) = moved {
            self.cursor = self.rows.get(place).copied();
            ui.scroll_to_rect(rect(place), None);
        }
        let focus = ListFocus::new(ui, "classes", moved.unwrap_or(focus.place()), self.rows.len());
        let seen = ui.clip_rect().intersect(list);
        let row_at = |y: f32| ((y - list.top()) / ROW).max(0.0);
        let (first, last) = (row_at(seen.top()).floor() as usize, row_at(seen.bottom()).ceil() as usize);
        let in_sight = first..last.min(self.rows.len());
        for place in in_sight.clone() {
            let class_id = self.rows[place];
            let (id, sense) = focus.row(place);
            let response = ui.interact(rect(place), id, sense);
            if response.gained_focus() {
                response.scroll_to_me(None);
            }
            response.widget_info(|| info(classes, class_id, chosen));
            let response = row(ui, response, classes, class_id, counts, chosen.contains(class_id));
            if response.clicked() {
                self.cursor = Some(class_id);
                choose(ui, &response, class_id, classes.len(), chosen);
            }
        }
        if !in_sight.contains(&focus.place()) {
            let (held, class_id) = (focus.hold(ui), self.rows[focus.place()]);
            held.widget_info(|| info(classes, class_id, chosen));
            if held.gained_focus() {
                ui.scroll_to_rect(rect(focus.place()), None);
            }
        }
        focus.moves_within(ui, list);
        self.held = focus.is_here(ui) || ui.rect_contains_pointer(list);
    }

    fn buttons(&self, ui: &mut Ui, chosen: &mut ClassSet) {
        let searching = !self.search.trim().is_empty();
        let whom = if searching { "matching classes; the others are unchanged" } else { "classes" };
        let pressed = |ui: &mut Ui, text: &str, what: &str| {
            let button = Button::new(text).min_size(vec2((ui.available_width() / 3.0).clamp(30.0, 58.0), 0.0));
            ui.add(button).on_hover_text(format!("{what} {whom}")).clicked()
        };
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let all = pressed(ui, "All", "Show all");
            let none = pressed(ui, "None", "Hide all");
            let invert = pressed(ui, "Invert", "Invert selection of");
            for class_id in self.rows.iter().copied() {
                match (all, none, invert) {
                    (true, ..) => chosen.set(class_id, true),
                    (_, true, _) => chosen.set(class_id, false),
                    (.., true) => chosen.set(class_id, !chosen.contains(class_id)),
                    _ => break,
                }
            }
            if all && !searching {
                // Classes that only another model has, too.
                *chosen = ClassSet::default();
            }
        });
    }

    /// Updates the rows if the search, the model or the current frame changed.
    fn update(&mut self, classes: &Classes, counts: &ClassCounts, live: bool, now: f64) {
        let same = self.made_from.as_ref().is_some_and(|from| {
            let present = || from.present.iter().enumerate().all(|(id, present)| *present == counts.has(id));
            // Until something is seen for the first time, no order is worth keeping.
            let is_young = || live && now - self.made_at < KEPT && from.present.contains(&true);
            from.classes == *classes && from.search == self.search && (self.held || present() || is_young())
        });
        if same {
            return;
        }
        let wanted = self.search.trim().to_lowercase();
        let found = |id: &usize| {
            // Also by the name in the model's file: "sofa" finds "couch".
            [classes.name(*id), classes.name_in_files(*id)].iter().any(|name| name.to_lowercase().contains(&wanted))
        };
        self.rows.clear();
        self.rows.extend((0..classes.len()).filter(found));
        // Stable: within both, in the model's order.
        self.rows.sort_by_key(|id| !counts.has(*id));
        let present = (0..classes.len()).map(|id| counts.has(id)).collect();
        self.made_from = Some(ClassRowsKey { classes: classes.clone(), search: self.search.clone(), present });
        self.made_at = now;
    }
}

/// What a click on a class does, or Space on its row.
fn choose(ui: &Ui, response: &Response, class_id: usize, len: usize, chosen: &mut ClassSet) {
    let only = ClassSet::only(class_id, len);
    if response.double_clicked() {
        // Its first click took the last class away: it was the only one.
        *chosen = if chosen.count(len) == 0 { ClassSet::default() } else { only };
    } else if ui.input(|i| i.modifiers.alt) {
        *chosen = if *chosen == only { ClassSet::default() } else { only };
    } else {
        chosen.set(class_id, !chosen.contains(class_id));
    }
}

fn info(classes: &Classes, class_id: usize, chosen: &ClassSet) -> WidgetInfo {
    let name = format!("class {}", classes.name(class_id));
    WidgetInfo::selected(Role::CheckBox, true, chosen.contains(class_id), name)
}

/// One class: a checkbox, its colour, its name, how many boxes there are.
fn row(
    ui: &Ui,
    response: Response,
    classes: &Classes,
    class_id: usize,
    counts: &ClassCounts,
    chosen: bool,
) -> Response {
    let (scheme, rect) = (theme::scheme(ui), response.rect);
    let name = classes.name(class_id);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if response.hovered() {
        painter.rect_filled(rect, 5.0, scheme.hovered);
    }
    let present = counts.has(class_id);
    let colour = match (chosen, present) {
        (true, true) => scheme.strong,
        (true, false) => scheme.text,
        (false, _) => scheme.weak,
    };
    let tick = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(checkbox::SIDE, checkbox::SIDE));
    checkbox::paint(&painter, tick, chosen, scheme);
    let swatch = Rect::from_center_size(rect.left_center() + vec2(31.0, 0.0), vec2(10.0, 10.0));
    painter.rect_filled(swatch, 3.0, class_colour(class_id));
    painter.rect_stroke(swatch, 3.0, Stroke::new(1.0, scheme.line), StrokeKind::Outside);
    let mut end = rect.right() - 8.0;
    if present {
        let text = counts.text(class_id);
        end =
            painter.text(pos2(end, rect.center().y), Align2::RIGHT_CENTER, text, theme::digits(), colour).left() - 6.0;
    }
    let clipped = painter.with_clip_rect(rect.with_max_x(end).intersect(ui.clip_rect()));
    let place = pos2(rect.left() + 43.0, rect.center().y);
    clipped.text(place, Align2::LEFT_CENTER, name, FontId::proportional(13.5), colour);
    let what = format!(
        "{name}: {}\nClick to show or hide; double-click or Alt+click to show only this class, or all again",
        counts.sentence(class_id)
    );
    response.on_hover_text(what)
}
