//! The camera in use: its panel, what is asked of it, and what is kept of that for the next run.
//!
//! ```text
//! CameraInfo (list.rs of the source) ─▶ ModeRequest (of its modes) ─┐
//! Status: description, controls, orientation ──────────────────────┼─▶ panel ─▶ Action ─▶ Viewer ─▶ Engine
//! Pending (values on their way to the driver) ─────────────────────┘                      └─▶ KeptCameras
//! ```

mod controls;
mod kept;
mod modes;
mod panel;
mod pending;
mod turned;

pub use kept::KeptCameras;
pub use panel::CameraPanel;

use super::viewer::Viewer;
use crate::engine::{SourceState, Status};
use crate::source::{
    CameraId, CameraInfo, CameraRequest, CameraSelector, Control, ControlId, Description, ModeRequest, Orientation,
    SourceRequest,
};
use pending::Pending;

/// What the window knows of the camera in use, beyond the engine's status.
#[derive(Default)]
pub struct CameraDesk {
    pub pending: Pending,
    /// The source was asked for without a word on how: once it turns out to be a camera, it is set as last time.
    recall: bool,
    /// A mode was chosen: it is kept once the camera gives it.
    keep: bool,
}

impl CameraDesk {
    /// What was asked for on the command line.
    pub fn start() -> Self {
        Self { recall: true, ..Self::default() }
    }

    /// Another source was asked for.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The camera that is looked through.
#[derive(Clone, Debug, PartialEq)]
pub struct InUse {
    pub name: String,
    /// `None` = it was never open, and may be any that answers to the name.
    pub id: Option<CameraId>,
}

impl InUse {
    /// `None`: the source is no camera, or it is not known yet whether it is one.
    pub fn of(request: &SourceRequest, description: Option<&Description>) -> Option<Self> {
        let opened = description.and_then(|d| Some((d.name.clone(), d.camera.as_ref()?.id.clone())));
        match (opened, request) {
            (Some((name, id)), _) => Some(Self { name, id: Some(id) }),
            (None, SourceRequest::Camera(CameraRequest { which: CameraSelector::This { name, id }, .. })) => {
                Some(Self { name: name.clone(), id: Some(id.clone()) })
            }
            (None, SourceRequest::Camera(camera)) => Some(Self { name: camera.which.label(), id: None }),
            (None, _) => None,
        }
    }

    pub fn is(&self, camera: &CameraInfo) -> bool {
        self.name == camera.name && self.id.as_ref() == Some(&camera.id)
    }
}

impl Viewer {
    pub(super) fn camera_in_use(&self, status: &Status) -> Option<InUse> {
        InUse::of(&self.settings.source, status.description.as_ref())
    }

    /// The camera in use was seen to be gone.
    pub(super) fn is_camera_absent(&self, status: &Status) -> bool {
        let in_use = self.camera_in_use(status).and_then(|camera| Some((camera.name, camera.id?)));
        in_use.is_some_and(|(name, id)| self.cameras.is_known() && self.cameras.find(&name, &id).is_none())
    }

    /// What is asked of the camera's modes, with the camera pinned; `None` = there is no camera.
    fn camera_request(&self, status: &Status) -> Option<CameraRequest> {
        let opened = status.description.as_ref().and_then(|d| Some((d, d.camera.as_ref()?)));
        let request = match opened {
            Some((description, camera)) => self.settings.source.pinned(&description.name, &camera.id),
            None => self.settings.source.clone(),
        };
        match request {
            SourceRequest::Camera(camera) => Some(camera),
            _ => None,
        }
    }

    /// What is asked of the camera's modes.
    pub(super) fn asked(&self, status: &Status) -> ModeRequest {
        self.camera_request(status).as_ref().map(ModeRequest::of).unwrap_or_default()
    }

    /// Opens the camera anew in another mode, turned as it is.
    pub(super) fn choose_mode(&mut self, asked: ModeRequest) {
        let status = self.engine.status();
        let Some(request) = self.camera_request(&status) else { return };
        let request = CameraRequest { orientation: status.orientation, ..asked.onto(request) };
        self.open_source(SourceRequest::Camera(request));
        self.camera.keep = true;
    }

