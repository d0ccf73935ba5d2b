//! A text field of one line that a cross in it empties, and Escape.

use egui::{Align2, FontId, Key, Margin, Rect, Response, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::theme;

/// A square for the cross, at the field's right end.
const CROSS: f32 = 20.0;

/// What is said of the field.
pub struct TextField<'a> {
    /// For screen readers.
    pub name: &'a str,
    /// Stands in it while it is empty.
    pub hint: &'a str,
    pub tooltip: &'a str,
}

impl TextField<'_> {
    /// Shows it as wide as there is room.
    pub fn show(&self, ui: &mut Ui, text: &mut String) -> Response {
        let margin = Margin { right: CROSS as i8 + 4, ..Margin::symmetric(6, 4) };
        let field = TextEdit::singleline(text).hint_text(self.hint).margin(margin).desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo {
            label: Some(self.name.into()),
            ..WidgetInfo::text_edit(true, &*text, &*text, self.hint)
        });
        // The field gives up the focus on Escape by itself.
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            text.clear();
        }
        if !text.is_empty() && self.cross(ui, &response).clicked() {
            text.clear();
            response.request_focus();
        }
        response.on_hover_text(self.tooltip)
    }

    fn cross(&self, ui: &Ui, field: &Response) -> Response {
        let scheme = theme::scheme(ui);
        let centre = field.rect.right_center() - vec2(CROSS / 2.0 + 2.0, 0.0);
        let rect = Rect::from_center_size(centre, vec2(CROSS, CROSS));
        let cross = ui.interact(rect, field.id.with("clear"), Sense::click());
        cross.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Clear: {}", self.name)));
        let colour = if cross.hovered() { scheme.strong } else { scheme.weak };
        ui.painter().text(centre, Align2::CENTER_CENTER, "✖", FontId::proportional(11.0), colour);
        cross.on_hover_text("Clear (Escape)")
    }
}
