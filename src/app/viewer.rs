//! The window's state, and how wishes change it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};
use egui_notify::{Anchor, Toasts};

use super::action::Action;
use super::cameras::Cameras;
use super::dialog::{Answer, OpenDialog};
use super::preferences::Preferences;
use super::screenshot::Screenshot;
use super::status::StatusLine;
use super::texture::FrameTexture;
use super::theme;
use super::viewport::{Area, Viewport};
use crate::detect::{Detection, Postprocessor, Thresholds};
use crate::engine::{Engine, Event, ModelPhase, Observation, Settings, SourceState, Status};
use crate::model::{ModelName, Precision};
use crate::source::SourceRequest;

/// What the viewer starts with.
pub struct Start {
    pub source: SourceRequest,
    /// Wins over the preferences.
    pub model: Option<ModelName>,
    pub preferences: Preferences,
    /// Wins over the preferences, and is not kept.
    pub theme: Option<egui::ThemePreference>,
    pub screenshot: Option<Screenshot>,
}

/// From this zoom on, a person looks at pixels.
const SEE_PIXELS: f32 = 3.0;

/// How many files the source menu remembers.
const RECENT: usize = 8;

/// Everything a person sees.
pub struct Viewer {
    pub(super) engine: Engine,
    pub(super) settings: Settings,
    /// The models that can be chosen: the built ones, and one of the person's own.
    pub(super) choices: Vec<ModelName>,
    /// Files that were looked at, newest first.
    pub(super) recent: Vec<SourceRequest>,
    /// What was open before a file was asked for, until that file is open.
    before: Option<SourceRequest>,
    /// Since when a source is being opened.
    pub(super) opening: Option<Instant>,
    pub(super) preferences: Preferences,
    pub(super) seen: Option<Seen>,
    postprocessor: Postprocessor,
    pub(super) texture: FrameTexture,
    pub(super) viewport: Viewport,
    /// Where the picture was painted last.
    pub(super) area: Option<Area>,
    /// Index of the detection that is pointed at.
    pub(super) highlighted: Option<usize>,
    pub(super) cameras: Cameras,
    dialog: OpenDialog,
    pub(super) toasts: Toasts,
    pub(super) status: StatusLine,
    pub(super) help: bool,
    pub(super) screenshot: Option<Screenshot>,
    /// Why the screenshot could not be saved, for whoever started the window.
    failure: Option<String>,
}

/// The observation in sight and its detections at the thresholds that they were computed for.
pub(super) struct Seen {
    pub observation: Arc<Observation>,
    thresholds: Thresholds,
    pub detections: Vec<Detection>,
    /// The frame has not been on the screen yet.
    new: bool,
}

impl Viewer {
    /// `engine` must have been started with [`Viewer::first_settings`] of the same start.
    pub fn new(ctx: &Context, engine: Engine, start: Start) -> Self {
        theme::install(ctx);
        ctx.set_theme(start.theme.unwrap_or(start.preferences.theme));
        let settings = Self::first_settings(&start);
        let mut choices = ModelName::BUILT.to_vec();
        choices.extend(start.model.filter(|m| !ModelName::BUILT.contains(m)));
        Self {
            engine,
            settings,
            choices,
            recent: Vec::new(),
            before: None,
            opening: None,
            preferences: start.preferences,
            seen: None,
            postprocessor: Postprocessor::default(),
            texture: FrameTexture::default(),
            viewport: Viewport::default(),
            area: None,
            highlighted: None,
            cameras: Cameras::default(),
            dialog: OpenDialog::default(),
            toasts: Toasts::default().with_anchor(Anchor::BottomRight).with_margin(egui::vec2(12.0, 44.0)),
            status: StatusLine::default(),
            help: false,
            screenshot: start.screenshot,
            failure: None,
        }
    }

    /// What the engine is to do first.
    pub fn first_settings(start: &Start) -> Settings {
        let model = start.model.clone().unwrap_or_else(|| start.preferences.model());
        Settings { source: start.source.clone(), reopen: 0, models: vec![model], paused: false }
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
        if !self.engine.stop(deadline) {
            log::warn!("a source did not stop in time and was left behind");
        }
    }

