//! The window's state, and what the engine has for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};

use super::album::Leafing;
use super::annotated::Annotated;
use super::bar::Bar;
use super::camera::CameraDesk;
use super::cameras::Cameras;
use super::class_filter::{ClassCounts, ClassFilter};
use super::clipboard::Clipboard;
use super::dialog::{Answer, Dialog};
use super::duo::Duo;
use super::errand::Errands;
use super::layers::LayersPanel;
use super::marks::Mark;
use super::notices::Notices;
use super::pairs::{Chosen, PairsPanel};
use super::past::Past;
use super::playing::Playing;
use super::plots::PlotState;
use super::preferences::Preferences;
use super::screenshot::Screenshot;
use super::sight::Sight;
use super::status::StatusLine;
use super::texture::FrameTexture;
use super::theme;
use super::view::{View, Which};
use super::viewport::{Area, Viewport};
use crate::compare::CompareSettings;
use crate::detect::ClassSet;
use crate::engine::{Engine, Event, ModelPhase, Observation, Settings, Status};
use crate::model::{Arithmetic, Catalog, ModelName, ModelRequest};
use crate::source::{CameraWatch, SourceRequest, VideoRequest};

/// What the viewer starts with.
pub struct Start {
    pub source: SourceRequest,
    /// Files and folders as they were named; several of them, or a folder, are leafed through.
    pub files: Vec<PathBuf>,
    pub clipboard: Box<dyn Clipboard>,
    /// Which cameras there are; `None` = its thread could not be started.
    pub cameras: Option<CameraWatch>,
    /// A and B; each wins over the preferences.
    pub models: [Option<ModelName>; 2],
    /// How they are computed; `None`: exactly where a model was asked for, else as in the last run.
    pub arithmetics: [Option<Arithmetic>; 2],
    /// Wins over the preferences.
    pub view: Option<View>,
    pub preferences: Preferences,
    /// Wins over the preferences, and is not kept.
    pub theme: Option<egui::ThemePreference>,
    pub screenshot: Option<Screenshot>,
    /// Where models are found, and where those that are made here go.
    pub catalog: Catalog,
    /// Opens the layers panel at once.
    pub layers: bool,
}

impl Start {
    fn duo(&self) -> Duo {
        let [a, b] = Which::BOTH.map(|which| {
            let (model, arithmetic) = (self.models[which.index()].clone(), self.arithmetics[which.index()]);
            let kept = || if model.is_some() { Arithmetic::Exact } else { self.preferences.arithmetics[which.index()] };
            let arithmetic = arithmetic.unwrap_or_else(kept);
            ModelRequest::new(model.clone().unwrap_or_else(|| self.preferences.model(which)), arithmetic)
        });
        match (a == b, &self.models) {
            (false, _) => Duo::new(a, b),
            // One that was asked for goes before one that is only remembered.
            (true, [None, Some(_)]) => Duo::new(Self::other(&b), b),
            (true, _) => {
                let other = Self::other(&a);
                Duo::new(a, other)
            }
        }
    }

    /// A built model that is not this one.
    fn other(request: &ModelRequest) -> ModelRequest {
        if request.name == ModelName::Fp32 { ModelName::Int8.into() } else { ModelName::Fp32.into() }
    }
}

/// From this zoom on, a person looks at pixels.
const SEE_PIXELS: f32 = 3.0;

/// How many files the source menu remembers.
const RECENT: usize = 8;