    /// The same source anew, a camera turned as it is.
    pub(super) fn reopen(&mut self) {
        let orientation = self.engine.status().orientation;
        self.camera = CameraDesk::start();
        self.change(|s| {
            if let SourceRequest::Camera(camera) = &mut s.source {
                camera.orientation = orientation;
            }
            s.reopen += 1;
        });
    }

    /// Turns the camera's picture; leaves other sources alone.
    pub(super) fn orient(&mut self, orientation: Orientation) {
        let status = self.engine.status();
        let Some(camera) = self.camera_in_use(&status) else { return };
        self.engine.orient(orientation);
        if let Some(id) = &camera.id {
            self.preferences.cameras.keep_orientation(&camera.name, id, orientation);
        }
    }

    /// Shows or hides the panel, where there is a camera.
    pub(super) fn toggle_camera(&mut self) {
        if self.camera_in_use(&self.engine.status()).is_some() {
            self.preferences.camera = !self.preferences.camera;
        }
    }

    pub(super) fn toggle_mirror(&mut self) {
        let now = self.engine.status().orientation;
        self.orient(Orientation { mirror: !now.mirror, ..now });
    }

    pub(super) fn set_control(&mut self, id: ControlId, value: i64) {
        self.camera.pending.set(id, value);
        self.engine.set_control(id, value);
    }

    pub(super) fn reset_control(&mut self, id: ControlId) {
        for control in self.engine.status().controls.iter().filter(|c| c.id == id) {
            self.set_control(id, control.default);
        }
    }

    /// Only what differs: each control that is set costs the driver time.
    pub(super) fn reset_controls(&mut self) {
        let controls = self.engine.status().controls;
        let changed: Vec<&Control> = controls.iter().filter(|c| self.camera.pending.value(c) != c.default).collect();
        changed.into_iter().for_each(|c| self.set_control(c.id, c.default));
    }

    /// A source was opened.
    pub(super) fn camera_opened(&mut self, description: &Description) {
        let Some(camera) = &description.camera else { return self.camera.forget() };
        if std::mem::take(&mut self.camera.keep) {
            self.preferences.cameras.keep_mode(&description.name, &camera.id, ModeRequest::of(&camera.asked));
        }
    }

    /// Takes note of cameras that come and go.
    pub(super) fn look_for_cameras(&mut self) {
        let arrived = self.cameras.refresh();
        self.recall_camera();
        if arrived.is_empty() {
            return;
        }
        let in_use = self.camera_in_use(&self.engine.status());
        for name in arrived.into_iter().filter(|name| in_use.as_ref().is_none_or(|camera| camera.name != *name)) {
            self.tell_done(format!("{name} is there: choose it as the source"));
        }
    }

    /// Sets a camera that was opened by itself as it was last time; what the command line says goes before.
    fn recall_camera(&mut self) {
        if !self.camera.recall {
            return;
        }
        let status = self.engine.status();
        let Some((description, details)) = status.description.as_ref().and_then(|d| Some((d, d.camera.as_ref()?)))
        else {
            return;
        };
        let Some(kept) = self.preferences.cameras.find(&description.name, &details.id) else {
            return self.camera.forget();
        };
        if details.asked.orientation.is_upright() && status.orientation != kept.orientation() {
            self.engine.orient(kept.orientation());
        }
        // It may not offer any more what it did.
        let Some(info) = self.cameras.find(&description.name, &details.id) else { return };
        if status.source != SourceState::Live {
            return;
        }
        let before = self.preferences.cameras.request(info);
        self.camera.forget();
        let said = ModeRequest::of(&details.asked) != ModeRequest::default();
        let given = ModeRequest::of(&before).best(&info.modes).is_none_or(|best| best == details.given);
        if !said && !given {
            self.open_source(SourceRequest::Camera(before));
        }
    }
}
