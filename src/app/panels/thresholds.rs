//! The panel on the left: thresholds, and what is drawn.

use egui::{Id, RichText, Slider, SliderClamping, Ui};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PictureAction, ThresholdsAction};
use crate::app::preferences::Preferences;
use crate::app::ui::checkbox::checkbox;
use crate::app::view::View;
use crate::detect::Thresholds;

/// Where the score sliders begin.
pub const LEAST_SCORE: f32 = 0.01;

/// With less height than this the panel is dense, in points: with one set of thresholds, and with one each for A and B.
const ROOMY: [f32; 2] = [600.0, 840.0];

/// From this width on, a dense slider stands beside its name; the column of names, and that of numbers.
const BESIDE: f32 = 160.0;
const NAMES: f32 = 66.0;
const NUMBERS: f32 = 56.0;

/// Whose thresholds there are.
pub struct ThresholdsPanel<'a> {
    /// A's and B's models; `None` where one model looks.
    pub names: Option<[&'a str; 2]>,
    /// What the match of B's threshold to A found, or how far it is.
    pub found: Option<&'a str>,
    /// The match has changed the thresholds.
    pub can_undo: bool,
    /// B's threshold is matched over the images of a folder, and not over the history.
    pub in_album: bool,
    /// There is little room.
    pub dense: bool,
}

impl ThresholdsPanel<'_> {
    /// Whether there is little room for the panel, and for what stands below it, in this height. `separate`: there are
    /// thresholds for each of A and B.
    pub fn is_dense(height: f32, separate: bool) -> bool {
        height < ROOMY[usize::from(separate)]
    }

    /// Shows the sliders; they change the preferences at once.
    pub fn ui(&self, ui: &mut Ui, preferences: &mut Preferences, actions: &mut Vec<Action>) {
        let dense = self.dense;
        if dense {
            dense_spacing(ui);
        }
        ui.add_space(4.0);
        self.title(ui, preferences, actions);
        ui.add_space(2.0);
        let Some(names) = self.names else {
            let Preferences { score, nms_iou, .. } = preferences;
            return sliders(ui, "", score, nms_iou, dense);
        };
        let mut linked = preferences.linked;
        let what =
            hint(ui.ctx(), "Use the same thresholds for A and B", &Action::Thresholds(ThresholdsAction::ToggleLink));
        if checkbox(ui, &mut linked, "Link thresholds").on_hover_text(what).changed() {
            preferences.link(linked);
        }
        if preferences.linked {
            sliders(ui, "", &mut preferences.score, &mut preferences.nms_iou, dense);
        } else {
            // The sliders have A and B in their names, too.
            let title = |ui: &mut Ui, side: &str, name: &str| {
                if !dense {
                    ui.label(RichText::new(format!("{side} · {name}")).strong());
                }
            };
            title(ui, "A", names[0]);
            sliders(ui, " A", &mut preferences.score, &mut preferences.nms_iou, dense);
            title(ui, "B", names[1]);
            sliders(ui, " B", &mut preferences.score_b, &mut preferences.nms_iou_b, dense);
        }
        let over = if self.in_album { "the images compared so far" } else { "the whole history" };
        let what = format!(
            "Set B's score threshold to the value at which B agrees best with A over {over}; this unlinks the thresholds"
        );
        let button = ui.add(egui::Button::new("Match B's threshold to A"));
        if button.on_hover_text(hint(ui.ctx(), &what, &Action::Thresholds(ThresholdsAction::FindBest))).clicked() {
            actions.push(Action::Thresholds(ThresholdsAction::FindBest));
        }
        if let Some(found) = self.found {
            ui.label(RichText::new(found).small());
            let undo = self.can_undo.then(|| ui.add(egui::Button::new("Undo").small()));
            if undo.is_some_and(|button| button.on_hover_text("Restore the previous thresholds").clicked()) {
                actions.push(Action::Thresholds(ThresholdsAction::UndoBest));
            }
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
fn sliders(ui: &mut Ui, side: &str, score: &mut f32, nms_iou: &mut f32, dense: bool) {
    slider(ui, score, LEAST_SCORE, &format!("Score{side}"), "Show boxes with a score above this", dense);
    let what = "Non-maximum suppression: of two boxes of a class with a larger IoU than this, keep only the stronger \
                one";
    slider(ui, nms_iou, 0.0, &format!("NMS IoU{side}"), what, dense);
}

/// Less space between and in the controls of `ui`.
pub fn dense_spacing(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    (spacing.item_spacing.y, spacing.interact_size.y, spacing.button_padding.y) = (3.0, 22.0, 3.0);
}

/// What is drawn on the picture. `has_truth`: annotations of the pictures are known.
pub fn shown(ui: &mut Ui, preferences: &mut Preferences, has_truth: bool) {
    let labels =
        hint(ui.ctx(), "Show class names and scores on the picture", &Action::Picture(PictureAction::ToggleLabels));
    checkbox(ui, &mut preferences.labels, "Labels").on_hover_text(labels);
    if preferences.view.compares() {
        let what = "Show on the picture what the lines of the boxes mean";
        checkbox(ui, &mut preferences.legend, "Legend").on_hover_text(what);
    }
    if has_truth {
        let what = "Show what the annotations say: their objects, and which boxes are right";
        let what = hint(ui.ctx(), what, &Action::Picture(PictureAction::ToggleTruth));
        checkbox(ui, &mut preferences.truth, "Truth").on_hover_text(what);
    }
    if preferences.view == View::Split {
        let what = "The divider follows the pointer over the picture; otherwise drag it";
        checkbox(ui, &mut preferences.bar_follows, "Divider follows the pointer").on_hover_text(what);
    }
}

/// "0.25", and "0.285" where two digits would say something else.
fn number(value: f64) -> String {
    let decimals = if (value * 100.0 - (value * 100.0).round()).abs() < 0.01 { 2 } else { 3 };
    format!("{value:.decimals$}")
}

/// Below its name, or beside it.
fn slider(ui: &mut Ui, value: &mut f32, least: f32, name: &str, what: &str, dense: bool) {
    if dense && ui.available_width() >= BESIDE {
        ui.horizontal(|ui| {
            (ui.spacing_mut().item_spacing.x, ui.spacing_mut().button_padding.x) = (6.0, 6.0);
            let names = ui.cursor().left() + NAMES;
            let label = ui.label(RichText::new(name).small().weak());
            ui.add_space((names - ui.cursor().left()).max(0.0));
            ui.spacing_mut().slider_width = (ui.available_width() - NUMBERS).max(40.0);
            rail(ui, value, least, label.id, what);
        });
        return;
    }
    let label = ui.label(RichText::new(name).weak());
    let number_width = 54.0;
    ui.spacing_mut().slider_width = (ui.available_width() - number_width - 14.0).max(60.0);
    rail(ui, value, least, label.id, what);
    if !dense {
        ui.add_space(4.0);
    }
}

/// The slider without its name.
fn rail(ui: &mut Ui, value: &mut f32, least: f32, label: Id, what: &str) {
    // A threshold that was computed has more digits, and must not be rounded because it is shown.
    let slider = Slider::new(value, least..=0.99).clamping(SliderClamping::Edits).step_by(0.01);
    let slider = slider.max_decimals(3).custom_formatter(|value, _| number(value));
    ui.add(slider).labelled_by(label).on_hover_text(what);
}
