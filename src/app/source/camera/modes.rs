//! What is asked of the camera, what its driver gives, and what is measured: a row each for size, format and rate.

use egui::{ComboBox, Grid, RichText, Role, Ui, WidgetInfo};

use crate::app::action::{Action, CameraAction};
use crate::app::ui::theme;
use crate::detect::Size;
use crate::source::{Mode, ModeRequest};

/// A rate below this part of the promised one is told.
const SLOW: f32 = 0.8;

/// Widths of the table: its names, its figures (as "1920×1080"), and what is between; the lists take the rest.
const NAMES: f32 = 44.0;
const FIGURES: f32 = 66.0;
const GAP: f32 = 7.0;

const AUTOMATIC: &str = "Automatic";

/// The three rows.
pub struct Modes<'a> {
    pub offered: &'a [Mode],
    pub asked: ModeRequest,
    /// `None` = it is not open.
    pub given: Option<Mode>,
    /// Of the newest frame, as the camera gave it.
    pub measured_size: Option<Size>,
    /// `None` = no frames come, or too few yet.
    pub measured_rate: Option<f32>,
}

impl Modes<'_> {
    pub fn show(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let width = ui.available_width() - NAMES - 2.0 * FIGURES - 3.0 * GAP;
        Grid::new("camera modes").num_columns(4).spacing([GAP, 4.0]).show(ui, |ui| {
            ui.label("");
            for (title, what) in [
                ("requested", "What you request; the camera is reopened with each change"),
                ("set", "What the driver set"),
                ("measured", "What is measured"),
            ] {
                ui.label(RichText::new(title).small().weak()).on_hover_text(what);
            }
            ui.end_row();
            self.size(ui, width, actions);
            self.format(ui, width, actions);
            self.rate(ui, width, actions);
        });
    }

    /// Fewer frames come than were promised.
    pub fn is_slow(&self) -> bool {
        let promised = self.given.map(|mode| mode.rate.per_second() as f32);
        promised.zip(self.measured_rate).is_some_and(|(promised, measured)| measured < promised * SLOW)
    }

    fn size(&self, ui: &mut Ui, width: f32, actions: &mut Vec<Action>) {
        let automatic = self.asked.with_size(None, self.offered).best(self.offered).map(|mode| mode.size.to_string());
        let choices = ModeRequest::sizes(self.offered).into_iter().map(|size| (size.to_string(), size));
        let row =
            ModeRow { title: "Size", name: "Camera size", asked: self.asked.size.map(|s| s.to_string()), automatic };
        if let Some(size) = row.choose(ui, width, choices) {
            actions.push(Action::Camera(CameraAction::ChooseMode(self.asked.with_size(size, self.offered))));
        }
        let given = self.given.map(|mode| mode.size);
        figure(ui, given.map(|size| size.to_string()), self.asked.size.is_some_and(|a| given.is_some_and(|g| g != a)));
        let other = self.measured_size.is_some_and(|m| given.is_some_and(|g| g != m));
        figure(ui, self.measured_size.map(|size| size.to_string()), other);
        ui.end_row();
    }

    fn format(&self, ui: &mut Ui, width: f32, actions: &mut Vec<Action>) {
        let any = self.asked.with_format(None, self.offered).best(self.offered);
        let choices = self.asked.formats(self.offered).into_iter().map(|format| (format.to_string(), format));
        let asked = self.asked.format.map(|format| format.to_string());
        let automatic = any.map(|mode| mode.format.to_string());
        let row = ModeRow { title: "Format", name: "Pixel format", asked, automatic };
        if let Some(format) = row.choose(ui, width, choices) {
            actions.push(Action::Camera(CameraAction::ChooseMode(self.asked.with_format(format, self.offered))));
        }
        let given = self.given.map(|mode| mode.format);
        let other = self.asked.format.is_some_and(|a| given.is_some_and(|g| g != a));
        figure(ui, given.map(|format| format.to_string()), other);
        ui.label("");
        ui.end_row();
    }

    fn rate(&self, ui: &mut Ui, width: f32, actions: &mut Vec<Action>) {
        let any = self.asked.with_rate(None).best(self.offered);
        let choices = self.asked.rates(self.offered).into_iter().map(|rate| (format!("{rate}/s"), rate));
        let asked = self.asked.rate.map(|rate| format!("{rate}/s"));
        let automatic = any.map(|mode| format!("{}/s", mode.rate));
        let row = ModeRow { title: "Rate", name: "Frame rate", asked, automatic };
        if let Some(rate) = row.choose(ui, width, choices) {
            actions.push(Action::Camera(CameraAction::ChooseMode(self.asked.with_rate(rate))));
        }
        let given = self.given.map(|mode| mode.rate);
        let other = self.asked.rate.is_some_and(|a| given.is_some_and(|g| !g.answers(a)));
        figure(ui, given.map(|rate| format!("{rate}/s")), other);
        figure(ui, self.measured_rate.map(|rate| format!("{rate:.1}/s")), self.is_slow());
        ui.end_row();
    }
}

/// The first two columns of a row.
struct ModeRow {
    title: &'static str,
    /// For screen readers.
    name: &'static str,
    asked: Option<String>,
    /// What "automatic" comes to.
    automatic: Option<String>,
}

impl ModeRow {
    /// `Some` where another one was chosen: `Some(None)` is "automatic".
    fn choose<T>(self, ui: &mut Ui, width: f32, choices: impl Iterator<Item = (String, T)>) -> Option<Option<T>> {
        ui.label(RichText::new(self.title).weak());
        let mut chosen = None;
        let combo = ComboBox::from_id_salt(self.name).width(width.max(60.0)).height(320.0).truncate();
        let now = self.asked.as_deref().unwrap_or(AUTOMATIC);
        let response = combo.selected_text(now).show_ui(ui, |ui| {
            let automatic = self.automatic.map_or_else(|| AUTOMATIC.into(), |to| format!("{AUTOMATIC} ({to})"));
            if ui.selectable_label(self.asked.is_none(), automatic).clicked() && self.asked.is_some() {
                chosen = Some(None);
            }
            for (text, choice) in choices {
                let is_now = self.asked.as_deref() == Some(&text);
                if ui.selectable_label(is_now, text).clicked() && !is_now {
                    chosen = Some(Some(choice));
                }
            }
        });
        let value = now.to_owned();
        response.response.widget_info(|| WidgetInfo {
            current_text_value: Some(value.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, true, self.name)
        });
        chosen
    }
}

/// A value that may differ from the one on its left.
fn figure(ui: &mut Ui, value: Option<String>, differs: bool) {
    let text = RichText::new(value.unwrap_or_else(|| "–".into())).font(theme::digits());
    ui.label(if differs { text.color(theme::scheme(ui).warning) } else { text });
}
