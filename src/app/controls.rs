//! The panel on the left: thresholds, and what is looked at.

use egui::{Grid, RichText, Slider, Ui};

use super::action::{Action, hint};
use super::preferences::Preferences;
use crate::detect::Thresholds;
use crate::model::ModelInfo;
use crate::source::Description;

/// Shows the sliders; they change the preferences at once.
pub fn thresholds(ui: &mut Ui, preferences: &mut Preferences, actions: &mut Vec<Action>) {
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Thresholds").strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let changed = preferences.thresholds() != Preferences::default().thresholds();
            let Thresholds { score, nms_iou } = Thresholds::LIVE;
            let back = format!("Back to {score:.2} and {nms_iou:.2}");
            let reset = ui.add_enabled(changed, egui::Button::new("Reset").small());
            if reset.on_hover_text(hint(ui.ctx(), &back, &Action::ResetThresholds)).clicked() {
                actions.push(Action::ResetThresholds);
            }
        });
    });
    ui.add_space(2.0);
    slider(ui, &mut preferences.score, 0.01, "Score", "Boxes with a score over this are shown");
    slider(
        ui,
        &mut preferences.nms_iou,
        0.0,
        "NMS IoU",
        "Of two boxes of a class that overlap more than this, the weaker one goes",
    );
    ui.add_space(10.0);
    ui.label(RichText::new("Show").strong());
    ui.checkbox(&mut preferences.labels, "Labels").on_hover_text(hint(
        ui.ctx(),
        "Class names and scores on the picture",
        &Action::ToggleLabels,
    ));
}

/// What is looked at, and with which model.
pub fn facts(ui: &mut Ui, source: Option<&Description>, model: Option<&ModelInfo>) {
    ui.spacing_mut().interact_size.y = 15.0;
    if let Some(source) = source {
        ui.add_space(10.0);
        ui.label(RichText::new("Source").strong());
        Grid::new("source facts").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            fact(ui, "Name", &source.name, "");
            fact(ui, "Size", &source.size.map_or_else(String::new, |s| s.to_string()), "");
            fact(ui, "Format", source.format.as_deref().unwrap_or_default(), "");
            let rate = source.nominal_rate.map_or_else(String::new, |r| format!("{r:.0}/s"));
            fact(ui, "Rate", &rate, "As promised by the source; the measured one is at the bottom");
        });
    }
    if let Some(model) = model {
        ui.add_space(10.0);
        ui.label(RichText::new("Model").strong());
        Grid::new("model facts").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            let file = model.path.file_name().unwrap_or_default().to_string_lossy();
            fact(ui, "File", &file, &model.path.to_string_lossy());
            fact(ui, "Recipe", model.recipe.as_deref().unwrap_or("not told by the file"), "How it was made");
            fact(ui, "Input", &model.form.input.to_string(), "");
            fact(ui, "Classes", &model.form.classes.len().to_string(), "");
            let short = model.sha256.get(..12).unwrap_or(&model.sha256);
            fact(ui, "SHA-256", &format!("{short}…"), &model.sha256);
        });
    }
}

/// One line; nothing where the value is not known.
fn fact(ui: &mut Ui, name: &str, value: &str, what: &str) {
    if value.is_empty() {
        return;
    }
    ui.label(RichText::new(name).small().weak());
    let response = ui.add(egui::Label::new(RichText::new(value).small()).truncate());
    if !what.is_empty() {
        response.on_hover_text(what);
    }
    ui.end_row();
}

fn slider(ui: &mut Ui, value: &mut f32, least: f32, name: &str, what: &str) {
    let label = ui.label(RichText::new(name).weak());
    let number_width = 46.0;
    ui.spacing_mut().slider_width = (ui.available_width() - number_width - 14.0).max(60.0);
    let slider = Slider::new(value, least..=0.99).fixed_decimals(2).step_by(0.01);
    ui.add(slider).labelled_by(label.id).on_hover_text(what);
    ui.add_space(4.0);
}
