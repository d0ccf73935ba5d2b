//! What the threads report for the status line.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::lock::lock;
use super::metrics::{Rate, Samples};
use super::observation::{Observation, Output};
use super::status::{ModelState, SourceState, Stages, Status};
use crate::source::{Control, Description, Orientation, SourceError};

/// Shared by the threads. Reports of an earlier source's thread are ignored.
pub(super) struct StatusBoard(Mutex<BoardState>);

struct BoardState {
    generation: u64,
    paused: bool,
    source: Phase,
    /// Since when frames are expected, and after how long without one the source has stalled.
    expected: Option<(Instant, Duration)>,
    description: Option<Description>,
    captured: Counter,
    inferred: Counter,
    shown: Counter,
    /// The newest observation that was painted.
    last_shown: Option<u64>,
    dropped: u64,
    broken: u64,
    controls: Arc<[Control]>,
    control_failure: Option<String>,
    letterbox: Samples,
    latency: Samples,
    models: Vec<(ModelState, Samples)>,
}

/// What the source does, in points of time where [`SourceState`] has durations.
pub(super) enum Phase {
    Opening,
    Live,
    Ended,
    Stalled { last: Instant },
    Failed { error: Arc<SourceError>, retry_at: Option<Instant> },
}

#[derive(Default)]
struct Counter {
    count: u64,
    rate: Rate,
}

impl Counter {
    fn mark(&mut self, at: Instant) {
        self.count += 1;
        self.rate.mark(at);
    }
}

impl BoardState {
    fn new(generation: u64, paused: bool, models: Vec<(ModelState, Samples)>) -> Self {
        Self {
            generation,
            paused,
            source: Phase::Opening,
            expected: None,
            description: None,
            captured: Counter::default(),
            inferred: Counter::default(),
            shown: Counter::default(),
            last_shown: None,
            dropped: 0,
            broken: 0,
            controls: Arc::default(),
            control_failure: None,
            letterbox: Samples::new(),
            latency: Samples::new(),
            models,
        }
    }
}

impl BoardState {
    /// A source that is live by what the worker knows has stalled all the same while the worker is busy with a model.
    fn state(&self, now: Instant) -> SourceState {
        match (self.source.at(now, self.paused), self.expected) {
            (SourceState::Live, Some((from, stall))) => {
                let since = elapsed(now, self.captured.rate.last().map_or(from, |last| last.max(from)));
                if since < stall { SourceState::Live } else { SourceState::Stalled { since } }
            }
            (state, _) => state,
        }
    }
}

impl StatusBoard {
    pub fn new(generation: u64, paused: bool) -> Self {
        Self(Mutex::new(BoardState::new(generation, paused, Vec::new())))
    }

    /// Another source was asked for: its counts start from 0.
    pub fn renew(&self, generation: u64, paused: bool) {
        let mut board = lock(&self.0);
        if board.generation != generation {
            let models = std::mem::take(&mut board.models);
            *board = BoardState::new(generation, paused, models);
        }
        board.paused = paused;
    }

    /// The number of the source that was asked for last.
    pub fn generation(&self) -> u64 {
        lock(&self.0).generation
    }

    /// `false`: another source was asked for meanwhile.
    pub fn set_source(&self, generation: u64, phase: Phase) -> bool {
        self.with(generation, |board| board.source = phase).is_some()
    }

    /// Nothing will come any more, from whatever source.
    pub fn fail(&self, error: Arc<SourceError>) {
        lock(&self.0).source = Phase::Failed { error, retry_at: None };
    }

    /// The source is open.
    pub fn describe(&self, generation: u64, description: Description) {
        self.with(generation, |board| board.description = Some(description));
    }

    /// `None`: the source may take its time.
    pub fn expect(&self, generation: u64, expected: Option<(Instant, Duration)>) {
        self.with(generation, |board| board.expected = expected);
    }

    /// A frame came.
    pub fn captured(&self, generation: u64, at: Instant) {
        self.with(generation, |board| board.captured.mark(at));
    }

    /// When the newest frame was captured.
    pub fn last_captured(&self, generation: u64) -> Option<Instant> {
        self.with(generation, |board| board.captured.rate.last()).flatten()
    }

