//! The toolbar's choice of a source.

use egui::{ComboBox, RichText, Role, Ui, WidgetInfo};

use super::camera::in_use::CameraInUse;
use super::camera_list::CameraList;
use super::recent::RecentMenu;
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, SourceAction};
use crate::app::preferences::cameras::CameraPresets;
use crate::app::preferences::recent::RecentSource;
use crate::app::ui::elide;
use crate::source::{Description, SourceRequest, VideoLocation};

/// No entry of the list is wider, in points.
const WIDEST: f32 = 420.0;

/// What there is to look at, and what is looked at.
pub struct SourcePicker<'a> {
    pub request: &'a SourceRequest,
    pub description: Option<&'a Description>,
    /// What was opened before.
    pub recent: &'a RecentMenu,
    pub cameras: &'a CameraList,
    pub presets: &'a CameraPresets,
    /// The camera that is looked through; `None` = the source is none.
    pub camera: Option<&'a CameraInUse>,
}

impl SourcePicker<'_> {
    /// A list that is this wide while it is closed, whatever the source is called.
    pub fn ui(&self, ui: &mut Ui, width: f32, actions: &mut Vec<Action>) {
        let spacing = ui.spacing();
        // Beside the name there are the arrow and the space around both.
        let room = width - 2.0 * spacing.button_padding.x - spacing.icon_width - spacing.icon_spacing - 2.0;
        let name = elide::middle(ui, &self.name(), room);
        let combo = ComboBox::from_id_salt("source").width(width).height(480.0).truncate();
        let response = combo.selected_text(name).show_ui(ui, |ui| self.menu(ui, actions)).response;
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(self.name()),
            ..WidgetInfo::labeled(Role::ComboBox, true, "Source")
        });
        if response.clicked() {
            actions.push(Action::Source(SourceAction::LookAtRecent));
        }
        response.on_hover_text(self.details());
    }

    fn menu(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        for camera in self.cameras.list() {
            let request = SourceRequest::Camera(self.presets.request(camera));
            let is_open = self.camera.is_some_and(|in_use| in_use.is(camera));
            let label = self.cameras.label(camera);
            let action = (!is_open).then_some(SourceAction::Open(request));
            entry(ui, ["📷", &label, &label], is_open, action, actions);
        }
        if let Some(note) = self.cameras.note() {
            ui.label(RichText::new(note).weak().small());
        }
        ui.separator();
        let is_demo = *self.request == SourceRequest::Demo || self.chosen_by_itself("demo");
        let action = (!is_demo).then_some(SourceAction::Open(SourceRequest::Demo));
        entry(ui, ["🎞", "Demo", "Photos in motion"], is_demo, action, actions);
        let open = RecentSource::of(self.request);
        for recent in self.recent.shown() {
            let sign = match recent {
                RecentSource::File(_) => "🖼",
                RecentSource::Folder(_) => "🗁",
                RecentSource::Address(_) => "🎞",
            };
            let is_open = open.as_ref() == Some(recent);
            let action = (!is_open).then(|| SourceAction::OpenRecent(recent.clone()));
            entry(ui, [sign, &recent.name(), &recent.whole()], is_open, action, actions);
        }
        ui.separator();
        for (sign, text, action) in [
            ("🗁", "Open files…", SourceAction::ChooseFiles),
            ("🗁", "Open folder…", SourceAction::ChooseFolder),
            ("🌐", "Open stream…", SourceAction::ChooseStream),
            ("🖼", "Paste image, path or address", SourceAction::Paste),
        ] {
            let what = hint(ui.ctx(), text, &Action::Source(action.clone()));
            entry(ui, [sign, text, &what], false, Some(action), actions);
        }
    }

    /// Whether "the first camera, or else the demo" came to this.
    fn chosen_by_itself(&self, name: &str) -> bool {
        *self.request == SourceRequest::Auto && self.description.is_some_and(|d| d.name == name)
    }

    fn name(&self) -> String {
        self.description.map_or_else(|| request_name(self.request), |d| d.name.clone())
    }

    /// Where it is, and below that "1280×720 · MJPEG · 30/s".
    fn details(&self) -> String {
        let place = match self.request {
            SourceRequest::Still(path) => path.display().to_string(),
            SourceRequest::Video(video) => video.location.to_string(),
            _ => self.name(),
        };
        let known = self.description.map(|d| {
            let size = d.size.map(|size| size.to_string());
            let rate = d.nominal_rate.map(|rate| format!("{rate:.0}/s"));
            [size, d.format.clone(), rate].into_iter().flatten().collect::<Vec<_>>().join(" · ")
        });
        match known.filter(|known| !known.is_empty()) {
            Some(known) => format!("{place}\n{known}"),
            None => place,
        }
    }
}

/// An entry of the list: its sign, its name and what its tooltip says.
fn entry(
    ui: &mut Ui,
    [sign, name, whole]: [&str; 3],
    is_open: bool,
    action: Option<SourceAction>,
    actions: &mut Vec<Action>,
) {
    let name = elide::middle(ui, name, WIDEST);
    let response = ui.selectable_label(is_open, format!("{sign}  {name}"));
    if response.on_hover_text(whole).clicked() {
        actions.extend(action.map(Action::Source));
    }
}

/// A request in a few words, before it is open.
fn request_name(request: &SourceRequest) -> String {
    match request {
        SourceRequest::Still(path) => VideoLocation::File(path.clone()).name(),
        SourceRequest::Pasted(pasted) => pasted.name.clone(),
        SourceRequest::Video(video) => video.location.name(),
        SourceRequest::Demo => "Demo".into(),
        SourceRequest::Camera(camera) => camera.which.label(),
        SourceRequest::Auto => "First camera".into(),
    }
}
