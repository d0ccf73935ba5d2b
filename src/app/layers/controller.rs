//! What the layers panel measures and makes, and when.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::context::LayersContext;
use super::frame_tap::{AlbumFrames, FrameTap, LiveFrames};
use super::heading;
use super::rows::Rows;
use super::work::{FRAMES, Work};
use crate::app::action::LayersAction;
use crate::app::job::Job;
use crate::compare::label_text;
use crate::detect::Frame;
use crate::engine::{Observation, SourceState};
use crate::model::{Catalog, ModelName};
use crate::source::{Album, SourceRequest};
use crate::workshop::layers::{Findings, LayersSubject, Target, measure_files};
use crate::workshop::rebuild::{CalibrationPlan, RebuildResult, RebuildTask};
use crate::workshop::{Frames, Stopped};

/// How many frames of the history are measured.
const OF_HISTORY: usize = 8;

/// Why a calibration makes no sense.
const ONE_PICTURE: &str = "One image is not enough for calibration: open a folder of images, a video or a camera.";

/// What it asks of the rest of the window.
pub enum LayersEffect {
    /// Where one model looks, there is nothing to compare it with.
    Compare,
    /// What stands still gives no frames.
    Resume,
    UseAsB(ModelName),
    Done(String),
    Warn(String),
}

/// The panel's state, and what it has under way.
pub struct LayersController {
    catalog: Catalog,
    is_open: bool,
    due: Due,
    pub(super) work: Option<Work>,
    pub(super) findings: Option<Findings>,
    pub(super) rows: Rows,
    /// The last model that was made here, and what was B before it.
    pub(super) outcome: Option<(RebuildResult, ModelName)>,
    pub(super) failure: Option<String>,
    /// A and B when the failure was last looked at.
    models: [Option<ModelName>; 2],
    pub(super) recipe: Option<&'static str>,
    /// The choice came from a plot, and its row is scrolled to.
    pub(super) scroll_to: Option<usize>,
}

/// What is measured as soon as nothing else is under way and both models have looked.
#[derive(Default)]
enum Due {
    #[default]
    Nothing,
    Current,
    /// The same frames as before, once this file is B.
    Again(PathBuf, Box<LayersSubject>),
}

impl LayersController {
    pub fn new(catalog: Catalog, is_open: bool) -> Self {
        Self {
            catalog,
            is_open,
            due: if is_open { Due::Current } else { Due::Nothing },
            work: None,
            findings: None,
            rows: Rows::default(),
            outcome: None,
            failure: None,
            models: [None, None],
            recipe: None,
            scroll_to: None,
        }
    }

    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn apply(&mut self, action: LayersAction, context: &LayersContext<'_>) -> Option<LayersEffect> {
        match action {
            LayersAction::TogglePanel => return self.toggle(context),
            LayersAction::Measure => return self.measure_current(None, context),
            LayersAction::MeasureHistory => self.measure_history(context),
            LayersAction::Rebuild => self.rebuild(context),
            LayersAction::Calibrate => return self.calibrate(context),
            LayersAction::AddClipped => return self.add_clipped(context),
            LayersAction::ChooseRecipe(recipe) => self.recipe = recipe,
            LayersAction::Finish => {
                if let Some(tap) = self.work.as_ref().and_then(Work::tap) {
                    tap.finish();
                }
            }
            LayersAction::Cancel => {
                if let Some(work) = &self.work {
                    work.cancel();
                }
            }
            LayersAction::Back => return self.outcome.take().map(|(_, before)| LayersEffect::UseAsB(before)),
            LayersAction::Follow(verdict) => return self.follow(verdict, context),
        }
        None
    }

    /// Opens the panel, or closes it. What is under way continues.
    fn toggle(&mut self, context: &LayersContext<'_>) -> Option<LayersEffect> {
        self.is_open = !self.is_open;
        if !self.is_open {
            return None;
        }
        let models = context.compared().ok();
        let known = self.findings.as_ref().zip(models.as_ref());
        if self.work.is_none() && known.is_none_or(|(findings, models)| !findings.subject.is_of(models)) {
            self.due = Due::Current;
        }
        Some(LayersEffect::Compare)
    }

    /// Hides the panel. What is under way continues.
    pub fn close(&mut self) {
        self.is_open = false;
    }

    /// Opens the panel for the box of a verdict, A's where A has it: which layers change its score. B's box has its place
    /// in A's raw heads too, whatever score they give it.
    fn follow(&mut self, verdict: usize, context: &LayersContext<'_>) -> Option<LayersEffect> {
        let current = context.current;
        let comparison = current.comparison()?;
        let verdict = comparison.verdicts().get(verdict)?;
        let of_a = verdict.a().and_then(|a| comparison.a().get(a));
        let detection = *of_a.or_else(|| comparison.b().get(verdict.b()?))?;
        let name = label_text(current.classes()?.name(detection.class_id), detection.score);
        self.is_open = true;
        self.measure_current(Some((Target::of(&detection), name)), context)
    }

