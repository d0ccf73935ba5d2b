//! What can be set while a source runs: a camera's controls, and how its picture is turned.
//!
//! The window writes down what is wanted and returns; the capture thread looks before each frame. So nobody waits for
//! a driver, the newest of many values wins, and a camera that comes back is set again as it was.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lock::lock;
use crate::source::{ControlId, Orientation, SourceRequest};

#[derive(Default)]
pub(super) struct ControlRequests {
    wanted: Mutex<RequestedControls>,
    /// One more with each change.
    version: AtomicU64,
}

#[derive(Clone, Default)]
pub(super) struct RequestedControls {
    pub orientation: Orientation,
    /// Those that somebody set.
    pub controls: BTreeMap<ControlId, i64>,
}

impl ControlRequests {
    /// Another source was asked for: it is taken as it is.
    pub fn renew(&self, request: &SourceRequest) {
        let orientation = match request {
            SourceRequest::Camera(camera) => camera.orientation,
            _ => Orientation::default(),
        };
        self.change(|wanted| *wanted = RequestedControls { orientation, controls: BTreeMap::new() });
    }

    /// Turns and mirrors the picture from the next frame on.
    pub fn orient(&self, orientation: Orientation) {
        self.change(|wanted| wanted.orientation = orientation);
    }

    /// Sets a control before the next frame.
    pub fn set(&self, id: ControlId, value: i64) {
        self.change(|wanted| _ = wanted.controls.insert(id, value));
    }

    /// As asked for last.
    pub fn orientation(&self) -> Orientation {
        lock(&self.wanted).orientation
    }

    /// What is wanted, where that changed since `seen`, which is brought up to date.
    pub fn changes(&self, seen: &mut Option<u64>) -> Option<RequestedControls> {
        let version = self.version.load(Ordering::Acquire);
        (seen.replace(version) != Some(version)).then(|| lock(&self.wanted).clone())
    }

    fn change(&self, change: impl FnOnce(&mut RequestedControls)) {
        change(&mut lock(&self.wanted));
        self.version.fetch_add(1, Ordering::Release);
    }
}
