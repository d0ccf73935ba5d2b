//! The buttons of the zoom, at the right end of the status line.

use egui::{Button, Label, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PictureAction};
use crate::app::frame::Zoom;
use crate::app::ui::theme;

/// Between two of them.
const GAP: f32 = 4.0;

const HEIGHT: f32 = 22.0;

/// Of − and +, of the zoom between them, and of the others.
const WIDTHS: [f32; 3] = [28.0, 54.0, 38.0];

/// All of them, with the space before them.
pub const WIDTH: f32 = 12.0 + 2.0 * WIDTHS[0] + WIDTHS[1] + 2.0 * WIDTHS[2] + 5.0 * GAP;

/// From left to right, which is the order of the keyboard too.
pub fn show(ui: &mut Ui, zoom: Zoom, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = GAP;
    ui.spacing_mut().interact_size.y = HEIGHT;
    ui.spacing_mut().button_padding = vec2(4.0, 2.0);
    ui.add_space(12.0);
    let actual = !zoom.fit && (zoom.per_cent - 100.0).abs() < 0.5;
    let mut button = |ui: &mut Ui, [text, name, what]: [&str; 3], width: f32, chosen: bool, action: PictureAction| {
        let action = Action::Picture(action);
        let response = ui.add_sized(vec2(width, HEIGHT), Button::new(text).selected(chosen));
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, name));
        if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
            actions.push(action);
        }
    };
    let [sign, percent, word] = WIDTHS;
    button(ui, ["➖", "Zoom out", "Zoom out"], sign, false, PictureAction::ZoomOut);
    let text = RichText::new(format!("{:.0} %", zoom.per_cent)).font(theme::digits());
    ui.add_sized(vec2(percent, HEIGHT), Label::new(text));
    button(ui, ["➕", "Zoom in", "Zoom in"], sign, false, PictureAction::ZoomIn);
    button(ui, ["Fit", "Fit", "Fit the picture to the window"], word, zoom.fit, PictureAction::Fit);
    button(ui, ["1:1", "1:1", "Actual size (100 %)"], word, actual, PictureAction::ActualSize);
}
