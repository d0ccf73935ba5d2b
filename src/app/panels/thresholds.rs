//! The panel on the left: thresholds, what is drawn, and what is looked at.

use egui::{Grid, RichText, Slider, Ui};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, HistoryAction, PictureAction, ThresholdsAction};
use crate::app::preferences::Preferences;
use crate::app::view::View;
use crate::detect::Thresholds;
use crate::model::ModelInfo;
use crate::source::Description;

/// Where the score sliders begin.
pub const LEAST_SCORE: f32 = 0.01;

/// Whose thresholds there are.
pub struct ThresholdsPanel<'a> {
    /// A's and B's models; `None` where one model looks.
    pub names: Option<[&'a str; 2]>,
    /// What "agree best" found, or how far it is.
    pub found: Option<&'a str>,
}

impl ThresholdsPanel<'_> {
    /// Shows the sliders; they change the preferences at once.
    pub fn ui(&self, ui: &mut Ui, preferences: &mut Preferences, actions: &mut Vec<Action>) {
        ui.add_space(4.0);
        self.title(ui, preferences, actions);
        ui.add_space(2.0);
        let Some(names) = self.names else {
            let Preferences { score, nms_iou, .. } = preferences;
            return sliders(ui, "", score, nms_iou);
        };
        let mut linked = preferences.linked;
        let what =
            hint(ui.ctx(), "Use the same thresholds for A and B", &Action::Thresholds(ThresholdsAction::ToggleLink));
        if ui.checkbox(&mut linked, "Link thresholds").on_hover_text(what).changed() {
            preferences.link(linked);
        }
        if preferences.linked {
            sliders(ui, "", &mut preferences.score, &mut preferences.nms_iou);
        } else {
            ui.label(RichText::new(format!("A · {}", names[0])).strong());
            sliders(ui, " A", &mut preferences.score, &mut preferences.nms_iou);
            ui.label(RichText::new(format!("B · {}", names[1])).strong());
            sliders(ui, " B", &mut preferences.score_b, &mut preferences.nms_iou_b);
        }
        let what = "Set B's score threshold to the value at which B agrees best with A over the whole history; this \
                    unlinks the thresholds";
        let button = ui.add(egui::Button::new("Match B's threshold to A"));
        if button.on_hover_text(hint(ui.ctx(), what, &Action::Thresholds(ThresholdsAction::FindBest))).clicked() {
            actions.push(Action::Thresholds(ThresholdsAction::FindBest));
        }
        if let Some(found) = self.found {
            ui.label(RichText::new(found).small());
        }
    }

    fn title(&self, ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Thresholds").strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let changed = preferences.thresholds() != Preferences::default().thresholds();
                let Thresholds { score, nms_iou } = Thresholds::LIVE;
                let back = format!("Reset to {score:.2} and {nms_iou:.2}");
                let reset = ui.add_enabled(changed, egui::Button::new("Reset").small());
                if reset.on_hover_text(hint(ui.ctx(), &back, &Action::Thresholds(ThresholdsAction::Reset))).clicked() {
                    actions.push(Action::Thresholds(ThresholdsAction::Reset));
                }
            });
        });
    }
}

/// `side`: after the names, where there is a pair for each of A and B.
fn sliders(ui: &mut Ui, side: &str, score: &mut f32, nms_iou: &mut f32) {
    slider(ui, score, LEAST_SCORE, &format!("Score{side}"), "Show boxes with a score above this");
    let what = "Non-maximum suppression: of two boxes of a class with a larger IoU than this, keep only the stronger \
                one";
    slider(ui, nms_iou, 0.0, &format!("NMS IoU{side}"), what);
}

/// What is drawn on the picture.
pub fn shown(ui: &mut Ui, preferences: &mut Preferences) {
    ui.add_space(6.0);
    ui.label(RichText::new("Show").strong());
    let labels =
        hint(ui.ctx(), "Show class names and scores on the picture", &Action::Picture(PictureAction::ToggleLabels));
    ui.checkbox(&mut preferences.labels, "Labels").on_hover_text(labels);
    if preferences.view == View::Split {
        let what = "The divider follows the pointer over the picture; otherwise drag it";
        ui.checkbox(&mut preferences.bar_follows, "Divider follows the pointer").on_hover_text(what);
    }
    let history = hint(
        ui.ctx(),
        "Agreement and latency over time, and the frames behind them",
        &Action::History(HistoryAction::TogglePanel),
    );
    ui.checkbox(&mut preferences.history, "History").on_hover_text(history);
}

/// What is looked at, and with which models.
pub fn facts<'a>(ui: &mut Ui, source: Option<&Description>, models: impl Iterator<Item = (&'a str, &'a ModelInfo)>) {
    ui.spacing_mut().interact_size.y = 15.0;
    if let Some(source) = source {
        ui.add_space(10.0);
        ui.label(RichText::new("Source").strong());
        Grid::new("source facts").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            fact(ui, "Name", &source.name, "");
            fact(ui, "Size", &source.size.map_or_else(String::new, |s| s.to_string()), "");
            fact(ui, "Format", source.format.as_deref().unwrap_or_default(), "");
            let rate = source.nominal_rate.map_or_else(String::new, |r| format!("{r:.0}/s"));
            fact(ui, "Rate", &rate, "Nominal rate of the source; the measured rate is in the status bar");
        });
    }
    for (title, model) in models {
        ui.add_space(10.0);
        ui.label(RichText::new(title).strong());
        Grid::new((title, "facts")).num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            let file = model.path.file_name().unwrap_or_default().to_string_lossy();
            fact(ui, "File", &file, &model.path.to_string_lossy());
            fact(ui, "Recipe", model.recipe.as_deref().unwrap_or("not stated in the file"), "How the model was built");
            if let Some(arithmetic) = &model.arithmetic {
                fact(ui, "Arithmetic", arithmetic.as_str(), &arithmetic.explanation());
            }
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
