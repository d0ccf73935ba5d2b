//! Recorder, ring and timeline in one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{Recorder, Ring, Timeline};
use crate::compare::{CompareSettings, Comparison};
use crate::engine::Observation;

/// Everything that is remembered about past observations.
#[derive(Debug)]
pub struct History {
    pub ring: Ring,
    pub timeline: Timeline,
    recorder: Recorder,
}

impl History {
    /// `limit` in bytes. Fails only if no thread can be started.
    pub fn start(limit: usize) -> Result<Self, io::Error> {
        Ok(Self { ring: Ring::new(limit), timeline: Timeline::default(), recorder: Recorder::start()? })
    }

    /// Records a new observation; one restored from the history is ignored. `comparison`: see [`Timeline::add`].
    pub fn observe(&mut self, observation: &Arc<Observation>, comparison: Option<&Comparison>) {
        if self.timeline.last().is_some_and(|last| last.sequence >= observation.sequence) {
            return;
        }
        self.recorder.push(observation);
        self.timeline.add(observation, comparison);
    }

    /// Call this on every frame of the window. Moves finished moments into the ring and updates figures to `setting`,
    /// for about as long as `budget`. Returns true if there is more to do, so that it should be called again soon.
    pub fn tend(&mut self, setting: &CompareSettings, budget: Duration) -> bool {
        self.timeline.set(setting);
        while let Some(moment) = self.recorder.take() {
            self.ring.push(moment);
        }
        let done = self.timeline.refresh(&mut self.ring, budget);
        !done || self.recorder.is_busy()
    }

    /// Number of observations that came too fast to be recorded; they are on the timeline all the same.
    pub fn missed(&self) -> u64 {
        self.recorder.missed()
    }
}
