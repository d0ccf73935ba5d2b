//! The camera's panel.

use std::borrow::Cow;
use std::sync::Arc;

use egui::{Button, Galley, Label, RichText, Role, ScrollArea, TextStyle, Ui, WidgetInfo};

use super::in_use::CameraInUse;
use super::modes::Modes;
use super::pending_controls::PendingControls;
use super::{controls, orientation};
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, CameraAction};
use crate::app::ui::theme;
use crate::engine::{SourceState, Status};
use crate::source::{CameraInfo, ModeRequest};

/// Number of frames after which the measured rate is meaningful.
const SETTLED: u64 = 45;

/// The bar at the right of what scrolls must not lie on a button.
const SCROLL_BAR: f32 = 10.0;

/// What the controls have at least of the panel's height, in points.
const LEAST: f32 = 120.0;

const SLOW: &str = "Slower than nominal: many cameras expose longer in low light. A fixed exposure time helps, and MJPEG \
                    for large sizes.";

/// What the panel shows.
pub struct CameraPanel<'a> {
    pub camera: &'a CameraInUse,
    /// As it stands in the list; `None` = it is not there.
    pub info: Option<&'a CameraInfo>,
    /// Cameras were looked for.
    pub is_known: bool,
    pub mode: ModeRequest,
    pub status: &'a Status,
}

impl CameraPanel<'_> {
    /// Narrower than the first, its table does not fit; wider than the second, it takes room from the picture for nothing.
    pub const WIDTHS: [f32; 2] = [306.0, 346.0];

    pub fn ui(&self, ui: &mut Ui, pending: &mut PendingControls, actions: &mut Vec<Action>) {
        ui.add_space(4.0);
        self.title(ui, actions);
        ui.add_space(6.0);
        let modes = self.modes();
        // At the foot: what comes and goes above a list moves it away under the pointer.
        let notes: Vec<_> = self.notes(modes.is_slow()).map(|note| note.laid_out(ui)).collect();
        let foot: f32 = notes.iter().map(|note| note.size().y.ceil() + ui.spacing().item_spacing.y).sum();
        let room = (ui.available_height() - foot).max(LEAST);
        ScrollArea::vertical().auto_shrink([false, false]).max_height(room).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - SCROLL_BAR);
            modes.show(ui, actions);
            ui.add_space(8.0);
            ui.label(RichText::new("Picture").strong());
            orientation::show(ui, self.status.orientation, actions);
            ui.add_space(8.0);
            controls::show(ui, &self.status.controls, pending, actions);
        });
        for note in notes {
            ui.label(note);
        }
    }

    fn title(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Camera").strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui.add(Button::new("✖").small().frame(false));
                close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close camera settings"));
                if close.on_hover_text(hint(ui.ctx(), "Close", &Action::Camera(CameraAction::TogglePanel))).clicked() {
                    actions.push(Action::Camera(CameraAction::TogglePanel));
                }
            });
        });
        let identity = self.camera.id.as_ref().map_or_else(String::new, ToString::to_string);
        ui.add(Label::new(&self.camera.name).truncate());
        if !identity.is_empty() {
            let what = "Identity of the camera, whichever port it is plugged into; without a serial number, the port \
                    itself";
            ui.add(Label::new(RichText::new(identity).small().weak()).truncate()).on_hover_text(what);
        }
    }

    fn modes(&self) -> Modes<'_> {
        let Self { info, mode, status, .. } = *self;
        let live = status.source == SourceState::Live;
        let description = status.description.as_ref();
        let size = description.and_then(|d| d.size).map(|size| status.orientation.size(size));
        Modes {
            offered: info.map_or(&[], |info| info.modes.as_slice()),
            asked: mode,
            given: description.and_then(|d| d.camera.as_ref()).map(|camera| camera.given),
            measured_size: size.filter(|_| live && status.captured > 0),
            measured_rate: status.captured_rate.filter(|_| live && status.captured > SETTLED),
        }
    }

    /// What is told of the camera.
    fn notes(&self, is_slow: bool) -> impl Iterator<Item = CameraNote<'_>> {
        let warns = |text| CameraNote { text: Cow::Borrowed(text), warns: true };
        let failure = self.status.control_failure.as_deref().map(warns);
        [self.remark(), is_slow.then(|| warns(SLOW)), failure].into_iter().flatten()
    }

    /// Why there is nothing to choose, or what does not show in the figures.
    fn remark(&self) -> Option<CameraNote<'_>> {
        let text = match self.info {
            Some(CameraInfo { problem: Some(problem), .. }) => Cow::Borrowed(problem.as_str()),
            Some(_) if self.status.broken > 0 => {
                let frames = if self.status.broken == 1 { "frame" } else { "frames" };
                format!("{} broken {frames} skipped.", self.status.broken).into()
            }
            Some(_) => return None,
            None if self.camera.id.is_none() => "Not opened yet.".into(),
            None if self.is_known => "Not connected.".into(),
            None => "Querying modes…".into(),
        };
        Some(CameraNote { text, warns: false })
    }
}

/// What is told at the panel's foot.
struct CameraNote<'a> {
    text: Cow<'a, str>,
    warns: bool,
}

impl CameraNote<'_> {
    /// As wide as `ui`.
    fn laid_out(self, ui: &Ui) -> Arc<Galley> {
        let scheme = theme::scheme(ui);
        let colour = if self.warns { scheme.warning } else { scheme.weak };
        ui.painter().layout(self.text.into_owned(), TextStyle::Small.resolve(ui.style()), colour, ui.available_width())
    }
}