    /// Takes what the engine and the system have for us. Paints nothing.
    pub fn update(&mut self, ctx: &Context) {
        if let Some(observation) = self.engine.take() {
            self.see(ctx, observation);
        }
        self.postprocess();
        let events: Vec<Event> = self.engine.events().try_iter().collect();
        for event in events {
            self.tell(event);
        }
        if let Some(answer) = self.dialog.answer() {
            match answer {
                Answer::Chosen(path) => self.open(SourceRequest::Still(path)),
                Answer::Cancelled => {}
                Answer::Missing => self.warn(
                    "This system shows no file dialog (it needs xdg-desktop-portal or zenity). \
                     Drop the file on the window, or start with --image FILE.",
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

    fn see(&mut self, ctx: &Context, observation: Arc<Observation>) {
        let still = observation.description.nominal_rate.is_none();
        let pixels = self.area.is_some_and(|a| self.viewport.zoom(&a) >= SEE_PIXELS);
        let new_source =
            self.seen.as_ref().is_none_or(|s| s.observation.source_generation != observation.source_generation);
        if new_source {
            self.viewport.fit();
        }
        let new_frame = self.seen.as_ref().is_none_or(|s| !Arc::ptr_eq(&s.observation.frame, &observation.frame));
        if new_frame {
            self.texture.set(ctx, &observation.frame, still, pixels);
        }
        // The old detections' memory serves the new ones; NaN equals no threshold, so that they are computed.
        let (detections, waiting) = self.seen.take().map(|s| (s.detections, s.new)).unwrap_or_default();
        let thresholds = Thresholds { score: f32::NAN, nms_iou: f32::NAN };
        self.seen = Some(Seen { observation, thresholds, detections, new: new_frame || waiting });
    }

    /// Counts a frame that comes into sight now. A hidden window takes observations too, and shows none.
    pub(super) fn paint_new(&mut self) {
        if let Some(seen) = self.seen.as_mut().filter(|s| s.new) {
            seen.new = false;
            self.status.painted(seen.observation.times.captured.elapsed());
            self.engine.shown(&seen.observation);
        }
    }

    /// Computes the detections in sight anew where the frame or a slider changed.
    pub(super) fn postprocess(&mut self) {
        let thresholds = self.preferences.thresholds();
        let Some(seen) = self.seen.as_mut().filter(|s| s.thresholds != thresholds) else { return };
        seen.thresholds = thresholds;
        seen.detections.clear();
        let Some(output) = seen.observation.outputs.first() else { return };
        let found = self.postprocessor.run(&output.model.form, &output.heads, &output.letterbox, thresholds);
        seen.detections.extend_from_slice(found);
        self.highlighted = self.highlighted.filter(|i| *i < seen.detections.len());
    }

    pub(super) fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Open(request) => self.open(request),
            Action::ChooseImage => {
                if let Err(e) = self.dialog.show(ctx) {
                    self.warn(&format!("The file dialog could not be started: {e}. Drop the file on the window."));
                }
            }
            Action::Reopen => self.change(|s| s.reopen += 1),
            Action::Use(model) => self.use_model(model),
            Action::SwitchPrecision => {
                let now = self.choices.iter().position(|m| *m == self.settings.models[0]);
                let next = now.map_or(0, |i| (i + 1) % self.choices.len());
                self.use_model(self.choices[next].clone());
            }
            Action::TogglePause if self.can_pause() => self.change(|s| s.paused = !s.paused),
            Action::TogglePause => {}
            Action::ResetThresholds => self.preferences.reset_thresholds(),
            Action::ToggleLabels => self.preferences.labels = !self.preferences.labels,
            Action::Fit => self.viewport.fit(),
            Action::ActualSize => self.zoom(|view, area| view.zoom_to(1.0, area.rect.center(), area)),
            Action::ZoomIn => self.zoom(|view, area| view.zoom_by(1.25, area.rect.center(), area)),
            Action::ZoomOut => self.zoom(|view, area| view.zoom_by(0.8, area.rect.center(), area)),
            Action::ToggleTheme => {
                let other = if ctx.theme() == egui::Theme::Dark { egui::Theme::Light } else { egui::Theme::Dark };
                self.preferences.theme = other.into();
                ctx.set_theme(self.preferences.theme);
            }
            Action::ToggleHelp => self.help = !self.help,
            Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
        ctx.request_repaint();
    }

    /// A still has nothing to pause.
    pub(super) fn can_pause(&self) -> bool {
        self.settings.paused || matches!(self.engine.status().source, SourceState::Live | SourceState::Stalled { .. })
    }

    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.engine.set(self.settings.clone());
    }

    pub(super) fn open(&mut self, request: SourceRequest) {
        self.before = match request {
            SourceRequest::Still(_) if self.seen.is_some() => Some(self.settings.source.clone()),
            _ => None,
        };
        self.change(|s| {
            s.source = request;
            // The same file again means: read it again.
            s.reopen += 1;
            s.paused = false;
        });
    }

    fn use_model(&mut self, model: ModelName) {
        self.change(|s| s.models = vec![model]);
    }

    /// Keeps the model for the next run, once it works.
    pub(super) fn remember_model(&mut self, status: &Status) {
        let Some(state) = status.models.first().filter(|m| m.phase == ModelPhase::Ready) else { return };
        match state.name {
            ModelName::Fp32 => self.preferences.precision = Precision::Fp32,
            ModelName::Int8 => self.preferences.precision = Precision::Int8,
            ModelName::File(_) => {}
        }
    }

    fn remember_source(&mut self) {
        let source = self.settings.source.clone();
        if let SourceRequest::Still(_) = source {
            self.recent.retain(|r| *r != source);
            self.recent.insert(0, source);
            self.recent.truncate(RECENT);
        }
    }

    fn zoom(&mut self, zoom: impl FnOnce(&mut Viewport, &Area)) {
        if let Some(area) = &self.area {
            zoom(&mut self.viewport, area);
        }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::SourceFailed { message, transient } => {
                log::warn!("{message}");
                // Without a picture, the message stands in its place.
                if self.seen.is_some() {
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
                log::info!("opened {}", description.name);
            }
            Event::ModelLoaded(info) => log::info!("loaded {} ({})", info.name, info.path.display()),
            Event::SourceStalled(description) => log::warn!("{} delivers no frames", description.name),
            Event::SourceEnded => log::info!("the source has no more frames"),
        }
    }

    fn warn(&mut self, message: &str) {
        let duration = Some(Duration::from_secs(8));
        self.toasts.warning(message).duration(duration);
    }
}
