//! The camera's own controls: a slider, a box or a list each, with the way back to its default.

use std::time::{Duration, Instant};

use egui::{Button, ComboBox, Label, RichText, Role, Slider, Ui, WidgetInfo, vec2};

use super::pending_controls::PendingControls;
use crate::app::action::{Action, CameraAction};
use crate::app::ui::checkbox::checkbox;
use crate::app::ui::row_end;
use crate::source::{Control, ControlKind};

/// While a value is on its way, the panel looks again after this.
const AGAIN: Duration = Duration::from_millis(100);

/// The height of a control's name, in points.
const ROW: f32 = 22.0;

/// Room for the number beside a slider.
const NUMBER: f32 = 58.0;

pub fn show(ui: &mut Ui, controls: &[Control], pending: &mut PendingControls, actions: &mut Vec<Action>) {
    if pending.settle(controls, Instant::now()) {
        ui.ctx().request_repaint_after(AGAIN);
    }
    ui.horizontal(|ui| {
        ui.label(RichText::new("Controls").strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let changed = controls.iter().any(|c| pending.value(c) != c.default);
            let reset = ui.add_enabled(changed, Button::new("Reset all").small());
            if reset.on_hover_text("Reset every control to the driver's default").clicked() {
                actions.push(Action::Camera(CameraAction::ResetControls));
            }
        });
    });
    if controls.is_empty() {
        ui.label(RichText::new("None available, or the camera is not open.").weak());
    }
    for control in controls {
        let value = pending.value(control);
        ui.push_id(control.id, |ui| {
            let wish = match &control.kind {
                ControlKind::Range { min, max, step } => range(ui, control, value, [*min, *max, *step], actions),
                ControlKind::Switch => switch(ui, control, value, actions),
                ControlKind::Menu(entries) => menu(ui, control, value, entries, actions),
            };
            if let Some(wish) = wish.filter(|wish| *wish != value) {
                actions.push(Action::Camera(CameraAction::SetControl(control.id, wish)));
            }
        });
    }
}

/// The name, and at the right end what brings the default back.
fn titled<R>(
    ui: &mut Ui,
    control: &Control,
    value: i64,
    actions: &mut Vec<Action>,
    title: impl FnOnce(&mut Ui) -> R,
) -> R {
    let row = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(row, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        let (shown, ()) = row_end::show(ui, "control", title, |ui| {
            let can = control.active && value != control.default;
            let name = format!("Reset {}", control.name);
            let reset = ui.add_enabled(can, Button::new("⟲").small().frame(false));
            reset.widget_info(|| WidgetInfo::labeled(Role::Button, can, &name));
            if reset.on_hover_text(format!("Reset to {}", worded(control, control.default))).clicked() {
                actions.push(Action::Camera(CameraAction::ResetControl(control.id)));
            }
        });
        shown
    })
    .inner
}

fn name(ui: &mut Ui, control: &Control) {
    let text = RichText::new(&control.name);
    ui.add(Label::new(if control.active { text } else { text.weak() }).truncate());
}

/// A value in the control's own words.
fn worded(control: &Control, value: i64) -> String {
    match &control.kind {
        ControlKind::Range { .. } => value.to_string(),
        ControlKind::Switch => if value != 0 { "on" } else { "off" }.into(),
        ControlKind::Menu(entries) => entries
            .iter()
            .find(|(entry, _)| *entry == value)
            .map_or_else(|| value.to_string(), |(_, name)| name.clone()),
    }
}

/// Tells why it cannot be moved.
fn explained(control: &Control, response: egui::Response) {
    if !control.active {
        response.on_disabled_hover_text("No effect now: the camera sets this automatically, or does not use it");
    }
}

fn range(
    ui: &mut Ui,
    control: &Control,
    value: i64,
    [min, max, step]: [i64; 3],
    actions: &mut Vec<Action>,
) -> Option<i64> {
    ui.spacing_mut().item_spacing.y = 0.0;
    titled(ui, control, value, actions, |ui| name(ui, control));
    let mut wish = value;
    ui.spacing_mut().slider_width = (ui.available_width() - NUMBER - 9.0).max(60.0);
    ui.spacing_mut().interact_size = vec2(NUMBER, 22.0);
    let slider = Slider::new(&mut wish, min..=max.max(min)).step_by(step.max(1) as f64);
    let response = ui.add_enabled(control.active, slider);
    response.widget_info(|| WidgetInfo {
        value: Some(value as f64),
        ..WidgetInfo::labeled(Role::Slider, control.active, &control.name)
    });
    let changed = response.changed();
    explained(control, response);
    ui.add_space(2.0);
    changed.then_some(wish)
}

fn switch(ui: &mut Ui, control: &Control, value: i64, actions: &mut Vec<Action>) -> Option<i64> {
    titled(ui, control, value, actions, |ui| {
        let mut on = value != 0;
        let response = ui.add_enabled_ui(control.active, |ui| checkbox(ui, &mut on, &control.name)).inner;
        let changed = response.changed();
        explained(control, response);
        changed.then_some(on.into())
    })
}

fn menu(
    ui: &mut Ui,
    control: &Control,
    value: i64,
    entries: &[(i64, String)],
    actions: &mut Vec<Action>,
) -> Option<i64> {
    ui.spacing_mut().item_spacing.y = 0.0;
    titled(ui, control, value, actions, |ui| name(ui, control));
    let mut wish = None;
    let now = worded(control, value);
    let list = |ui: &mut Ui| {
        let combo = ComboBox::from_id_salt("menu").width(ui.available_width() - 4.0).height(320.0).truncate();
        let response = combo.selected_text(&now).show_ui(ui, |ui| {
            for (entry, name) in entries {
                if ui.selectable_label(*entry == value, name).clicked() {
                    wish = Some(*entry);
                }
            }
        });
        response.response.widget_info(|| WidgetInfo {
            current_text_value: Some(now.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, control.active, &control.name)
        });
        explained(control, response.response);
    };
    ui.add_enabled_ui(control.active, list);
    ui.add_space(6.0);
    wish
}
