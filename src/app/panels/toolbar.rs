//! The row at the top: source, view, models, pause, help.

use egui::{Align, Button, ComboBox, Layout, Response, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, CameraAction, LayersAction, SourceAction, WindowAction};
use crate::app::models::picker::ModelPicker;
use crate::app::panels::view_buttons;
use crate::app::preferences::cameras::CameraPresets;
use crate::app::source::camera::in_use::CameraInUse;
use crate::app::source::camera_list::CameraList;
use crate::app::view::View;
use crate::source::{Description, SourceRequest};

/// Narrower than this, words make way for signs.
const NARROW: f32 = 1120.0;

/// Narrower than this, the camera's button takes the place of one whose action is in the source menu too.
const TIGHT: f32 = 820.0;

/// What the toolbar shows.
pub struct Toolbar<'a> {
    pub request: &'a SourceRequest,
    pub description: Option<&'a Description>,
    /// Files that were looked at, newest first.
    pub recent: &'a [SourceRequest],
    pub cameras: &'a CameraList,
    pub presets: &'a CameraPresets,
    /// The camera that is looked through; `None` = the source is none.
    pub camera: Option<&'a CameraInUse>,
    /// The camera panel is shown.
    pub camera_open: bool,
    pub models: ModelPicker<'a>,
    pub view: View,
    pub paused: bool,
    pub can_pause: bool,
}

impl Toolbar<'_> {
    pub fn ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let (narrow, tight) = (ui.available_width() < NARROW, ui.available_width() < TIGHT);
        ui.horizontal_centered(|ui| {
            self.sources(ui, narrow, actions);
            self.camera(ui, actions);
            if self.camera.is_none() || !tight {
                button(ui, "🗁", "Open files…", Action::Source(SourceAction::ChooseFiles), actions);
            }
            ui.separator();
            view_buttons::show(ui, self.view, narrow, actions);
            ui.separator();
            if self.view.compares() {
                self.models.both(ui, narrow, actions);
            } else {
                self.models.single(ui, narrow, actions);
            }
            ui.separator();
            self.pause(ui, narrow, actions);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                button(ui, "?", "Keyboard shortcuts", Action::Window(WindowAction::ToggleHelp), actions);
                let theme = if ui.visuals().dark_mode { "☀" } else { "🌙" };
                button(ui, theme, "Toggle dark/light theme", Action::Window(WindowAction::ToggleTheme), actions);
                button(ui, "📊", "Layer sensitivity of B", Action::Layers(LayersAction::TogglePanel), actions);
            });
        });
    }

    fn sources(&self, ui: &mut Ui, narrow: bool, actions: &mut Vec<Action>) {
        if !narrow {
            ui.label(RichText::new("Source").weak());
        }
        let width = match narrow {
            true if self.camera.is_some() && ui.available_width() < TIGHT => 96.0,
            true => 120.0,
            false => 210.0,
        };
        let combo = ComboBox::from_id_salt("source").width(width).height(400.0).truncate();
        let response = combo.selected_text(self.source_name()).show_ui(ui, |ui| {
            let mut row = |ui: &mut Ui, text: String, request: SourceRequest, open: bool| {
                if ui.selectable_label(open, text).clicked() && !open {
                    actions.push(Action::Source(SourceAction::Open(request)));
                }
            };
            for camera in self.cameras.list() {
                let request = SourceRequest::Camera(self.presets.request(camera));
                let open = self.camera.is_some_and(|in_use| in_use.is(camera));
                row(ui, format!("📷  {}", self.cameras.label(camera)), request, open);
            }
            if let Some(note) = self.cameras.note() {
                ui.label(RichText::new(note).weak().small());
            }
            ui.separator();
            let demo = *self.request == SourceRequest::Demo || self.chosen_by_itself("demo");
            row(ui, "🎞  Demo".into(), SourceRequest::Demo, demo);
            for file in self.recent {
                let sign = if matches!(file, SourceRequest::Video(_)) { "🎞" } else { "🖼" };
                row(ui, format!("{sign}  {}", request_name(file)), file.clone(), self.request == file);
            }
            ui.separator();
            for (text, action) in [
                ("🗁  Open files…", SourceAction::ChooseFiles),
                ("🗁  Open folder…", SourceAction::ChooseFolder),
                ("🖼  Paste image or path", SourceAction::Paste),
            ] {
                if ui.selectable_label(false, text).clicked() {
                    actions.push(Action::Source(action));
                }
            }
        });
        response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Source"));
        response.response.on_hover_text(self.source_details());
    }

    /// Whether "the first camera, or else the demo" came to this.
    fn chosen_by_itself(&self, name: &str) -> bool {
        *self.request == SourceRequest::Auto && self.description.is_some_and(|d| d.name == name)
    }

    fn source_name(&self) -> String {
        self.description.map_or_else(|| request_name(self.request), |d| d.name.clone())
    }

    /// "1280×720 · MJPEG · 30/s"
    fn source_details(&self) -> String {
        let Some(d) = self.description else { return "Select the source".into() };
        let size = d.size.map(|s| s.to_string());
        let rate = d.nominal_rate.map(|r| format!("{r:.0}/s"));
        let parts: Vec<String> = [size, d.format.clone(), rate].into_iter().flatten().collect();
        if parts.is_empty() { d.name.clone() } else { parts.join(" · ") }
    }

    /// Opens the camera's panel.
    fn camera(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        if self.camera.is_none() {
            return;
        }
        let open = self.camera_open;
        let response = ui.add(Button::new("⚙").selected(open).min_size(vec2(30.0, 0.0)));
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, "Camera settings"));
        let what = "Camera settings: size, format, rate, controls, mirror and rotation";
        finish(ui, response, what, Action::Camera(CameraAction::TogglePanel), actions);
    }

    fn pause(&self, ui: &mut Ui, narrow: bool, actions: &mut Vec<Action>) {
        let (sign, word, what) = if self.paused {
            ("▶", "Resume", "Resume")
        } else {
            ("⏸", "Pause", "Pause on this frame (thresholds stay live)")
        };
        let text = if narrow { sign.to_owned() } else { format!("{sign}  {word}") };
        let width = if narrow { 30.0 } else { 86.0 };
        let can = self.can_pause;
        let response = ui.add_enabled(can, Button::new(text).selected(self.paused).min_size(vec2(width, 0.0)));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, can, word));
        if response.on_hover_text(hint(ui.ctx(), what, &Action::Window(WindowAction::TogglePause))).clicked() {
            actions.push(Action::Window(WindowAction::TogglePause));
        }
    }
}

fn button(ui: &mut Ui, text: &str, what: &str, action: Action, actions: &mut Vec<Action>) {
    let response = ui.add(Button::new(text).min_size(vec2(30.0, 0.0)));
    // A sign alone says nothing to a screen reader.
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, what));
    finish(ui, response, what, action, actions);
}

fn finish(ui: &Ui, response: Response, what: &str, action: Action, actions: &mut Vec<Action>) {
    if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
        actions.push(action);
    }
}

/// A request in a few words, before it is open.
fn request_name(request: &SourceRequest) -> String {
    match request {
        SourceRequest::Still(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        SourceRequest::Pasted(pasted) => pasted.name.clone(),
        SourceRequest::Video(video) => video.location.name(),
        SourceRequest::Demo => "Demo".into(),
        SourceRequest::Camera(camera) => camera.which.label(),
        SourceRequest::Auto => "First camera".into(),
    }
}
