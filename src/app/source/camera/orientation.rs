//! How the camera's picture is turned: mirror and rotation.

use egui::{Button, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, CameraAction};
use crate::app::ui::checkbox::checkbox;
use crate::source::{Orientation, Turn};

const TURNS: [Turn; 4] = [Turn::None, Turn::Quarter, Turn::Half, Turn::ThreeQuarters];

pub fn show(ui: &mut Ui, now: Orientation, actions: &mut Vec<Action>) {
    let mut mirror = now.mirror;
    let what = hint(ui.ctx(), "Swap left and right", &Action::Camera(CameraAction::ToggleMirror));
    if checkbox(ui, &mut mirror, "Mirror").on_hover_text(what).changed() {
        actions.push(Action::Camera(CameraAction::ToggleMirror));
    }
    ui.horizontal(|ui| {
        ui.label(RichText::new("Turn").weak());
        ui.spacing_mut().item_spacing.x = 2.0;
        for turn in TURNS {
            let chosen = now.turn == turn;
            let (text, degrees) = (format!("{}°", turn.degrees()), turn.degrees());
            let button = Button::selectable(chosen, text).frame_when_inactive(true).min_size(vec2(50.0, 0.0));
            let response = ui.add(button);
            let name = format!("Rotate by {degrees}°");
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
            if response.on_hover_text("Clockwise, for a camera mounted sideways or upside down").clicked() && !chosen {
                actions.push(Action::Camera(CameraAction::Orient(Orientation { turn, ..now })));
            }
        }
    });
}
