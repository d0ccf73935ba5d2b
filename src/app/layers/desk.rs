//! What the viewer does for the panel: gives it frames and models, and takes the models that it makes.

use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Ui};

use super::frame_tap::{AlbumFrames, FrameTap, LiveFrames};
use super::heading;
use super::{Due, FRAMES, LayersAction, LayersInput, LayersPanel, Work};
use crate::annotate::label_text;
use crate::app::action::Action;
use crate::app::job::Job;
use crate::app::view::{View, Which};
use crate::app::viewer::Viewer;
use crate::detect::Frame;
use crate::engine::{Observation, SourceState};
use crate::model::{ModelInfo, ModelName, Precision};
use crate::source::SourceRequest;
use crate::workshop::layers::{Findings, LayersSubject, Target, measure_files};
use crate::workshop::rebuild::{CalibrationPlan, RebuildResult, RebuildTask};
use crate::workshop::{Frames, Stopped};

/// Of the history so many frames are measured.
const OF_HISTORY: usize = 8;

/// Why a calibration makes no sense.
const ONE_PICTURE: &str =
    "One picture is too little to calibrate from: open a folder of pictures, a video or a camera.";

impl Viewer {
    /// Opens the panel, or closes it. What is under way goes on.
    pub(in crate::app) fn toggle_layers(&mut self, ctx: &Context) {
        self.layers.open = !self.layers.open;
        if self.layers.open {
            self.compare_for_layers(ctx);
            let models = self.models_for_layers().ok();
            let known = self.layers.findings.as_ref().zip(models.as_ref());
            if self.layers.work.is_none() && known.is_none_or(|(findings, models)| !findings.subject.is_of(models)) {
                self.layers.due = Due::InSight;
            }
        }
    }

    /// Where one model looks, there is nothing to hold it against.
    fn compare_for_layers(&mut self, ctx: &Context) {
        if !self.preferences.view.compares() {
            self.apply(ctx, Action::Show(View::Overlay));
        }
    }

    /// Opens the panel for the chosen pair's box of A: which layers change its score.
    pub(in crate::app) fn follow_chosen(&mut self, ctx: &Context) {
        let found = self.find_chosen();
        let detection = self.sight.comparison().zip(found).and_then(|(comparison, found)| {
            let a = comparison.verdicts().get(found)?.a()?;
            comparison.a().get(a).copied()
        });
        let Some((detection, classes)) = detection.zip(self.sight.classes()) else { return };
        let name = label_text(classes.name(detection.class_id), detection.score);
        self.layers.open = true;
        self.measure_in_sight(ctx, Some((Target::of(&detection), name)));
    }

    /// Paints the panel, and carries out what is asked of it.
    pub(in crate::app) fn layers_panel(&mut self, ui: &mut Ui) {
        let models = self.models_for_layers();
        let other = models
            .as_ref()
            .is_ok_and(|models| self.layers.findings.as_ref().is_some_and(|findings| !findings.subject.is_of(models)));
        let input = LayersInput {
            obstacle: models.err(),
            stale: if other {
                Some("These figures are of other models than A and B are now: measure again")
            } else {
                self.shows_another_frame()
                    .then_some("These figures are of another frame than the one in sight: measure again")
            },
            has_history: self.history_len() > 1,
        };
        for action in self.layers.show(ui, &input) {
            self.apply_layers(ui.ctx(), action);
        }
    }

    /// Whether the one frame that was measured is not the one in sight; several stand for more than one in sight.
    fn shows_another_frame(&self) -> bool {
        let Some((findings, now)) = self.layers.findings.as_ref().zip(self.sight.observation()) else { return false };
        match findings.subject.frames.as_slice() {
            // A picture that moves is another one all the time.
            [_] if self.can_pause() && !self.settings.paused => false,
            [one] => !Arc::ptr_eq(one, &now.frame) && findings.subject.what != name_of(now),
            _ => false,
        }
    }

