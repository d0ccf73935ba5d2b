//! The row at the top: source, precision, pause, zoom, help.

use egui::{Button, ComboBox, RichText, Ui, vec2};

use super::action::{Action, hint};
use super::cameras::Cameras;
use super::theme;
use crate::model::ModelName;
use crate::source::{CameraRequest, Description, SourceRequest};

/// What the toolbar shows.
pub struct Toolbar<'a> {
    pub request: &'a SourceRequest,
    pub description: Option<&'a Description>,
    pub model: &'a ModelName,
    pub paused: bool,
    /// In per cent; `None` without a picture.
    pub zoom: Option<f32>,
    pub fit: bool,
}

impl Toolbar<'_> {
    pub fn show(&self, ui: &mut Ui, cameras: &mut Cameras, actions: &mut Vec<Action>) {
        ui.horizontal_centered(|ui| {
            self.sources(ui, cameras, actions);
            button(ui, "🗁  Open image", "Look at a picture from a file", Action::ChooseImage, actions);
            ui.separator();
            self.precision(ui, actions);
            ui.separator();
            let (text, what) = if self.paused {
                ("▶  Go on", "Go on with the newest frame")
            } else {
                ("⏸  Pause", "Keep this frame in sight; the sliders still work")
            };
            let pause = Button::new(text).selected(self.paused).min_size(vec2(86.0, 0.0));
            if ui.add(pause).on_hover_text(hint(ui.ctx(), what, &Action::TogglePause)).clicked() {
                actions.push(Action::TogglePause);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                button(ui, "?", "Keys and help", Action::ToggleHelp, actions);
                let theme = if ui.visuals().dark_mode { "☀" } else { "🌙" };
                let response = ui.add(Button::new(theme).min_size(vec2(30.0, 0.0)));
                name(&response, "Dark or light");
                if response.on_hover_text(hint(ui.ctx(), "Dark or light", &Action::ToggleTheme)).clicked() {
                    actions.push(Action::ToggleTheme);
                }
                ui.separator();
                self.zoom(ui, actions);
            });
        });
    }

    fn sources(&self, ui: &mut Ui, cameras: &mut Cameras, actions: &mut Vec<Action>) {
        let label = ui.label(RichText::new("Source").weak());
        let mut wish = |request: SourceRequest| actions.push(Action::Open(request));
        let combo = ComboBox::from_id_salt("source").width(210.0).height(400.0).truncate();
        let response = combo.selected_text(self.source_name()).show_ui(ui, |ui| {
            for camera in cameras.list(ui.ctx()) {
                let request = SourceRequest::Camera(CameraRequest { index: camera.index, ..CameraRequest::default() });
                if ui.selectable_label(*self.request == request, format!("📷  {}", camera.name)).clicked() {
                    wish(request);
                }
            }
            if let Some(note) = cameras.note() {
                ui.label(RichText::new(note).weak().small());
            }
            ui.separator();
            if ui.selectable_label(*self.request == SourceRequest::Demo, "🎞  Demo").clicked() {
                wish(SourceRequest::Demo);
            }
        });
        let response = response.response.labelled_by(label.id);
        response.on_hover_text(self.source_details());
    }

    fn source_name(&self) -> String {
        match (self.description, self.request) {
            (Some(description), _) => description.name.clone(),
            (None, SourceRequest::Still(path)) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            (None, SourceRequest::Demo) => "Demo".into(),
            (None, SourceRequest::Camera(camera)) => format!("Camera {}", camera.index),
            (None, SourceRequest::Auto) => "First camera".into(),
        }
    }

    /// "1280×720 · MJPEG · 30/s"
    fn source_details(&self) -> String {
        let Some(d) = self.description else { return "Where the picture comes from".into() };
        let size = d.size.map(|s| s.to_string());
        let rate = d.nominal_rate.map(|r| format!("{r:.0}/s"));
        let parts: Vec<String> = [size, d.format.clone(), rate].into_iter().flatten().collect();
        if parts.is_empty() { d.name.clone() } else { parts.join(" · ") }
    }

    fn precision(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.label(RichText::new("Precision").weak());
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for model in ModelName::BUILT {
                let what = format!("Detect with the {} model", model.label());
                let button = Button::selectable(*self.model == model, model.label()).frame_when_inactive(true);
                let response = ui.add(button.min_size(vec2(52.0, 0.0)));
                if response.on_hover_text(hint(ui.ctx(), &what, &Action::SwitchPrecision)).clicked() {
                    actions.push(Action::Use(model));
                }
            }
            if let ModelName::File(_) = self.model {
                ui.add(Button::selectable(true, self.model.label()));
            }
        });
    }

    fn zoom(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(zoom) = self.zoom else { return };
        button(ui, "➕", "Zoom in", Action::ZoomIn, actions);
        ui.add_sized(vec2(48.0, 20.0), egui::Label::new(RichText::new(format!("{zoom:.0} %")).font(theme::digits())));
        button(ui, "➖", "Zoom out", Action::ZoomOut, actions);
        button(ui, "1:1", "One image pixel to one screen pixel", Action::ActualSize, actions);
        let fit = ui.add(Button::new("Fit").selected(self.fit));
        if fit.on_hover_text(hint(ui.ctx(), "Fit the picture to the window", &Action::Fit)).clicked() {
            actions.push(Action::Fit);
        }
    }
}

fn button(ui: &mut Ui, text: &str, what: &str, action: Action, actions: &mut Vec<Action>) {
    let response = ui.add(Button::new(text).min_size(vec2(30.0, 0.0)));
    if !text.chars().any(|c| c.is_ascii_alphanumeric()) {
        name(&response, what);
    }
    if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
        actions.push(action);
    }
}

/// Gives a button that shows only a sign a name for screen readers.
fn name(response: &egui::Response, what: &str) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, what));
}
