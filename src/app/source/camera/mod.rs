//! The camera in use: its panel, what is asked of it, and what is kept of that for the next run.
//!
//! ```text
//! CameraInfo (list of cameras) ─▶ ModeRequest (which of its modes) ─┐
//! Status: description, controls, orientation ───────────────────────┼─▶ panel ─▶ Action ─▶ CameraController ─▶ engine
//! PendingControls (values on their way to the driver) ──────────────┘                             └─▶ CameraPresets
//! ```

mod controls;
pub mod in_use;
mod modes;
mod orientation;
pub mod panel;
mod pending_controls;

use egui::Ui;

use in_use::CameraInUse;
use panel::CameraPanel;
use pending_controls::PendingControls;

use super::camera_list::CameraList;
use crate::app::action::{Action, CameraAction};
use crate::app::engine_control::EngineControl;
use crate::app::preferences::cameras::CameraPresets;
use crate::engine::{SourceState, Status};
use crate::source::{CameraRequest, Control, Description, ModeRequest, Orientation, SourceRequest};

/// What the window knows of the camera in use, beyond the engine's status.
#[derive(Default)]
pub struct CameraController {
    pending: PendingControls,
    /// The source was asked for without its settings: once it turns out to be a camera, it gets those of last time.
    recalls: bool,
    /// A mode was chosen: it is kept once the camera gives it.
    keeps: bool,
}

impl CameraController {
    /// For a source that was asked for on the command line, or again.
    pub fn recalling() -> Self {
        Self { recalls: true, ..Self::default() }
    }

    /// Carries out what needs no other source; gives the request to open instead, where one is needed.
    pub fn apply(
        &mut self,
        action: CameraAction,
        control: &EngineControl,
        status: &Status,
        presets: &mut CameraPresets,
    ) -> Option<SourceRequest> {
        match action {
            // The shell's: the preferences hold it.
            CameraAction::TogglePanel => {}
            CameraAction::ChooseMode(mode) => {
                let request = mode.onto(requested(control, status)?);
                let request = CameraRequest { orientation: status.orientation, ..request };
                return Some(SourceRequest::Camera(request));
            }
            CameraAction::Orient(orientation) => orient(orientation, control, status, presets),
            CameraAction::ToggleMirror => {
                let now = status.orientation;
                orient(Orientation { mirror: !now.mirror, ..now }, control, status, presets);
            }
            CameraAction::SetControl(id, value) => {
                self.pending.set(id, value);
                control.set_control(id, value);
            }
            CameraAction::ResetControl(id) => self.reset(control, status, |control, _| control.id == id),
            // Only what differs: each control that is set costs the driver time.
            CameraAction::ResetControls => self.reset(control, status, |control, value| value != control.default),
        }
        None
    }

    fn reset(&mut self, engine: &EngineControl, status: &Status, wanted: impl Fn(&Control, i64) -> bool) {
        for control in status.controls.iter() {
            if wanted(control, self.pending.value(control)) {
                self.pending.set(control.id, control.default);
                engine.set_control(control.id, control.default);
            }
        }
    }

    /// Paints the camera's panel into all of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, panel: &CameraPanel<'_>, actions: &mut Vec<Action>) {
        panel.ui(ui, &mut self.pending, actions);
    }

    /// What is asked of the camera's modes.
    pub fn mode(control: &EngineControl, status: &Status) -> ModeRequest {
        requested(control, status).as_ref().map(ModeRequest::of).unwrap_or_default()
    }

    /// The mode of the request that is opened now is kept once the camera gives it.
    pub fn keep_mode(&mut self) {
        self.keeps = true;
    }

    /// A source was opened.
    pub fn opened(&mut self, description: &Description, presets: &mut CameraPresets) {
        let Some(camera) = &description.camera else { return *self = Self::default() };
        if std::mem::take(&mut self.keeps) {
            presets.keep_mode(&description.name, &camera.id, ModeRequest::of(&camera.asked));
        }
    }

    /// Gives a camera that was opened by itself its settings of last time; what the command line says has precedence.
    /// `Some`: it must be opened again for them.
    pub fn recall(
        &mut self,
        control: &EngineControl,
        status: &Status,
        cameras: &CameraList,
        presets: &CameraPresets,
    ) -> Option<SourceRequest> {
        if !self.recalls {
            return None;
        }
        let description = status.description.as_ref()?;
        let details = description.camera.as_ref()?;
        let Some(preset) = presets.find(&description.name, &details.id) else {
            *self = Self::default();
            return None;
        };
        if details.asked.orientation.is_upright() && status.orientation != preset.orientation() {
            control.orient(preset.orientation());
        }
        // It may not offer any more what it did.
        let info = cameras.find(&description.name, &details.id)?;
        if status.source != SourceState::Live {
            return None;
        }
        *self = Self::default();
        let request = presets.request(info);
        let said = ModeRequest::of(&details.asked) != ModeRequest::default();
        let given = ModeRequest::of(&request).best(&info.modes).is_none_or(|best| best == details.given);
        (!said && !given).then_some(SourceRequest::Camera(request))
    }
}

/// Turns the camera's picture, and keeps that; leaves other sources alone.
fn orient(orientation: Orientation, control: &EngineControl, status: &Status, presets: &mut CameraPresets) {
    let Some(camera) = CameraInUse::of(control.source(), status) else { return };
    control.orient(orientation);
    if let Some(id) = &camera.id {
        presets.keep_orientation(&camera.name, id, orientation);
    }
}

/// What is asked of the camera, with the camera pinned; `None` = there is no camera.
fn requested(control: &EngineControl, status: &Status) -> Option<CameraRequest> {
    let opened = status.description.as_ref().and_then(|d| Some((d, d.camera.as_ref()?)));
    let request = match opened {
        Some((description, camera)) => control.source().pinned(&description.name, &camera.id),
        None => control.source().clone(),
    };
    match request {
        SourceRequest::Camera(camera) => Some(camera),
        _ => None,
    }
}
