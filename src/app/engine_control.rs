//! The engine, and the settings that it was given last.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Engine, Event, Examiner, Observation, Parts, Settings, SourceState, Status};
use crate::model::ModelRequest;
use crate::source::{ControlId, Orientation, SourceRequest};

/// The one way from the window to the engine.
pub struct EngineControl {
    engine: Engine,
    settings: Settings,
}

impl EngineControl {
    /// Fails only where no thread can be started.
    pub fn start(parts: Parts, source: SourceRequest, models: Vec<ModelRequest>) -> io::Result<Self> {
        let settings = Settings { source, reopen: 0, models, paused: false };
        Ok(Self { engine: Engine::start(parts, settings.clone())?, settings })
    }

    /// The source that was asked for.
    pub fn source(&self) -> &SourceRequest {
        &self.settings.source
    }

    pub fn is_paused(&self) -> bool {
        self.settings.paused
    }

    /// A still has nothing to pause.
    pub fn can_pause(&self, status: &Status) -> bool {
        self.settings.paused || matches!(status.source, SourceState::Live | SourceState::Stalled { .. })
    }

    /// Whether frames come, and could be paused.
    pub fn is_running(&self, status: &Status) -> bool {
        self.can_pause(status) && !self.settings.paused
    }

    pub fn set_paused(&mut self, paused: bool) {
        if self.settings.paused != paused {
            self.change(|s| s.paused = paused);
        }
    }

    /// Opens a source; the same one again means: read it again.
    pub fn open(&mut self, source: SourceRequest) {
        self.change(|s| {
            s.source = source;
            s.reopen += 1;
            s.paused = false;
        });
    }

    /// Opens the same source again.
    pub fn reopen(&mut self, paused: bool, adjust: impl FnOnce(&mut SourceRequest)) {
        self.change(|s| {
            adjust(&mut s.source);
            s.reopen += 1;
            s.paused = paused;
        });
    }

    /// Runs these models. True where others ran before.
    pub fn run(&mut self, models: Vec<ModelRequest>) -> bool {
        let differs = models != self.settings.models;
        if differs {
            self.change(|s| s.models = models);
        }
        differs
    }

    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.engine.set(self.settings.clone());
    }

    /// The newest observation that was not taken yet.
    pub fn take(&self) -> Option<Arc<Observation>> {
        self.engine.take()
    }

    /// What happened since the last call.
    pub fn events(&self) -> Vec<Event> {
        self.engine.events().try_iter().collect()
    }

    /// A snapshot.
    pub fn status(&self) -> Status {
        self.engine.status()
    }

    /// Lets the models look at other frames than the source's.
    pub fn examiner(&self) -> Examiner {
        self.engine.examiner()
    }

    /// Tells the engine that this was painted.
    pub fn shown(&self, observation: &Observation) {
        self.engine.shown(observation);
    }

    pub fn orient(&self, orientation: Orientation) {
        self.engine.orient(orientation);
    }

    pub fn set_control(&self, id: ControlId, value: i64) {
        self.engine.set_control(id, value);
    }

    /// Stops the engine. The models are waited for; a source that hangs in its driver is left behind after `deadline`.
    pub fn stop(self, deadline: Duration) {
        if !self.engine.stop(deadline) {
            log::warn!("a source or a model did not stop in time and was abandoned");
        }
    }
}