    fn apply_layers(&mut self, ctx: &Context, action: LayersAction) {
        match action {
            LayersAction::Measure => self.measure_in_sight(ctx, None),
            LayersAction::MeasureHistory => self.measure_history(ctx),
            LayersAction::Rebuild => self.rebuild(ctx),
            LayersAction::Calibrate => self.calibrate(ctx),
            LayersAction::Choose(recipe) => self.layers.recipe = recipe,
            LayersAction::Finish => {
                if let Some(Work::Calibrating(_, _, tap)) = &self.layers.work {
                    tap.finish();
                }
            }
            LayersAction::Cancel => {
                if let Some(work) = &self.layers.work {
                    work.cancel();
                }
            }
            LayersAction::Back => {
                if let Some((_, before)) = self.layers.outcome.take() {
                    self.show_as_b(ctx, before);
                }
            }
            LayersAction::Close => self.layers.open = false,
        }
        ctx.request_repaint();
    }

    /// A in float and B in INT8, as both looked at the frame in sight; else why that is not so.
    fn models_for_layers(&self) -> Result<[Arc<ModelInfo>; 2], String> {
        let [a, b] = Which::BOTH.map(|which| self.sight.output(which).map(|output| Arc::clone(&output.model)));
        let Some((a, b)) = a.zip(b) else {
            return Err("No frame was looked at by two models yet; choose a view of A and B.".into());
        };
        match (a.precision, b.precision) {
            (Precision::Int8, Precision::Fp32) => Err("A is INT8 and B float; swap them (X).".into()),
            (Precision::Int8, _) => Err(format!("A is {}, an INT8 model; choose the float model as A.", a.name)),
            (_, Precision::Fp32) => Err(format!("B is {}, a float model; choose an INT8 model as B.", b.name)),
            _ => Ok([a, b]),
        }
    }

    /// What comes of the work, and what is due.
    pub(in crate::app) fn tend_layers(&mut self, ctx: &Context) {
        let models = Which::BOTH.map(|which| self.duo.model(which));
        if self.layers.models.each_ref().map(Option::as_ref) != models.map(Some) {
            self.layers.models = models.map(|model| Some(model.clone()));
            // It was said of the models before.
            self.layers.failure = None;
        }
        match self.layers.work.take() {
            Some(Work::Measuring(job)) => match job.poll() {
                None => self.layers.work = Some(Work::Measuring(job)),
                Some(Ok(findings)) => {
                    self.layers.rows.fill(&findings.study);
                    self.layers.findings = Some(findings);
                    self.layers.failure = None;
                }
                Some(Err(end)) => self.layers.fail(end),
            },
            Some(Work::Rebuilding(job, before)) => match job.poll() {
                None => self.layers.work = Some(Work::Rebuilding(job, before)),
                Some(result) => self.take_rebuilt(ctx, result, before),
            },
            Some(Work::Calibrating(job, before, mut tap)) => match job.poll() {
                None => {
                    self.tend_tap(&mut tap, &job);
                    self.layers.work = Some(Work::Calibrating(job, before, tap));
                }
                Some(result) => self.take_rebuilt(ctx, result, before),
            },
            None => self.measure_what_is_due(ctx),
        }
    }

    fn tend_tap(&mut self, tap: &mut FrameTap, job: &Job<RebuildResult>) {
        let generation = self.sight.observation().map(|o| o.source_generation);
        if generation.is_some_and(|now| tap.has_lost(now)) {
            job.cancel();
            self.layers.failure = Some("The calibration was given up: another source was opened.".into());
        }
        // One that will be tried again may give frames again.
        if matches!(self.engine.status().source, SourceState::Ended | SourceState::Failed { retry_in: None, .. }) {
            tap.close();
        }
    }

