//! The panel on the left: thresholds.

use egui::{RichText, Slider, Ui};

use super::action::{Action, hint};
use super::preferences::Preferences;

/// Shows the sliders; they change the preferences at once.
pub fn show(ui: &mut Ui, preferences: &mut Preferences, actions: &mut Vec<Action>) {
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Thresholds").strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let changed = preferences.thresholds() != Preferences::default().thresholds();
            let reset = ui.add_enabled(changed, egui::Button::new("Reset").small());
            if reset.on_hover_text(hint(ui.ctx(), "Back to 0.25 and 0.45", &Action::ResetThresholds)).clicked() {
                actions.push(Action::ResetThresholds);
            }
        });
    });
    ui.add_space(2.0);
    slider(ui, &mut preferences.score, 0.01, "Score", "Boxes with a score over this are shown");
    slider(ui, &mut preferences.nms_iou, 0.0, "NMS IoU", "Of two boxes of a class that overlap more than this, the weaker one goes");
    ui.add_space(10.0);
    ui.label(RichText::new("Show").strong());
    ui.checkbox(&mut preferences.labels, "Labels").on_hover_text(hint(
        ui.ctx(),
        "Class names and scores on the picture",
        &Action::ToggleLabels,
    ));
}

fn slider(ui: &mut Ui, value: &mut f32, least: f32, name: &str, what: &str) {
    let label = ui.label(RichText::new(name).weak());
    let number_width = 46.0;
    ui.spacing_mut().slider_width = (ui.available_width() - number_width - 14.0).max(60.0);
    let slider = Slider::new(value, least..=0.99).fixed_decimals(2).step_by(0.01);
    ui.add(slider).labelled_by(label.id).on_hover_text(what);
    ui.add_space(4.0);
}
