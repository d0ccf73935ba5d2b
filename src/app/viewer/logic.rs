//! What came from the engine, from jobs and from the system, before anything is painted.

use std::sync::Arc;

use egui::{Context, ViewportCommand};

use super::Viewer;
use crate::app::source::change::SourceChange;
use crate::app::source::{Failure, SourceContext};
use crate::app::ui::file_dialog::FileAnswer;
use crate::app::view::Side;
use crate::engine::{Event, ModelPhase, Observation, Status};
use crate::workshop::Stopped;

impl Viewer {
    /// Takes what the engine and the system have for the window. Paints nothing.
    pub fn logic(&mut self, ctx: &Context) {
        let observation = self.control.take();
        let events = self.control.events();
        // Taken after the events, so that it is not older than what they tell.
        let status = self.control.status();
        if let Some(best) = self.history.tend(ctx, &self.compare_settings(), &self.preferences, &status) {
            self.preferences.link(false);
            self.preferences.score_b = best.score;
        }
        if let Some(observation) = &observation {
            self.layers.give(observation);
            if !self.history.is_held() {
                self.frame.show(ctx, Arc::clone(observation), true);
            }
        }
        for event in events {
            self.take_event(event, &status);
        }
        self.take_jobs(ctx, &status);
        self.refresh_cameras(&status);
        self.take_answer(ctx);
        self.remember_models(&status);
        // The one place where boxes and verdicts are computed.
        self.frame.current.compute(self.compare_settings());
        if let Some(observation) = observation {
            self.record(&observation, &status);
        }
        self.poll_layers(ctx, &status);
        if let Some(screenshot) = &mut self.screenshot
            && let Some(result) = screenshot.poll(ctx)
        {
            self.screenshot = None;
            self.failure = result.err();
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn take_event(&mut self, event: Event, status: &Status) {
        match event {
            Event::SourceFailed(error) => {
                let (message, transient) = (error.to_string(), error.is_transient());
                log::warn!("{message}");
                let (source, mut context) = self.source(status);
                let has_picture = context.has_picture;
                match source.failed(transient, &mut context) {
                    Failure::Skipped(change) => self.follow_source(change),
                    Failure::Told(change) => {
                        // Without a picture, the message stands in its place; one that may pass, on the picture while
                        // it holds.
                        if has_picture && !transient {
                            self.notifications.warn(&message);
                        }
                        change.into_iter().for_each(|change| self.follow_source(change));
                    }
                }
            }
            // These stand on the picture for as long as they hold.
            Event::ModelFailed { error, .. } | Event::InferenceFailed { error, .. } => log::error!("{error}"),
            Event::SourceOpened(description) => {
                self.source.opened(&description, &self.control, &mut self.preferences.cameras);
                log::info!("opened {}", description.name);
            }
            Event::ModelLoaded(info) => log::info!("loaded {} ({})", info.name, info.path.display()),
            Event::SourceStalled(description) => log::warn!("no frames from {}", description.name),
            Event::SourceEnded => log::info!("the source has no more frames"),
        }
    }

    /// What another source means for the other owners.
    pub(super) fn follow_source(&mut self, change: SourceChange) {
        self.history.forget_hold();
        self.frame.set_keeps_zoom(change.keeps_zoom);
        if !change.keeps_selection {
            self.detections.deselect();
        }
    }

    fn take_jobs(&mut self, ctx: &Context, status: &Status) {
        for result in self.export.poll() {
            match result {
                Ok(message) => self.notifications.done(message),
                Err(Stopped::Failed(message)) => self.notifications.warn(&message),
                Err(Stopped::Cancelled) => {}
            }
        }
        let (source, mut context) = self.source(status);
        match source.poll(ctx, &mut context) {
            Ok(change) => change.into_iter().for_each(|change| self.follow_source(change)),
            Err(message) => self.notifications.warn(&message),
        }
    }

    fn refresh_cameras(&mut self, status: &Status) {
        let presets = &self.preferences.cameras;
        let has_picture = self.frame.current.observation().is_some();
        let mut context = SourceContext { control: &mut self.control, status, has_picture };
        let (arrived, change) = self.source.refresh_cameras(&mut context, presets);
        change.into_iter().for_each(|change| self.follow_source(change));
        for name in arrived {
            self.notifications.done(format!("{name} is available: select it as the source"));
        }
    }

    fn take_answer(&mut self, ctx: &Context) {
        match self.dialog.answer() {
            Some(FileAnswer::Open(files)) => self.open_files(ctx, files),
            Some(FileAnswer::Save(path)) => {
                let saved = self.export.save(ctx, path);
                self.warn_of(saved);
            }
            Some(FileAnswer::Missing) => self.notifications.warn(
                "No file dialog available (install xdg-desktop-portal or zenity). Drop files here, or paste a path \
                 with Ctrl+V; Ctrl+C copies the picture.",
            ),
            Some(FileAnswer::Cancelled) | None => {}
        }
    }

    /// Keeps the models for the next run, once they work.
    fn remember_models(&mut self, status: &Status) {
        for which in Side::BOTH {
            let request = self.models.request(which);
            let ready = status.models.iter().any(|m| m.phase == ModelPhase::Ready && m.request == *request);
            if ready {
                self.preferences.remember(which, request);
            }
        }
    }

    /// Gives an observation to the history, and holds it where the two models agree too little.
    fn record(&mut self, observation: &Arc<Observation>, status: &Status) {
        let is_current = self.frame.current.observation().is_some_and(|o| Arc::ptr_eq(o, observation));
        self.history.observe(observation, self.frame.current.comparison().filter(|_| is_current));
        let asked = self.preferences.pauses && self.preferences.view.compares();
        let runs = self.control.can_pause(status) && !self.control.is_paused();
        let least = f64::from(self.preferences.pause_below);
        if is_current
            && asked
            && runs
            && self.history.hold_below_agreement(&self.frame.current, &self.detections.classes, least)
        {
            self.control.set_paused(true);
        }
    }

    fn poll_layers(&mut self, ctx: &Context, status: &Status) {
        let (layers, context) = self.layers(ctx, status);
        for effect in layers.poll(&context) {
            self.follow_layers(ctx, effect, status);
        }
    }

    /// Tells why something could not be done.
    pub(super) fn warn_of(&mut self, result: Result<(), String>) {
        if let Err(message) = result {
            self.notifications.warn(&message);
        }
    }
}