    fn measure_what_is_due(&mut self, ctx: &Context) {
        let Ok([_, b]) = self.models_for_layers() else { return };
        match std::mem::take(&mut self.layers.due) {
            Due::Nothing => {}
            Due::InSight => self.measure_in_sight(ctx, None),
            Due::Again(path, subject) if b.path == path => {
                if let Ok(models) = self.models_for_layers() {
                    self.start_measuring(ctx, LayersSubject { models, ..*subject });
                }
            }
            // Not loaded yet, or given up for another.
            Due::Again(path, subject) => {
                if *self.duo.model(Which::B) == ModelName::File(path.clone()) {
                    self.layers.due = Due::Again(path, subject);
                }
            }
        }
    }

    fn measure_in_sight(&mut self, ctx: &Context, target: Option<(Target, String)>) {
        if let Some(making) = self.layers.work.as_ref().and_then(Work::making) {
            return self.warn(&format!("Wait for the {making} to end, or cancel it; then ask again."));
        }
        let (models, observation) = match (self.models_for_layers(), self.sight.observation()) {
            (Ok(models), Some(observation)) => (models, observation),
            (Err(why), _) => return self.layers.failure = Some(why),
            (_, None) => return,
        };
        let subject =
            LayersSubject { models, frames: vec![Arc::clone(&observation.frame)], what: name_of(observation), target };
        self.start_measuring(ctx, subject);
    }

    /// Frames that both looked at, evenly chosen.
    fn measure_history(&mut self, ctx: &Context) {
        let Ok(models) = self.models_for_layers() else { return };
        let Some(history) = &self.past.history else { return };
        let moments: Vec<_> = history.ring.moments().filter(|moment| moment.is_pair()).collect();
        let count = moments.len().min(OF_HISTORY);
        // The newest is one of them.
        let places = (1..=count).map(|i| i * moments.len() / count - 1);
        let frames: Vec<Arc<Frame>> =
            places.filter_map(|place| Some(Arc::clone(&moments[place].restore().ok()?.frame))).collect();
        if frames.is_empty() {
            self.layers.failure = Some("No frame of the history was seen by both models yet.".into());
            return;
        }
        let what = format!("{} of {} frames of the history", frames.len(), moments.len());
        self.start_measuring(ctx, LayersSubject { models, frames, what, target: None });
    }

    fn start_measuring(&mut self, ctx: &Context, subject: LayersSubject) {
        self.layers.due = Due::Nothing;
        let catalog = self.layers.catalog.clone();
        let job = Job::start(ctx, "layers", move |handle| measure_files(&catalog, subject, handle));
        self.layers.started(job.map(Work::Measuring));
    }

    fn rebuild_task(&self) -> Result<RebuildTask, String> {
        let models = self.models_for_layers()?;
        Ok(RebuildTask { catalog: self.layers.catalog.clone(), models, thresholds: self.preferences.thresholds() })
    }

    fn rebuild(&mut self, ctx: &Context) {
        let (task, nodes) = match self.rebuild_task() {
            Ok(task) => (task, self.layers.rows.wanted()),
            Err(why) => return self.layers.failure = Some(why),
        };
        let measured = self.layers.findings.as_ref().map(|Findings { subject, .. }| subject);
        let measured = measured.map(|subject| (subject.frames.clone(), subject.what.clone()));
        let in_sight = || self.sight.observation().map(|o| (vec![Arc::clone(&o.frame)], name_of(o)));
        let (frames, on) = measured.or_else(in_sight).unwrap_or_default();
        let before = self.duo.model(Which::B).clone();
        let job = Job::start(ctx, "rebuilding", move |handle| task.rebuild(&nodes, (&frames, on), handle));
        self.layers.started(job.map(|job| Work::Rebuilding(job, before)));
    }

