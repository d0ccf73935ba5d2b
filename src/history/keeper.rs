//! Recorder, ring and timeline as one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{Recorder, Ring, Timeline};
use crate::compare::{CompareSettings, Comparison};
use crate::engine::Observation;

/// All that is remembered of what was seen.
#[derive(Debug)]
pub struct History {
    pub ring: Ring,
    pub timeline: Timeline,
    recorder: Recorder,
}

impl History {
    /// `limit` in bytes. Fails only where no thread can be started.
    pub fn start(limit: usize) -> Result<Self, io::Error> {
        Ok(Self { ring: Ring::new(limit), timeline: Timeline::default(), recorder: Recorder::start()? })
    }

    /// Takes note of a new observation; one that was called back from here is passed over. `comparison`: see
    /// [`Timeline::add`].
    pub fn observe(&mut self, observation: &Arc<Observation>, comparison: Option<&Comparison>) {
        if self.timeline.last().is_some_and(|last| last.sequence >= observation.sequence) {
            return;
        }
        self.recorder.push(observation);
        self.timeline.add(observation, comparison);
    }

    /// To be called for every frame of the window: puts finished moments into the ring, and brings figures up to
    /// `setting`, for about as long as `budget`. True: there is more to do, so that it should be called again soon.
    pub fn tend(&mut self, setting: &CompareSettings, budget: Duration) -> bool {
        self.timeline.set(setting);
        while let Some(moment) = self.recorder.take() {
            self.ring.push(moment);
        }
        let done = self.timeline.refresh(&mut self.ring, budget);
        !done || self.recorder.is_busy()
    }

    /// How many observations came too fast to be recorded; they are on the timeline all the same.
    pub fn missed(&self) -> u64 {
        self.recorder.missed()
    }
}
