//! One model's detections, highest score first.

use egui::{Align2, Button, FontId, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::empty_list::{self, WayOut};
use super::held_order::{HeldOrder, follow};
use crate::app::action::{Action, PairsAction};
use crate::app::ui::palette::class_colour;
use crate::app::ui::theme;
use crate::compare::truth::JudgedBoxes;
use crate::compare::{label_text, score_text, thousandths};
use crate::detect::{ClassSet, Classes, Detection, MAX_DETECTIONS, Thresholds, is_full};

const ROW: f32 = 26.0;

/// What is listed.
pub struct ListInput<'a> {
    pub detections: &'a [Detection],
    /// The same against what is known to be there; `None` = nothing is known.
    pub judged: Option<&'a JudgedBoxes>,
    pub classes: &'a Classes,
    pub chosen: &'a ClassSet,
    pub thresholds: Thresholds,
    /// The detection that is pointed at, in the picture or here.
    pub highlighted: Option<usize>,
    /// Another frame comes soon.
    pub live: bool,
}

/// What the list keeps between frames.
#[derive(Default)]
pub struct DetectionList {
    /// Indices of detections, from the top down.
    shown: Vec<usize>,
    order: HeldOrder<Detection>,
    /// The pointer was over the rows.
    pointed: bool,
}

impl DetectionList {
    /// The detections that are listed, from the top down.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// Shows those of the chosen classes, and gives the index of the detection whose row is under the pointer.
    pub fn ui(&mut self, ui: &mut Ui, input: &ListInput<'_>, actions: &mut Vec<Action>) -> Option<usize> {
        self.update(input);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new("Detections").strong());
            ui.label(RichText::new(self.shown.len().to_string()).weak());
            copy_button(ui, !self.shown.is_empty(), actions);
        });
        if is_full(input.detections) {
            limit_notice(ui);
        }
        ui.add_space(2.0);
        if self.shown.is_empty() {
            let (why, ways): (_, &[WayOut]) = if input.detections.is_empty() {
                ("No detections above the score threshold.", WayOut::of_thresholds(&[input.thresholds]))
            } else {
                ("Only hidden classes.", &[WayOut::ShowAllClasses])
            };
            let rect = ui.available_rect_before_wrap();
            empty_list::show(ui, rect, why, ways, actions);
            return None;
        }
        let mut hovered = None;
        ui.spacing_mut().item_spacing.y = 0.0;
        theme::reserve_scroll_bar(ui);
        let rows = ScrollArea::vertical().auto_shrink([false, false]);
        let rows = rows.show_rows(ui, ROW, self.shown.len(), |ui, rows| {
            for &index in &self.shown[rows] {
                if row(ui, input, index) {
                    hovered = Some(index);
                }
            }
        });
        self.pointed = ui.rect_contains_pointer(rows.inner_rect);
        hovered
    }

    fn update(&mut self, input: &ListInput<'_>) {
        let found = input.detections;
        let hold = input.live && self.pointed;
        self.shown.clear();
        self.shown.extend((0..found.len()).filter(|i| input.chosen.contains(found[*i].class_id)));
        if hold {
            let thing = |row: &usize| found.get(*row).copied();
            self.order.restore(&mut self.shown, |d| follow(d, found), |row| *row, thing);
        } else {
            self.order.release();
            // What is held next are the rows of this frame.
            self.order.begin(self.shown.iter().map(|i| found[*i]));
        }
    }
}

/// Copies the table below it.
pub fn copy_button(ui: &mut Ui, enabled: bool, actions: &mut Vec<Action>) {
    let copy = ui.add_enabled(enabled, Button::new("CSV").small());
    copy.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, "Copy table as CSV"));
    if copy.on_hover_text("Copy table as CSV: the rows below, in their order").clicked() {
        actions.push(Action::Pairs(PairsAction::CopyTable));
    }
}

/// Says that a model has as many boxes as there may be.
pub fn limit_notice(ui: &mut Ui) {
    let notice = format!("Only the {MAX_DETECTIONS} strongest boxes are kept. Raise the score threshold.");
    ui.label(RichText::new(notice).small().color(theme::scheme(ui).warning));
}

/// One row: colour, class, a bar as long as the score, the score. True under the pointer.
fn row(ui: &mut Ui, input: &ListInput<'_>, index: usize) -> bool {
    let (detection, highlighted) = (&input.detections[index], input.highlighted == Some(index));
    let scheme = theme::scheme(ui);
    let class = input.classes.name(detection.class_id);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let truth = input.judged.and_then(|judged| judged.boxes.get(index)).map(|truth| truth.word());
    let text = label_text(class, detection.score);
    let text = truth.map_or_else(|| text.clone(), |truth| format!("{text}, {truth}"));
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, highlighted, &text));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if highlighted {
        painter.rect_filled(rect, 5.0, scheme.hovered);
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let swatch = Rect::from_center_size(inner.left_center() + vec2(5.0, 0.0), vec2(10.0, 10.0));
    painter.rect_filled(swatch, 3.0, class_colour(detection.class_id));
    painter.rect_stroke(swatch, 3.0, egui::Stroke::new(1.0, scheme.line), egui::StrokeKind::Outside);
    let colour = if highlighted { scheme.strong } else { scheme.text };
    let score = score_text(thousandths(detection.score, input.thresholds.score));
    let number = painter.text(inner.right_center(), Align2::RIGHT_CENTER, score, theme::digits(), colour);
    let rail = Rect::from_min_max(
        pos2((number.left() - 58.0).max(inner.left()), rect.center().y - 2.0),
        pos2(number.left() - 10.0, rect.center().y + 2.0),
    );
    let name = painter.with_clip_rect(rect.with_max_x(rail.left() - 6.0).intersect(ui.clip_rect()));
    name.text(inner.left_center() + vec2(19.0, 0.0), Align2::LEFT_CENTER, class, FontId::proportional(13.5), colour);
    match truth {
        // In the bar's place: the score is written beside it.
        Some(truth) => {
            let place = pos2(rail.right(), rect.center().y);
            painter.text(place, Align2::RIGHT_CENTER, truth, FontId::proportional(11.5), scheme.weak);
        }
        None => {
            painter.rect_filled(rail, 2.0, scheme.line);
            let filled = rail.with_max_x(rail.left() + rail.width() * detection.score.clamp(0.0, 1.0));
            painter.rect_filled(filled, 2.0, scheme.accent);
        }
    }
    response.hovered()
}
