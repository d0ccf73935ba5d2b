//! What can be turned while a source runs: a camera's controls, and how its picture is turned.
//!
//! Whoever turns writes down what is wanted and goes on; the capture thread looks before each frame. So nobody waits
//! for a driver, the newest of many values wins, and a camera that comes back is set again as it was.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lock;
use crate::source::{ControlId, Orientation, SourceRequest};

#[derive(Default)]
pub(super) struct Dials {
    wanted: Mutex<Wanted>,
    /// One more with each change.
    version: AtomicU64,
}

#[derive(Clone, Default)]
pub(super) struct Wanted {
    pub orientation: Orientation,
    /// Those that somebody set.
    pub controls: BTreeMap<ControlId, i64>,
}

impl Dials {
    /// Another source was asked for: it is taken as it is.
    pub fn renew(&self, request: &SourceRequest) {
        let orientation = match request {
            SourceRequest::Camera(camera) => camera.orientation,
            _ => Orientation::default(),
        };
        self.change(|wanted| *wanted = Wanted { orientation, controls: BTreeMap::new() });
    }

    pub fn orient(&self, orientation: Orientation) {
        self.change(|wanted| wanted.orientation = orientation);
    }

    pub fn set(&self, values: impl IntoIterator<Item = (ControlId, i64)>) {
        self.change(|wanted| wanted.controls.extend(values));
    }

    pub fn orientation(&self) -> Orientation {
        lock(&self.wanted).orientation
    }

    /// What is wanted, where that changed since `seen`, which is brought up to date.
    pub fn news(&self, seen: &mut Option<u64>) -> Option<Wanted> {
        let version = self.version.load(Ordering::Acquire);
        (seen.replace(version) != Some(version)).then(|| lock(&self.wanted).clone())
    }

    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut lock(&self.wanted));
        self.version.fetch_add(1, Ordering::Release);
    }
}
