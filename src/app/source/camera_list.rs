//! The cameras there are, as they come and go.

use crate::source::{CameraId, CameraInfo, CameraWatch};

/// The list of the source menu.
pub struct CameraList {
    /// `None` = its thread could not be started.
    watch: Option<CameraWatch>,
    /// `None` = the first look is not over yet.
    known: Option<Vec<CameraInfo>>,
    failure: Option<String>,
}

impl CameraList {
    pub fn new(watch: Option<CameraWatch>) -> Self {
        let failure = watch.is_none().then(|| "Can't search for cameras: no thread could be started".into());
        Self { watch, known: None, failure }
    }

    /// Brings the list up to date; the watch wakes the window when there is something new. Gives the names of cameras
    /// that were not there before.
    pub fn refresh(&mut self) -> Vec<String> {
        let mut arrived = Vec::new();
        match self.watch.as_ref().and_then(CameraWatch::list) {
            None => {}
            Some(Err(failure)) => self.failure = Some(failure),
            Some(Ok(cameras)) => {
                if let Some(before) = &self.known {
                    let is_new =
                        |camera: &&CameraInfo| before.iter().all(|b| b.name != camera.name || b.id != camera.id);
                    arrived.extend(cameras.iter().filter(is_new).map(|camera| camera.name.clone()));
                }
                (self.known, self.failure) = (Some(cameras), None);
            }
        }
        arrived
    }

    pub fn list(&self) -> &[CameraInfo] {
        self.known.as_deref().unwrap_or_default()
    }

    /// Whether it is known which cameras there are.
    pub fn is_known(&self) -> bool {
        self.known.is_some() && self.failure.is_none()
    }

    /// This very camera; one with a serial number, in another place too.
    pub fn find(&self, name: &str, id: &CameraId) -> Option<&CameraInfo> {
        let exactly = self.list().iter().find(|camera| camera.name == name && camera.id == *id);
        let moved = |camera: &&CameraInfo| id.serial.is_some() && camera.name == name && camera.id.serial == id.serial;
        exactly.or_else(|| self.list().iter().find(moved))
    }

    /// Its name, with its place where another one has the same name.
    pub fn label(&self, camera: &CameraInfo) -> String {
        let same = self.list().iter().filter(|other| other.name == camera.name).count();
        if same > 1 { format!("{} ({})", camera.name, camera.id.place) } else { camera.name.clone() }
    }

    /// A remark in place of a list, where there is none.
    pub fn note(&self) -> Option<&str> {
        match (&self.failure, &self.known) {
            (Some(failure), _) => Some(failure),
            (None, None) => Some("Searching for cameras…"),
            (None, Some(known)) => known.is_empty().then_some("No camera found"),
        }
    }
}
