//! The panel on the right: what is detected, highest score first.

use egui::{Align2, FontId, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use crate::app::ui::palette::class_colour;
use crate::app::ui::theme;
use crate::compare::label_text;
use crate::detect::{ClassSet, Classes, Detection, MAX_DETECTIONS, is_full};

const ROW: f32 = 26.0;

/// Shows those of the chosen classes, and gives the index of the detection whose row is under the pointer.
pub fn show(
    ui: &mut Ui,
    detections: &[Detection],
    classes: &Classes,
    chosen: &ClassSet,
    highlighted: Option<usize>,
) -> Option<usize> {
    let shown: Vec<usize> = (0..detections.len()).filter(|i| chosen.contains(detections[*i].class_id)).collect();
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Detections").strong());
        ui.label(RichText::new(shown.len().to_string()).weak());
    });
    if is_full(detections) {
        limit_notice(ui);
    }
    ui.add_space(2.0);
    if shown.is_empty() {
        let why =
            if detections.is_empty() { "No detections above the score threshold." } else { "Only hidden classes." };
        ui.label(RichText::new(why).weak());
        return None;
    }
    let mut hovered = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, ROW, shown.len(), |ui, rows| {
        for &index in &shown[rows] {
            if row(ui, &detections[index], classes, highlighted == Some(index)) {
                hovered = Some(index);
            }
        }
    });
    hovered
}

/// Says that a model has as many boxes as there may be.
pub fn limit_notice(ui: &mut Ui) {
    let notice = format!("Only the {MAX_DETECTIONS} strongest boxes are kept. Raise the score threshold.");
    ui.label(RichText::new(notice).small().color(theme::scheme(ui).warning));
}

/// One row: colour, class, a bar as long as the score, the score. True under the pointer.
fn row(ui: &mut Ui, detection: &Detection, classes: &Classes, highlighted: bool) -> bool {
    let scheme = theme::scheme(ui);
    let class = classes.name(detection.class_id);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let text = label_text(class, detection.score);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, highlighted, &text));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if highlighted {
        painter.rect_filled(rect, 5.0, scheme.hovered);
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let swatch = egui::Rect::from_center_size(inner.left_center() + vec2(5.0, 0.0), vec2(10.0, 10.0));
    painter.rect_filled(swatch, 3.0, class_colour(detection.class_id));
    painter.rect_stroke(swatch, 3.0, egui::Stroke::new(1.0, scheme.line), egui::StrokeKind::Outside);
    let colour = if highlighted { scheme.strong } else { scheme.text };
    painter.text(inner.left_center() + vec2(19.0, 0.0), Align2::LEFT_CENTER, class, FontId::proportional(13.5), colour);
    let score = format!("{:.2}", detection.score);
    let number = painter.text(inner.right_center(), Align2::RIGHT_CENTER, score, theme::digits(), colour);
    let rail = egui::Rect::from_min_max(
        egui::pos2((number.left() - 58.0).max(inner.left()), rect.center().y - 2.0),
        egui::pos2(number.left() - 10.0, rect.center().y + 2.0),
    );
    painter.rect_filled(rail, 2.0, scheme.line);
    let filled = rail.with_max_x(rail.left() + rail.width() * detection.score.clamp(0.0, 1.0));
    painter.rect_filled(filled, 2.0, scheme.accent);
    response.hovered()
}