/// Everything a person sees.
pub struct Viewer {
    pub(super) engine: Engine,
    pub(super) settings: Settings,
    /// The models that can be chosen: the built ones, the person's own, and those that were made in the window.
    pub(super) choices: Vec<ModelName>,
    pub(super) duo: Duo,
    /// Files that were looked at, newest first.
    pub(super) recent: Vec<SourceRequest>,
    /// What was open before a file was asked for, until that file is open.
    pub(super) before: Option<SourceRequest>,
    /// Since when a source is being opened.
    pub(super) opening: Option<Instant>,
    pub(super) preferences: Preferences,
    pub(super) sight: Sight,
    pub(super) leafing: Leafing,
    pub(super) playing: Playing,
    pub(super) clipboard: Arc<Mutex<Box<dyn Clipboard>>>,
    pub(super) errands: Errands,
    /// What is saved once it is known where.
    pub(super) to_save: Option<Annotated>,
    /// The next source's first picture is shown in the zoom of now.
    pub(super) keeps_zoom: bool,
    pub(super) past: Past,
    pub(super) plots: PlotState,
    /// The frame in sight has not been on the screen yet.
    unpainted: bool,
    pub(super) texture: FrameTexture,
    pub(super) viewport: Viewport,
    /// Where the picture was painted last.
    pub(super) area: Option<Area>,
    pub(super) bar: Bar,
    /// Which classes are seen.
    pub(super) classes: ClassSet,
    pub(super) class_filter: ClassFilter,
    pub(super) counts: ClassCounts,
    pub(super) pairs: PairsPanel,
    pub(super) layers: LayersPanel,
    /// The pair whose details are shown.
    pub(super) chosen: Option<Chosen>,
    /// What is pointed at: a verdict by index where two models are compared, else a detection.
    pub(super) highlighted: Option<usize>,
    /// Buffers of what is drawn, A's and B's.
    pub(super) marks: [Vec<Mark>; 2],
    pub(super) cameras: Cameras,
    pub(super) camera: CameraDesk,
    pub(super) dialog: Dialog,
    pub(super) notices: Notices,
    pub(super) status: StatusLine,
    pub(super) help: bool,
    pub(super) screenshot: Option<Screenshot>,
    /// Why the screenshot could not be saved, for whoever started the window.
    failure: Option<String>,
}

impl Viewer {
    /// `engine` must have been started with [`Viewer::first_settings`] of the same start.
    pub fn new(ctx: &Context, engine: Engine, start: Start) -> Self {
        theme::install(ctx);
        ctx.set_theme(start.theme.unwrap_or(start.preferences.theme));
        let settings = Self::first_settings(&start);
        let duo = start.duo();
        let mut preferences = start.preferences;
        preferences.view = start.view.unwrap_or(preferences.view);
        let mut choices = ModelName::BUILT.to_vec();
        choices.extend(start.models.iter().flatten().filter(|m| !ModelName::BUILT.contains(m)).cloned());
        for model in start.catalog.remade() {
            if !choices.contains(&model) {
                choices.push(model);
            }
        }
        let mut viewer = Self {
            engine,
            settings,
            choices,
            duo,
            recent: Vec::new(),
            before: None,
            opening: None,
            plots: PlotState::default(),
            past: Past::start(),
            preferences,
            sight: Sight::default(),
            leafing: Leafing::default(),
            playing: Playing::default(),
            clipboard: Arc::new(Mutex::new(start.clipboard)),
            errands: Errands::default(),
            to_save: None,
            keeps_zoom: false,
            unpainted: false,
            texture: FrameTexture::default(),
            viewport: Viewport::default(),
            area: None,
            bar: Bar::default(),
            classes: ClassSet::default(),
            class_filter: ClassFilter::default(),
            counts: ClassCounts::default(),
            pairs: PairsPanel::default(),
            layers: LayersPanel::new(start.catalog, start.layers),
            chosen: None,
            highlighted: None,
            marks: Default::default(),
            cameras: Cameras::new(start.cameras),
            camera: CameraDesk::start(),
            dialog: Dialog::default(),
            notices: Notices::default(),
            status: StatusLine::default(),
            help: false,
            screenshot: start.screenshot,
            failure: None,
        };
        if start.files.len() > 1 || start.files.iter().any(|f| f.is_dir()) {
            viewer.open_files(ctx, start.files);
        }
        viewer
    }

    /// What the engine is to do first.
    pub fn first_settings(start: &Start) -> Settings {
        let models = start.duo().wanted(start.view.unwrap_or(start.preferences.view));
        Settings { source: start.source.clone(), reopen: 0, models, paused: false }
    }

    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// What went wrong in a way that only the command line can tell.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// Stops the engine; a source that hangs in its driver is left behind after `deadline`.
    pub fn close(self, deadline: Duration) {
        self.layers.end(deadline);
        if !self.engine.stop(deadline) {
            log::warn!("a source did not stop in time and was left behind");
        }
    }

