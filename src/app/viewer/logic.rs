//! What came from the engine, from jobs and from the system, before anything is painted.

use std::sync::Arc;
use std::time::Instant;

use egui::{Context, ViewportCommand};

use super::Viewer;
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, ModelsAction, SourceAction};
use crate::app::frame::marks::BoxFilter;
use crate::app::frame::preview::Preview;
use crate::app::history::recording::Recorded;
use crate::app::models::byte_check::ByteSight;
use crate::app::models::clipping_watch::ClippingSight;
use crate::app::models::profile_files::ProfileDone;
use crate::app::preferences::recent::RecentSource;
use crate::app::saving::video::VideoSight;
use crate::app::source::change::SourceChange;
use crate::app::source::{Failure, FoundNews, SourceContext};
use crate::app::truth::TruthScope;
use crate::app::ui::file_dialog::{FileAnswer, FileQuestion, documents_folder, pictures_folder};
use crate::app::view::Side;
use crate::compare::Arrow;
use crate::engine::{Event, ModelPhase, Observation, SourceState, Status};
use crate::source::SourceRequest;
use crate::workshop::Stopped;

impl Viewer {
    /// Takes what the engine and the system have for the window. Paints nothing.
    pub fn logic(&mut self, ctx: &Context) {
        let status = self.control.status();
        let settings = self.compare_settings();
        let album = self.compare_all.results();
        if let Some(best) = self.history.tend(ctx, &settings, &self.preferences, &status, album) {
            self.preferences.link(false);
            self.preferences.score_b = best.score;
        }
        if let Some(observation) = self.control.take() {
            self.observe(ctx, observation, &status);
        }
        for event in self.control.events() {
            // One event may have opened another source.
            self.take_event(event, &self.control.status());
        }
        let status = self.control.status();
        self.take_jobs(ctx, &status);
        self.refresh_cameras(&status);
        self.take_answer(ctx);
        self.remember_models(&status);
        self.source.recent.store(&mut self.preferences.recent);
        self.poll_layers(ctx, &status);
        self.tend_truth(ctx);
        self.tend_album(ctx);
        self.preview(ctx);
        self.facts.poll(ctx);
        self.fonts.poll(ctx);
        self.compute();
        self.save_seen();
        self.tend_computed_as(ctx, &status);
        let sight = ClippingSight::of(&self.frame.current, self.is_live(&status));
        self.clipping.poll(ctx, &self.catalog, sight);
        let awaited = self.awaits_boxes(&status);
        if let Some(screenshot) = &mut self.screenshot
            && let Some(result) = screenshot.poll(ctx, awaited)
        {
            self.screenshot = None;
            self.failure = result.err();
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// Whether no boxes are in sight, but some are to come.
    fn awaits_boxes(&self, status: &Status) -> bool {
        let failed = matches!(status.source, SourceState::Failed { .. })
            || status.models.iter().any(|model| matches!(model.phase, ModelPhase::Failed { .. }));
        self.frame.current.observation().is_none() && !failed
    }

    /// Boxes and verdicts of the current frame, where it or a setting changed.
    fn compute(&mut self) {
        let file = self.frame.current.observation().and_then(|observation| observation.description.file.clone());
        let truth = file.filter(|_| self.preferences.truth).and_then(|file| self.truth.of(&file));
        self.frame.current.set_truth(truth);
        let (begun, settings) = (Instant::now(), self.box_settings());
        let is_stale = self.frame.current.is_stale(settings);
        self.frame.current.compute(settings);
        if is_stale {
            self.trace_stage("compare", begun);
        }
    }

    /// Gives what is seen to the video that is being saved, where it is not what was given last.
    fn save_seen(&mut self) {
        let observation = self.frame.current.observation().filter(|_| self.saving.video.age().is_some());
        let Some(sequence) = observation.map(|observation| observation.sequence) else { return };
        let (view, labels) = (self.preferences.view, self.preferences.labels);
        let filter = self.detections.filter(Arrow::Word);
        let BoxFilter { classes, kinds, truths, .. } = filter;
        let (settings, classes) = (self.box_settings(), classes.clone());
        if !self.saving.video.wants(VideoSight { sequence, settings, view, labels, classes, kinds, truths }) {
            return;
        }
        let names = Side::BOTH.map(|which| {
            let title = self.titles.of_request(self.models.request(which));
            format!("{} {title}", which.letter())
        });
        if let Some(picture) = self.frame.annotated(view, labels, &filter) {
            self.saving.video.show(picture, names);
        }
    }

    /// Follows which pictures are open, and takes what is found out about them.
    fn tend_truth(&mut self, ctx: &Context) {
        let classes = self.frame.current.classes().cloned();
        let scope = match (self.source.album.album(), self.control.source()) {
            (Some(album), _) => TruthScope::Album { pictures: album.listed(), version: self.source.album.version() },
            (None, SourceRequest::Still(path)) => TruthScope::Picture(path),
            (None, _) => TruthScope::Nothing,
        };
        for problem in self.truth.tend(ctx, &scope, classes.as_ref()) {
            self.notifications.warn(&problem);
        }
    }

    /// Shows an observation, unless another is held, and gives it to the history. Pauses where the two models agree too
    /// little on it.
    fn observe(&mut self, ctx: &Context, observation: Arc<Observation>, status: &Status) {
        self.layers.give(&observation);
        self.recording.give(&observation, self.preferences.thresholds(), self.models.is_swapped());
        if self.history.is_held() {
            return self.history.observe(&observation, None);
        }
        let begun = Instant::now();
        self.frame.show(ctx, Arc::clone(&observation), true);
        self.trace_stage("upload", begun);
        self.compute();
        self.saving.harvest.offer(&self.frame.current);
        self.history.observe(&observation, self.frame.current.comparison());
        if matches!(self.control.source(), SourceRequest::Still(_)) {
            self.source.pictures.read_ahead(&self.source.album);
        }
        let asked = self.preferences.pauses && self.preferences.view.compares();
        let least = f64::from(self.preferences.pause_below);
        if asked
            && self.control.is_running(status)
            && self.history.hold_below_agreement(&self.frame.current, &self.detections.classes, least)
        {
            self.control.set_paused(true);
        }
    }

    fn take_event(&mut self, event: Event, status: &Status) {
        match event {
            Event::SourceFailed(error) => {
                let (message, transient) = (error.to_string(), error.is_transient());
                log::warn!("{message}");
                let (source, mut context) = self.source(status);
                let has_picture = context.has_picture;
                match source.failed(&error, &mut context) {
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
            Event::SourceEnded { damage: None } => log::info!("the source has no more frames"),
            Event::SourceEnded { damage: Some(error) } => {
                let message = error.to_string();
                log::warn!("{message}");
                self.notifications.warn(&message);
            }
        }
    }

    /// What another source means for the other owners.
    pub(super) fn follow_source(&mut self, change: SourceChange) {
        self.history.forget_hold();
        // Another picture of an album, or another place in a video, changes nothing that was found over the history.
        if !change.keeps_zoom {
            self.history.matching.forget();
        }
        self.frame.set_keeps_zoom(change.keeps_zoom);
        if !change.keeps_selection {
            self.detections.deselect();
        }
        // What was there goes at once, with its boxes, and does not stand under the next one's name; of a camera's or a
        // video's, it stays until the first frame comes, unless an album goes on to it.
        let source = self.control.source();
        let is_still = matches!(source, SourceRequest::Still(_) | SourceRequest::Pasted(_));
        let expected = if is_still || !change.keeps_selection { Preview::of(source) } else { None };
        self.frame.set_expected(expected);
    }

    fn take_jobs(&mut self, ctx: &Context, status: &Status) {
        for result in self.export.poll().chain(self.saving.poll()) {
            match result {
                Ok(message) => self.notifications.done(message),
                Err(Stopped::Failed(message)) => self.notifications.warn(&message),
                Err(Stopped::Cancelled) => {}
            }
        }
        match self.recording.poll() {
            Some(Ok(Recorded { path, message })) => {
                path.into_iter().for_each(|path| self.source.recent.add(RecentSource::File(path)));
                self.notifications.done(message);
            }
            Some(Err(message)) => self.notifications.warn(&message),
            None => {}
        }
        let (source, mut context) = self.source(status);
        let FoundNews { change, named, heads, failures } = source.poll(ctx, &mut context);
        change.into_iter().for_each(|change| self.follow_source(change));
        failures.iter().for_each(|message| self.notifications.warn(message));
        self.open_files(ctx, named);
        if let Some(heads) = heads {
            self.show_heads(ctx, Side::B, heads);
        }
    }

    fn refresh_cameras(&mut self, status: &Status) {
        let presets = &self.preferences.cameras;
        let has_picture = self.frame.has_picture();
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
            Some(FileAnswer::Model(which, path)) => self.apply_to_models(ctx, ModelsAction::Open(which, path)),
            Some(FileAnswer::Dump(which, path)) => self.apply_to_models(ctx, ModelsAction::OpenDump(which, path)),
            Some(FileAnswer::Profile(which, path)) => {
                let read = self.computed_as.files.read(ctx, which, path);
                self.warn_of(read);
            }
            Some(FileAnswer::Save(path)) => {
                let saved = self.export.save(ctx, path);
                self.warn_of(saved);
            }
            Some(FileAnswer::SaveProfile(path)) => {
                let saved = self.computed_as.files.save(ctx, path);
                self.warn_of(saved);
            }
            Some(FileAnswer::Missing(FileQuestion::Save(_))) => {
                let saved = self.export.save_in(ctx, pictures_folder);
                self.warn_of(saved);
            }
            Some(FileAnswer::Missing(FileQuestion::SaveProfile(_))) => {
                let saved = self.computed_as.files.save_in(ctx, documents_folder);
                self.warn_of(saved);
            }
            Some(FileAnswer::Missing(FileQuestion::Profile(_))) => self.notifications.warn(
                "No file dialog available (install xdg-desktop-portal or zenity). Name the profile on the command line: \
                 twinsight --b-arithmetic FILE.",
            ),
            Some(FileAnswer::Missing(FileQuestion::Model(_))) => self.notifications.warn(
                "No file dialog available (install xdg-desktop-portal or zenity). Name the model on the command line: \
                 twinsight --b FILE.",
            ),
            Some(FileAnswer::Missing(FileQuestion::Dump(_))) => self.notifications.warn(&hint(
                ctx,
                "No file dialog available (install xdg-desktop-portal or zenity). Drop the board's folder here, or paste \
                 its path",
                &Action::Source(SourceAction::Paste),
            )),
            Some(FileAnswer::Missing(FileQuestion::Files | FileQuestion::Folder)) => self.notifications.warn(&hint(
                ctx,
                "No file dialog available (install xdg-desktop-portal or zenity). Drop files here, or paste a path",
                &Action::Source(SourceAction::Paste),
            )),
            Some(FileAnswer::Cancelled) | None => {}
        }
    }

    /// Takes what came of profiles' files, and compares bytes while the popup is open that shows them.
    fn tend_computed_as(&mut self, ctx: &Context, status: &Status) {
        let done: Vec<_> = self.computed_as.files.poll().collect();
        for result in done {
            match result {
                Ok(ProfileDone::Read(which, profile)) => {
                    self.apply_to_models(ctx, ModelsAction::Compute(which, profile.into()));
                }
                Ok(ProfileDone::Saved(message)) => self.notifications.done(message),
                Err(Stopped::Failed(message)) => self.notifications.warn(&message),
                Err(Stopped::Cancelled) => {}
            }
        }
        let live = self.is_live(status);
        let side = self.computed_as.side(self.preferences.view.compares());
        let sight = side.and_then(|which| ByteSight::of(&self.frame.current, which, live));
        self.computed_as.bytes.poll(ctx, sight);
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
