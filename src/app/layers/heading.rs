//! The panel's head: what the figures stand for, what can be done, and how far it is.

use egui::{Button, ComboBox, ProgressBar, RichText, Role, Ui, WidgetInfo};

use super::work::FRAMES;
use crate::app::action::{Action, LayersAction};
use crate::app::job::JobProgress;
use crate::app::models::picker::shortened;
use crate::app::ui::theme;
use crate::workshop::layers::Findings;
use crate::workshop::rebuild::{LEAST_FRAMES, RebuildResult};

/// Times that differ by a smaller part say nothing on a machine that works on other things too.
const ALIKE: f64 = 0.05;

/// What is known when the head is shown.
pub struct Heading<'a> {
    pub findings: Option<&'a Findings>,
    /// The figures are for other models than the current A and B, or for another frame than the current one.
    pub stale: Option<&'static str>,
    /// Of what is under way.
    pub progress: Option<JobProgress>,
    /// What is under way is a calibration, which can be ended with what it has.
    pub can_finish: bool,
    pub outcome: Option<&'a RebuildResult>,
    pub failure: Option<&'a str>,
    /// Why nothing can be measured now.
    pub obstacle: Option<&'a str>,
    /// Layers that would be left in float.
    pub wanted: &'a [String],
    pub has_history: bool,
    pub recipe: Option<&'static str>,
}

impl Heading<'_> {
    /// The end of the panel's first row: what can be measured.
    pub fn measure(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.spacing_mut().item_spacing.x = 6.0;
        let can = self.progress.is_none() && self.obstacle.is_none();
        let mut button = |ui: &mut Ui, can: bool, text: &str, what: &str, action: LayersAction| {
            let response = ui.add_enabled(can, Button::new(text).small());
            if response.on_hover_text(what).on_disabled_hover_text(what).clicked() {
                actions.push(Action::Layers(action));
            }
        };
        let what = "Measure layer sensitivity on the current frame; takes a few seconds";
        button(ui, can, "Measure this frame", what, LayersAction::Measure);
        let what = "Measure up to eight frames, evenly spread over the history";
        button(ui, can && self.has_history, "Measure history", what, LayersAction::MeasureHistory);
    }

    /// For which frame and models the figures stand, and how long they took.
    pub fn subject(&self, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.x = 6.0;
        let Some(Findings { subject, took, .. }) = self.findings else {
            let text = self.obstacle.unwrap_or("Quantization error per layer of B, and its effect on the boxes");
            ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
            return;
        };
        let [a, b] = subject.models.each_ref().map(|model| model.name.as_str());
        let text = format!("{b} vs {a} · {} · measured in {:.1} s", subject.what, took.as_secs_f32());
        if let Some(stale) = self.stale {
            ui.label(RichText::new("⚠").color(theme::scheme(ui).warning)).on_hover_text(stale);
        }
        let response = ui.add(egui::Label::new(RichText::new(&text).weak()).truncate());
        response.on_hover_text(self.stale.map_or_else(|| text.clone(), |stale| format!("{text}\n{stale}")));
    }

    /// The rows below: progress, or else what can be made of it; then what came of it.
    pub fn work(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        // On two lines where one is too narrow.
        ui.horizontal_wrapped(|ui| match &self.progress {
            Some(progress) => self.progress(ui, progress, actions),
            None => self.makers(ui, actions),
        });
        if let Some(findings) = self.findings {
            overflow(ui, findings);
        }
        if let Some(outcome) = self.outcome {
            result(ui, outcome, actions);
        }
        if let Some(failure) = self.failure {
            ui.label(RichText::new(failure).small().color(theme::scheme(ui).error));
        }
    }

    fn progress(&self, ui: &mut Ui, progress: &JobProgress, actions: &mut Vec<Action>) {
        let JobProgress { what, done, of } = progress;
        let (part, text) = match of {
            0 => (0.0, format!("{what}…")),
            of => (*done as f32 / *of as f32, format!("{what}: {done} of {of}")),
        };
        let bar = ui.add(ProgressBar::new(part).desired_width(240.0).desired_height(10.0));
        bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &text));
        if self.can_finish {
            let enough = *done >= LEAST_FRAMES;
            let finish = ui.add_enabled(enough, Button::new("Finish with these").small());
            let what = format!("Build with the frames collected so far; at least {LEAST_FRAMES} are needed");
            if finish.on_hover_text(&what).on_disabled_hover_text(&what).clicked() {
                actions.push(Action::Layers(LayersAction::Finish));
            }
        }
        if ui.add(Button::new("Cancel").small()).on_hover_text("Stop and keep the previous model").clicked() {
            actions.push(Action::Layers(LayersAction::Cancel));
        }
        // Behind the buttons, which must not move as it grows.
        ui.label(RichText::new(&text).small());
    }

    fn makers(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let text = match self.wanted {
            [] => "Keep this layer in float and rebuild".to_owned(),
            [one] => format!("Keep {one} in float and rebuild"),
            many => format!("Keep {} layers in float and rebuild", many.len()),
        };
        let can = !self.wanted.is_empty() && self.obstacle.is_none();
        let rebuild = ui.add_enabled(can, Button::new(text));
        let what = "Rebuild B with these layers in float, save it as a new model, and show it as B";
        let response = rebuild.on_hover_text(what);
        if response.on_disabled_hover_text("Select layers in the table first").clicked() {
            actions.push(Action::Layers(LayersAction::Rebuild));
        }
        ui.separator();
        let calibrate = ui.add_enabled(self.obstacle.is_none(), Button::new("Recalibrate from this source"));
        let what = format!(
            "Collect {} distinct frames from this source, measure every tensor's range on them, build an INT8 model \
             with these ranges, and show it as B",
            FRAMES
        );
        if calibrate.on_hover_text(what).clicked() {
            actions.push(Action::Layers(LayersAction::Calibrate));
        }
        let label = |recipe: Option<&'static str>| recipe.unwrap_or("B's recipe");
        let combo = ComboBox::from_id_salt("recipe").width(72.0).selected_text(label(self.recipe));
        let response = combo.show_ui(ui, |ui| {
            for recipe in std::iter::once(None).chain(crate::workshop::Recipe::names().map(Some)) {
                if ui.selectable_label(self.recipe == recipe, label(recipe)).clicked() {
                    actions.push(Action::Layers(LayersAction::ChooseRecipe(recipe)));
                }
            }
        });
        response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Recipe"));
        response.response.on_hover_text("Recipe for the recalibrated model");
    }
}

