//! What is recorded of a frame.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::detect::{Frame, RawHeads, Thresholds};
use crate::engine::Observation;
use crate::model::ModelInfo;

/// One frame and what the models computed of it.
pub struct FrameToRecord<'a> {
    pub frame: &'a Frame,
    /// At the source.
    pub frame_id: u64,
    /// The source's name.
    pub source: &'a str,
    /// When it was captured: nanoseconds since 1970.
    pub unix_ns: u64,
    /// From the start of a video.
    pub media_time: Option<Duration>,
    /// How long it was waited for.
    pub capture: Duration,
    pub letterbox: Duration,
    /// From capture until the last model was done.
    pub age: Duration,
    pub outputs: &'a [OutputToRecord<'a>],
}

/// What one model computed.
pub struct OutputToRecord<'a> {
    /// 0 is A, 1 is B.
    pub slot: usize,
    pub model: &'a Arc<ModelInfo>,
    pub heads: &'a RawHeads,
    pub inference: Duration,
    /// As they were set; boxes at other thresholds follow from the heads.
    pub thresholds: Thresholds,
}

/// Ties the clock of durations to the time of day.
#[derive(Clone, Copy, Debug)]
pub struct UnixClock {
    moment: Instant,
    unix_ns: u64,
}

impl UnixClock {
    /// By the system's time, now.
    pub fn now() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { moment: Instant::now(), unix_ns: unix.as_nanos() as u64 }
    }

    /// Nanoseconds since 1970.
    pub fn of(&self, moment: Instant) -> u64 {
        match moment.checked_duration_since(self.moment) {
            Some(later) => self.unix_ns.saturating_add(later.as_nanos() as u64),
            None => self.unix_ns.saturating_sub((self.moment - moment).as_nanos() as u64),
        }
    }

    /// Nanoseconds since 1970, that long after the start.
    pub fn after(&self, time: Duration) -> u64 {
        self.unix_ns.saturating_add(time.as_nanos() as u64)
    }
}

/// The outputs of an observation. `thresholds` are A's and B's; `swapped`: A is the model of the second slot.
pub fn outputs_of(observation: &Observation, thresholds: [Thresholds; 2], swapped: bool) -> Vec<OutputToRecord<'_>> {
    let outputs = observation.outputs.iter().map(|output| {
        let slot = if swapped && output.slot < 2 { 1 - output.slot } else { output.slot };
        OutputToRecord {
            slot,
            model: &output.model,
            heads: &output.heads,
            inference: output.inference,
            thresholds: thresholds.get(slot).copied().unwrap_or_default(),
        }
    });
    outputs.collect()
}

/// An observation of the engine.
pub fn frame_of<'a>(
    observation: &'a Observation,
    outputs: &'a [OutputToRecord<'a>],
    clock: &UnixClock,
) -> FrameToRecord<'a> {
    let times = &observation.times;
    FrameToRecord {
        frame: &observation.frame,
        frame_id: observation.frame_id,
        source: &observation.description.name,
        unix_ns: clock.of(times.captured),
        media_time: observation.description.playback.as_ref().map(|playback| playback.time),
        capture: times.capture,
        letterbox: times.letterbox,
        age: times.age(times.finished),
        outputs,
    }
}