    fn calibrate(&mut self, ctx: &Context) {
        let task = match self.rebuild_task() {
            Ok(task) => task,
            Err(why) => return self.layers.failure = Some(why),
        };
        let Some(observation) = self.sight.observation() else { return };
        let generation = observation.source_generation;
        let source = observation.description.name.clone();
        let album = self.leafing.album.as_ref().filter(|album| self.leafs() && album.pictures().len() > 1);
        let (tap, frames): (FrameTap, Box<dyn Frames + Send>) = match (album, &self.settings.source) {
            (Some(album), _) => {
                let (tap, files): (FrameTap, AlbumFrames) = FrameTap::files(album.pictures().to_vec());
                (tap, Box::new(files))
            }
            (None, SourceRequest::Still(_) | SourceRequest::Pasted(_)) => {
                return self.layers.failure = Some(ONE_PICTURE.into());
            }
            (None, _) => {
                let (tap, live): (FrameTap, LiveFrames) = FrameTap::live(generation);
                (tap, Box::new(live))
            }
        };
        let source = if album.is_some() { "this folder".to_owned() } else { source };
        let plan = CalibrationPlan { recipe: self.layers.recipe, frames: FRAMES, source };
        // What stands still gives no frames.
        if album.is_none() {
            self.apply(ctx, Action::GoOn);
        }
        let before = self.duo.model(Which::B).clone();
        let job = Job::start(ctx, "calibrating", move |handle| task.calibrate(frames, &plan, handle));
        self.layers.started(job.map(|job| Work::Calibrating(job, before, tap)));
    }

    fn take_rebuilt(&mut self, ctx: &Context, result: Result<RebuildResult, Stopped>, before: ModelName) {
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(end) => return self.layers.fail(end),
        };
        self.layers.failure = None;
        self.layers.rows.ticked.clear();
        // The same frames again, so that the figures can be held against those before.
        if let (Some(findings), ModelName::File(path)) = (&self.layers.findings, &outcome.model) {
            self.layers.due = Due::Again(path.clone(), Box::new(findings.subject.clone()));
        }
        let said = format!("B is now {}. {}.", outcome.model.label(), heading::words(&outcome));
        match outcome.before_after {
            Ok(_) => self.tell_done(said),
            Err(_) => self.warn(&said),
        }
        self.show_as_b(ctx, outcome.model.clone());
        self.layers.outcome = Some((outcome, before));
    }

    fn show_as_b(&mut self, ctx: &Context, model: ModelName) {
        if !self.choices.contains(&model) {
            self.choices.push(model.clone());
        }
        if *self.duo.model(Which::B) != model {
            self.apply(ctx, Action::Use(Which::B, model));
        }
    }
}

/// "bus.jpg", "demo, frame 123"
fn name_of(observation: &Observation) -> String {
    let name = &observation.description.name;
    match observation.description.nominal_rate {
        Some(_) => format!("{name}, frame {}", observation.frame_id),
        None => name.clone(),
    }
}

impl LayersPanel {
    /// Gives a frame to a calibration that is under way.
    pub fn give(&self, observation: &Observation) {
        if let Some(Work::Calibrating(_, _, tap)) = &self.work {
            tap.give(observation.source_generation, &observation.frame);
        }
    }

    /// Ends what is under way; waits for it no longer than `deadline`.
    pub fn end(self, deadline: Duration) {
        match self.work {
            None => {}
            Some(Work::Measuring(job)) => job.end(deadline),
            Some(Work::Rebuilding(job, _) | Work::Calibrating(job, ..)) => job.end(deadline),
        }
    }

    fn started(&mut self, work: std::io::Result<Work>) {
        // What was under way is cancelled where it is dropped.
        match work {
            Ok(work) => (self.work, self.failure) = (Some(work), None),
            Err(cause) => self.failure = Some(format!("No thread could be started for it: {cause}. Try again.")),
        }
    }

    fn fail(&mut self, end: Stopped) {
        match end {
            Stopped::Cancelled => {}
            Stopped::Failed(message) => {
                log::warn!("{message}");
                self.failure = Some(message);
            }
        }
    }
}