    /// Takes what the engine and the system have for us. Paints nothing.
    pub fn update(&mut self, ctx: &Context) {
        self.judge();
        self.tend_history(ctx);
        if let Some(observation) = self.engine.take() {
            self.observe(ctx, observation);
        }
        let events: Vec<Event> = self.engine.events().try_iter().collect();
        for event in events {
            self.tell(event);
        }
        self.take_news(ctx);
        self.look_for_cameras();
        self.tend_layers(ctx);
        if let Some(answer) = self.dialog.answer() {
            match answer {
                Answer::Open(files) => self.open_files(ctx, files),
                Answer::Save(path) => self.save_picture(ctx, path),
                Answer::Cancelled => {}
                Answer::Missing => self.warn(
                    "This system shows no file dialog (it needs xdg-desktop-portal or zenity). \
                     Drop files on the window, or name them on the command line; Ctrl+C copies the picture.",
                ),
            }
        }
        if let Some(screenshot) = &mut self.screenshot
            && let Some(result) = screenshot.poll(ctx)
        {
            self.screenshot = None;
            self.failure = result.err();
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// Brings an observation into sight. True: its frame was not there before.
    pub(super) fn see(&mut self, ctx: &Context, observation: Arc<Observation>) -> bool {
        let before = self.sight.observation();
        let other = before.is_none_or(|b| b.source_generation != observation.source_generation);
        if other && !std::mem::take(&mut self.keeps_zoom) {
            self.viewport.fit();
        }
        let new = before.is_none_or(|b| !Arc::ptr_eq(&b.frame, &observation.frame));
        if new {
            self.upload(ctx, &observation);
        }
        self.sight.set(observation);
        new
    }

    /// Brings an observation's frame to the graphics card.
    pub(super) fn upload(&mut self, ctx: &Context, observation: &Observation) {
        let still = observation.description.nominal_rate.is_none();
        let pixels = self.area.is_some_and(|a| self.viewport.zoom(&a) >= SEE_PIXELS);
        self.texture.set(ctx, &observation.frame, still, pixels);
    }

    /// The frame in sight is one that the engine gave, and is to be counted when it is painted.
    pub(super) fn count_new(&mut self) {
        self.unpainted = true;
    }

    /// Counts a frame that comes into sight now. A hidden window takes observations too, and shows none.
    pub(super) fn paint_new(&mut self) {
        if let Some(observation) = self.sight.observation().filter(|_| self.unpainted) {
            self.status.painted(observation.times.captured.elapsed());
            self.engine.shown(observation);
            self.unpainted = false;
        }
    }

    /// Computes boxes and verdicts anew where the frame or a slider changed.
    pub(super) fn judge(&mut self) {
        self.sight.judge(self.compare_settings());
    }

    pub(super) fn compare_settings(&self) -> CompareSettings {
        let (thresholds, swapped) = (self.preferences.thresholds(), self.duo.is_swapped());
        CompareSettings { thresholds, swapped, classes: self.classes.clone() }
    }

    /// Keeps the models for the next run, once they work.
    pub(super) fn remember_models(&mut self, status: &Status) {
        for which in Which::BOTH {
            let request = self.duo.request(which);
            let ready = status.models.iter().any(|m| m.phase == ModelPhase::Ready && m.request == *request);
            if ready {
                self.preferences.remember(which, request);
            }
        }
    }

    fn remember_source(&mut self) {
        let source = match &self.settings.source {
            // From its start.
            SourceRequest::Video(video) => SourceRequest::Video(VideoRequest::new(video.location.clone())),
            other => other.clone(),
        };
        // An album's pictures would push all others out.
        let lasts = matches!(source, SourceRequest::Still(_) | SourceRequest::Video(_));
        if lasts && self.leafing.album.is_none() {
            self.recent.retain(|r| *r != source);
            self.recent.insert(0, source);
            self.recent.truncate(RECENT);
        }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::SourceFailed { message, transient } => {
                log::warn!("{message}");
                if !transient && self.pass_over() {
                    return;
                }
                // Without a picture, the message stands in its place; one that may pass, on the picture while it holds.
                if self.sight.observation().is_some() && !transient {
                    self.warn(&message);
                }
                // A file that is no picture takes nothing away.
                if let Some(before) = self.before.take().filter(|_| !transient) {
                    self.open(before);
                }
            }
            // These stand on the picture for as long as they hold.
            Event::ModelFailed { message, .. } | Event::InferenceFailed { message, .. } => log::error!("{message}"),
            Event::SourceOpened(description) => {
                self.before = None;
                self.remember_source();
                self.leaf_opened();
                self.video_opened(&description);
                self.camera_opened(&description);
                log::info!("opened {}", description.name);
            }
            Event::ModelLoaded(info) => log::info!("loaded {} ({})", info.name, info.path.display()),
            Event::SourceStalled(description) => log::warn!("{} delivers no frames", description.name),
            Event::SourceEnded => log::info!("the source has no more frames"),
        }
    }

    /// The short message that was shown last; empty = none was.
    pub fn said(&self) -> &str {
        self.notices.said()
    }

    pub(super) fn tell_done(&mut self, message: String) {
        self.notices.done(message);
    }

    pub(super) fn warn(&mut self, message: &str) {
        self.notices.warn(message);
    }
}