    /// A newer frame replaced one that no model saw.
    pub fn dropped(&self, generation: u64) {
        self.with(generation, |board| board.dropped += 1);
    }

    /// What came was no picture.
    pub fn broken(&self, generation: u64) {
        self.with(generation, |board| board.broken += 1);
    }

    /// `failure`: why one was not set as asked for.
    pub fn set_controls(&self, generation: u64, controls: Arc<[Control]>, failure: Option<String>) {
        self.with(generation, |board| (board.controls, board.control_failure) = (controls, failure));
    }

    /// `again`: the frame was looked at before, with other models.
    pub fn inferred(&self, observation: &Observation, again: bool) {
        self.with(observation.source_generation, |board| {
            let times = &observation.times;
            // Without a model that works, nothing was inferred.
            if !observation.outputs.is_empty() {
                board.inferred.mark(times.finished);
                board.letterbox.add(times.letterbox);
            }
            if !again && !observation.outputs.is_empty() {
                board.latency.add(times.age(times.finished));
            }
            for Output { slot, inference, .. } in &observation.outputs {
                if let Some((_, samples)) = board.models.get_mut(*slot) {
                    samples.add(*inference);
                }
            }
            if board.description.as_ref() != Some(&observation.description) {
                board.description = Some(observation.description.clone());
            }
        });
    }

    /// The observation was painted.
    pub fn shown(&self, observation: &Observation, at: Instant) {
        self.with(observation.source_generation, |board| {
            if board.last_shown < Some(observation.sequence) {
                board.last_shown = Some(observation.sequence);
                board.shown.mark(at);
            }
        });
    }

    /// Writes a model's state down. Another running model resets its figures.
    pub fn set_model(&self, slot: usize, state: ModelState) {
        let mut board = lock(&self.0);
        match board.models.get_mut(slot) {
            Some((old, _)) if old.running == state.running => *old = state,
            Some(entry) => *entry = (state, Samples::new()),
            None => board.models.push((state, Samples::new())),
        }
    }

    /// Forgets the models from `count` on.
    pub fn keep_models(&self, count: usize) {
        lock(&self.0).models.truncate(count);
    }

    pub fn status(&self, now: Instant, events_dropped: u64, orientation: Orientation) -> Status {
        let board = lock(&self.0);
        Status {
            source: board.state(now),
            description: board.description.clone(),
            captured_rate: board.captured.rate.per_second(now),
            inferred_rate: board.inferred.rate.per_second(now),
            shown_rate: board.shown.rate.per_second(now),
            captured: board.captured.count,
            inferred: board.inferred.count,
            dropped: board.dropped,
            broken: board.broken,
            orientation,
            controls: Arc::clone(&board.controls),
            control_failure: board.control_failure.clone(),
            stages: Stages {
                letterbox: board.letterbox.percentiles(),
                inference: board.models.iter().map(|(_, samples)| samples.percentiles()).collect(),
                latency: board.latency.percentiles(),
            },
            models: board.models.iter().map(|(state, _)| state.clone()).collect(),
            events_dropped,
        }
    }

    fn with<R>(&self, generation: u64, change: impl FnOnce(&mut BoardState) -> R) -> Option<R> {
        let mut board = lock(&self.0);
        (board.generation == generation).then(|| change(&mut board))
    }
}

impl Phase {
    fn at(&self, now: Instant, paused: bool) -> SourceState {
        let until = |at: Instant| at.saturating_duration_since(now);
        match self {
            Self::Opening => SourceState::Opening,
            Self::Live | Self::Stalled { .. } if paused => SourceState::Paused,
            Self::Live => SourceState::Live,
            Self::Ended => SourceState::Ended,
            Self::Stalled { last } => SourceState::Stalled { since: elapsed(now, *last) },
            Self::Failed { error, retry_at } => {
                SourceState::Failed { message: error.to_string(), retry_in: retry_at.map(until) }
            }
        }
    }
}

fn elapsed(now: Instant, since: Instant) -> Duration {
    now.saturating_duration_since(since)
}