    /// Why the figures are not of what is shown.
    pub(super) fn stale(&self, context: &LayersContext<'_>) -> Option<&'static str> {
        let findings = self.findings.as_ref()?;
        if context.compared().is_ok_and(|models| !findings.subject.is_of(&models)) {
            return Some("Measured with different models. Measure again");
        }
        let other = self.shows_another_frame(context);
        other.then_some("Measured on a different frame. Measure again")
    }

    /// Whether the one frame that was measured is not the current one; several stand for more than one.
    fn shows_another_frame(&self, context: &LayersContext<'_>) -> bool {
        let Some((findings, now)) = self.findings.as_ref().zip(context.current.observation()) else { return false };
        match findings.subject.frames.as_slice() {
            [_] if context.is_moving => false,
            [one] => !Arc::ptr_eq(one, &now.frame) && findings.subject.what != name_of(now),
            _ => false,
        }
    }

    /// Takes the result of the work, and starts what is due.
    pub fn poll(&mut self, context: &LayersContext<'_>) -> Vec<LayersEffect> {
        if self.models.each_ref().map(Option::as_ref) != context.models.map(Some) {
            self.models = context.models.map(|model| Some(model.clone()));
            // It was said of the models before.
            self.failure = None;
        }
        match self.work.take() {
            Some(Work::Measuring(job)) => match job.poll() {
                None => self.work = Some(Work::Measuring(job)),
                Some(Ok(findings)) => {
                    self.rows.fill(&findings.study);
                    self.findings = Some(findings);
                    self.failure = None;
                }
                Some(Err(end)) => self.fail(end),
            },
            Some(Work::Rebuilding(job, before)) => match job.poll() {
                None => self.work = Some(Work::Rebuilding(job, before)),
                Some(result) => return self.take_rebuilt(result, before, context),
            },
            Some(Work::Calibrating(job, before, mut tap)) => match job.poll() {
                None => {
                    self.check_tap(&mut tap, &job, context);
                    self.work = Some(Work::Calibrating(job, before, tap));
                }
                Some(result) => return self.take_rebuilt(result, before, context),
            },
            None => return self.start_due(context).into_iter().collect(),
        }
        Vec::new()
    }

    fn check_tap(&mut self, tap: &mut FrameTap, job: &Job<RebuildResult>, context: &LayersContext<'_>) {
        let generation = context.current.observation().map(|o| o.source_generation);
        if generation.is_some_and(|now| tap.has_lost(now)) {
            job.cancel();
            self.failure = Some("Calibration cancelled: another source was opened.".into());
        }
        // One that will be tried again may give frames again.
        if matches!(context.status.source, SourceState::Ended | SourceState::Failed { retry_in: None, .. }) {
            tap.close();
        }
    }

    fn start_due(&mut self, context: &LayersContext<'_>) -> Option<LayersEffect> {
        let models = context.compared().ok()?;
        match std::mem::take(&mut self.due) {
            Due::Nothing => {}
            Due::Current => return self.measure_current(None, context),
            Due::Again(path, subject) if models[1].path == path => {
                self.start_measuring(LayersSubject { models, ..*subject }, context);
            }
            // Not loaded yet, or given up for another.
            Due::Again(path, subject) => {
                if *context.models[1] == ModelName::File(path.clone()) {
                    self.due = Due::Again(path, subject);
                }
            }
        }
        None
    }

    fn measure_current(
        &mut self,
        target: Option<(Target, String)>,
        context: &LayersContext<'_>,
    ) -> Option<LayersEffect> {
        if let Some(making) = self.work.as_ref().and_then(Work::making) {
            return Some(wait_for(making));
        }
        match (context.compared(), context.current.observation()) {
            (Ok(models), Some(observation)) => {
                let (frames, what) = (vec![Arc::clone(&observation.frame)], name_of(observation));
                self.start_measuring(LayersSubject { models, frames, what, target }, context);
            }
            (Err(why), _) => self.failure = Some(why),
            (_, None) => {}
        }
        None
    }

    /// Frames that both looked at, evenly chosen.
    fn measure_history(&mut self, context: &LayersContext<'_>) {
        let Ok(models) = context.compared() else { return };
        let moments = context.history.pairs();
        let count = moments.len().min(OF_HISTORY);
        // The newest is one of them.
        let places = (1..=count).map(|i| i * moments.len() / count - 1);
        let frames: Vec<Arc<Frame>> =
            places.filter_map(|place| Some(Arc::clone(&moments[place].restore().ok()?.frame))).collect();
        if frames.is_empty() {
            self.failure = Some("No frame in the history has been processed by both models yet.".into());
            return;
        }
        let what = format!("{} of {} frames in the history", frames.len(), moments.len());
        self.start_measuring(LayersSubject { models, frames, what, target: None }, context);
    }

    fn start_measuring(&mut self, subject: LayersSubject, context: &LayersContext<'_>) {
        self.due = Due::Nothing;
        let catalog = self.catalog.clone();
        let job = Job::start(context.ctx, "layers", move |handle| measure_files(&catalog, subject, handle));
        self.started(job.map(Work::Measuring));
    }

    fn task(&self, context: &LayersContext<'_>) -> Result<RebuildTask, String> {
        let models = context.compared()?;
        Ok(RebuildTask { catalog: self.catalog.clone(), models, thresholds: context.thresholds })
    }

    fn rebuild(&mut self, context: &LayersContext<'_>) {
        let (task, nodes) = match self.task(context) {
            Ok(task) => (task, self.rows.wanted()),
            Err(why) => return self.failure = Some(why),
        };
        let measured = self.findings.as_ref().map(|Findings { subject, .. }| subject);
        let measured = measured.map(|subject| (subject.frames.clone(), subject.what.clone()));
        let current = || context.current.observation().map(|o| (vec![Arc::clone(&o.frame)], name_of(o)));
        let (frames, on) = measured.or_else(current).unwrap_or_default();
        let before = context.models[1].clone();
        let job = Job::start(context.ctx, "rebuilding", move |handle| task.rebuild(&nodes, (&frames, on), handle));
        self.started(job.map(|job| Work::Rebuilding(job, before)));
    }

    fn calibrate(&mut self, context: &LayersContext<'_>) -> Option<LayersEffect> {
        let task = match self.task(context) {
            Ok(task) => task,
            Err(why) => {
                self.failure = Some(why);
                return None;
            }
        };
        let observation = context.current.observation()?;
        let album = context.album.filter(|album| album.pictures().len() > 1);
        let (tap, frames): (FrameTap, Box<dyn Frames + Send>) = match (album, context.source) {
            (Some(album), _) => {
                let (tap, files): (FrameTap, AlbumFrames) = FrameTap::files(album.pictures().to_vec());
                (tap, Box::new(files))
            }
            (None, SourceRequest::Still(_) | SourceRequest::Pasted(_)) => {
                self.failure = Some(ONE_PICTURE.into());
                return None;
            }
            (None, _) => {
                let (tap, live): (FrameTap, LiveFrames) = FrameTap::live(observation.source_generation);
                (tap, Box::new(live))
            }
        };
        let place = album.map_or_else(|| Some(observation.description.name.clone()), folder_name);
        let source = place.clone().unwrap_or_else(|| "this folder".to_owned());
        let plan = CalibrationPlan { recipe: self.recipe, frames: FRAMES, source, place };
        let before = context.models[1].clone();
        let job = Job::start(context.ctx, "calibrating", move |handle| task.calibrate(frames, &plan, handle));
        self.started(job.map(|job| Work::Calibrating(job, before, tap)));
        album.is_none().then_some(LayersEffect::Resume)
    }

    /// Adds the frames that left the ranges of B's calibration to it. The panel shows how far that is.
    fn add_clipped(&mut self, context: &LayersContext<'_>) -> Option<LayersEffect> {
        if let Some(making) = self.work.as_ref().and_then(Work::making) {
            return Some(wait_for(making));
        }
        let task = match self.task(context) {
            Ok(task) => task,
            Err(why) => return Some(LayersEffect::Warn(why)),
        };
        self.is_open = true;
        let (frames, before) = (context.clipped.to_vec(), context.models[1].clone());
        let job = Job::start(context.ctx, "calibrating", move |handle| task.extend(&frames, handle));
        self.started(job.map(|job| Work::Rebuilding(job, before)));
        None
    }

    fn take_rebuilt(
        &mut self,
        result: Result<RebuildResult, Stopped>,
        before: ModelName,
        context: &LayersContext<'_>,
    ) -> Vec<LayersEffect> {
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(end) => {
                self.fail(end);
                return Vec::new();
            }
        };
        self.failure = None;
        self.rows.ticked.clear();
        // The same frames again, so that the figures can be compared with those before.
        if let (Some(findings), ModelName::File(path)) = (&self.findings, &outcome.model) {
            self.due = Due::Again(path.clone(), Box::new(findings.subject.clone()));
        }
        let said = format!("B is now {}. {}.", context.titles.of(&outcome.model), heading::words(&outcome));
        let message = if outcome.before_after.is_ok() { LayersEffect::Done(said) } else { LayersEffect::Warn(said) };
        let effects = vec![message, LayersEffect::UseAsB(outcome.model.clone())];
        self.outcome = Some((outcome, before));
        effects
    }

    /// A model's file is gone, or has another name: there is no way back to it.
    pub fn forget_model(&mut self, model: &ModelName) {
        self.outcome.take_if(|(result, before)| *before == *model || result.model == *model);
    }

    /// Gives a frame to a calibration that is under way.
    pub fn give(&self, observation: &Observation) {
        if let Some(tap) = self.work.as_ref().and_then(Work::tap) {
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
            Err(cause) => self.failure = Some(format!("Can't start a thread for this: {cause}. Try again.")),
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

fn wait_for(making: &str) -> LayersEffect {
    LayersEffect::Warn(format!("Wait for the {making} to finish, or cancel it, then try again."))
}

/// The name of the one folder that an album shows; `None`: it shows several, or files that were chosen.
fn folder_name(album: &Album) -> Option<String> {
    match album.named() {
        [folder] if folder.is_dir() => Some(folder.file_name()?.to_string_lossy().into_owned()),
        _ => None,
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
