//! The toolbar's choice of a view.

use egui::{Button, Rect, Role, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, WindowAction};
use crate::app::ui::elide;
use crate::app::view::View;

/// The place in a button that is left free for the sign.
const SIGN_ID: &str = "sign";

/// Of the sign, in points.
const SIGN: egui::Vec2 = vec2(17.0, 12.0);

/// Between the buttons, in points.
const BETWEEN: f32 = 2.0;

/// How wide the buttons are together, in points. `words`: with the names of the views.
pub fn width(ui: &Ui, words: bool) -> f32 {
    View::ALL.iter().map(|view| button_width(ui, *view, words) + BETWEEN).sum::<f32>() - BETWEEN
}

fn button_width(ui: &Ui, view: View, words: bool) -> f32 {
    let spacing = ui.spacing();
    let word = if words { elide::width(ui, view.label()) } else { 0.0 };
    (2.0 * spacing.button_padding.x + SIGN.x + spacing.icon_spacing + word).ceil()
}

/// A button for each view, with a small picture of it.
pub fn show(ui: &mut Ui, view: View, words: bool, actions: &mut Vec<Action>) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        for other in View::ALL {
            let chosen = other == view;
            let text = if words { other.label() } else { "" };
            let width = button_width(ui, other, words);
            // Room for the sign, which is painted after the button has its colours.
            let button = Button::selectable(chosen, (egui::Atom::custom(egui::IdSalt::new(SIGN_ID), SIGN), text));
            let response = button.frame_when_inactive(true).min_size(vec2(width, 0.0)).atom_ui(ui);
            let colour = ui.style().interact_selectable(&response.response, chosen).text_color();
            if let Some(rect) = response.rect(egui::IdSalt::new(SIGN_ID)) {
                paint_sign(ui, rect, other, colour);
            }
            let response = response.response;
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, other.label()));
            let action = Action::Window(WindowAction::Show(other));
            let what = match other {
                View::Single => "Boxes of one model",
                View::Split => "A on the left, B on the right of a movable divider",
                View::SideBySide => "A and B side by side, with linked zoom",
                View::Overlay => "Both models' boxes, coloured by match result",
            };
            if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
                actions.push(action);
            }
        }
    });
}

fn paint_sign(ui: &Ui, rect: Rect, view: View, colour: egui::Color32) {
    let painter = ui.painter();
    let stroke = Stroke::new(1.2, colour);
    let frame = |rect: Rect| _ = painter.rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
    match view {
        View::Single => frame(rect),
        View::Split => {
            frame(rect);
            painter.rect_filled(rect.with_max_x(rect.center().x).shrink(1.0), 1.0, colour.gamma_multiply(0.55));
            painter.vline(rect.center().x, rect.top() - 2.0..=rect.bottom() + 2.0, stroke);
        }
        View::SideBySide => {
            let (left, right) = rect.split_left_right_at_fraction(0.5);
            frame(left.with_max_x(left.right() - 1.0));
            frame(right.with_min_x(right.left() + 1.0));
        }
        View::Overlay => {
            frame(Rect::from_min_max(rect.min, pos2(rect.right() - 5.0, rect.bottom() - 3.0)));
            let second = Rect::from_min_max(rect.min + vec2(5.0, 3.0), rect.max);
            painter.extend(egui::Shape::dashed_line(
                &[
                    second.left_top(),
                    second.right_top(),
                    second.right_bottom(),
                    second.left_bottom(),
                    second.left_top(),
                ],
                stroke,
                2.5,
                1.5,
            ));
        }
    }
}