/// What a processor without VNNI would make of the boxes that were measured.
fn overflow(ui: &mut Ui, findings: &Findings) {
    let Some(counted) = &findings.study.overflow else { return };
    let (text, what) = match counted {
        Ok(overflow) => (
            format!("On a processor without VNNI, {} (arithmetic native)", overflow.changes()),
            "There, ONNX Runtime's plain kernels add pairs of products in 16 bits, which overflow. Computed here in \
             integer arithmetic, whatever this processor does; the overflow column shows in which layers"
                .to_owned(),
        ),
        Err(why) => ("The result on a processor without VNNI is unknown".to_owned(), format!("{why}.")),
    };
    ui.add(egui::Label::new(RichText::new(text).small().weak()).truncate()).on_hover_text(what);
}

/// Before → after.
fn result(ui: &mut Ui, outcome: &RebuildResult, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let back = ui.add(Button::new(format!("Back to {}", shortened(&outcome.before.name))).small());
        if back.on_hover_text("Show the previous model as B").clicked() {
            actions.push(Action::Layers(LayersAction::Back));
        }
        let words = words(outcome);
        let text = RichText::new(&words).small().color(theme::scheme(ui).strong);
        let where_to = match &outcome.model {
            crate::model::ModelName::File(path) => format!("Saved as {}", path.display()),
            other => other.label(),
        };
        ui.add(egui::Label::new(text).truncate()).on_hover_text(format!("{words}\n{where_to}"));
    });
}

/// "head_stride_32 in float: agreement with A 0.80 → 0.95, …"
pub fn words(outcome: &RebuildResult) -> String {
    let (what, on, seconds) = (&outcome.what, &outcome.on, outcome.took.as_secs_f32());
    let figures = match &outcome.before_after {
        Ok(figures) => figures,
        Err(why) => return format!("{what}: took {seconds:.1} s · before/after could not be measured: {why}"),
    };
    let both = |[before, after]: [String; 2]| format!("{before} → {after}");
    let or_none = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.3}"));
    let mut parts = vec![format!("agreement with A {}", both(figures.agreement.map(or_none)))];
    if figures.iou.iter().any(Option::is_some) {
        parts.push(format!("mean IoU {}", both(figures.iou.map(or_none))));
    }
    let noise = figures.noise.map(|db| db.map_or_else(|| "–".into(), |db| format!("{db:.1}")));
    parts.push(format!("worst output head SQNR {} dB", both(noise)));
    let [before, after] = figures.milliseconds;
    if (after - before).abs() < before * ALIKE {
        parts.push("same speed".to_owned());
    } else {
        parts.push(format!("{} ms", both(figures.milliseconds.map(|ms| format!("{ms:.1}")))));
    }
    format!("{what}: {} · on {on} · took {seconds:.1} s", parts.join(", "))
}
