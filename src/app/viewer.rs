//! The window's state, and how wishes change it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CentralPanel, Context, Frame as PanelFrame, Margin, Panel, Ui, ViewportCommand};
use egui_notify::{Anchor, Toasts};

use super::action::{self, Action};
use super::boxes::Boxes;
use super::cameras::Cameras;
use super::dialog::{Answer, OpenDialog};
use super::picture::{self, Picture};
use super::preferences::Preferences;
use super::screenshot::Screenshot;
use super::status::StatusLine;
use super::texture::FrameTexture;
use super::toolbar::Toolbar;
use super::viewport::{Area, Viewport};
use super::{controls, help, list, palette, theme};
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
    pub screenshot: Option<Screenshot>,
}

/// An opening that takes longer than this is told; one that does not would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);

/// Everything a person sees.
pub struct Viewer {
    engine: Engine,
    settings: Settings,
    /// What was open before a file was asked for, until that file is open.
    before: Option<SourceRequest>,
    /// Since when a source is being opened.
    opening: Option<Instant>,
    preferences: Preferences,
    seen: Option<Seen>,
    postprocessor: Postprocessor,
    texture: FrameTexture,
    viewport: Viewport,
    /// Where the picture was painted last.
    area: Option<Area>,
    /// Index of the detection that is pointed at.
    highlighted: Option<usize>,
    cameras: Cameras,
    dialog: OpenDialog,
    toasts: Toasts,
    status: StatusLine,
    help: bool,
    screenshot: Option<Screenshot>,
    /// Why the screenshot could not be saved, for whoever started the window.
    failure: Option<String>,
}

/// The observation in sight and its detections at the thresholds that they were computed for.
struct Seen {
    observation: Arc<Observation>,
    thresholds: Thresholds,
    detections: Vec<Detection>,
}

impl Viewer {
    /// `engine` must have been started with [`Viewer::first_settings`] of the same start.
    pub fn new(ctx: &Context, engine: Engine, start: Start) -> Self {
        theme::install(ctx);
        ctx.set_theme(start.preferences.theme);
        let settings = Self::first_settings(&start);
        Self {
            engine,
            settings,
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
        let dropped: Option<PathBuf> = ctx.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_owned()));
        if let Some(path) = dropped {
            self.open(SourceRequest::Still(path));
        }
        if let Some(screenshot) = &mut self.screenshot
            && let Some(result) = screenshot.poll(ctx)
        {
            self.screenshot = None;
            self.failure = result.err();
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// Paints the window into `ui`, which is all of it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = action::pressed(ui.ctx());
        let status = self.engine.status();
        self.status.refresh(Instant::now(), || status.clone());
        self.opening = (status.source == SourceState::Opening).then(|| self.opening.unwrap_or_else(Instant::now));
        let scheme = theme::scheme(ui);
        let panel = PanelFrame::new().fill(scheme.panel).inner_margin(theme::MARGIN);

        Panel::top("toolbar").exact_size(48.0).frame(panel).show(ui, |ui| {
            let toolbar = Toolbar {
                request: &self.settings.source,
                description: status.description.as_ref(),
                model: &self.settings.models[0],
                paused: self.settings.paused,
                zoom: self.area.map(|a| self.viewport.zoom(&a) * 100.0).filter(|_| self.seen.is_some()),
                fit: self.viewport.is_fit(),
            };
            toolbar.show(ui, &mut self.cameras, &mut actions);
        });
        Panel::bottom("status").exact_size(30.0).frame(panel.inner_margin(Margin::symmetric(12, 2))).show(ui, |ui| {
            self.status.show(ui, self.settings.paused);
        });
        let sides = Panel::left("controls").default_size(212.0).size_range(170.0..=340.0).frame(panel);
        sides.show(ui, |ui| {
            controls::thresholds(ui, &mut self.preferences, &mut actions);
            let model = status.models.first().and_then(|m| m.running.as_deref());
            controls::facts(ui, status.description.as_ref(), model);
        });
        self.postprocess();
        let highlighted = self.highlighted;
        let listed =
            Panel::right("detections").default_size(240.0).size_range(220.0..=420.0).frame(panel).show(ui, |ui| {
                let seen = self.seen.as_ref()?;
                let classes = &seen.observation.outputs.first()?.model.form.classes;
                list::show(ui, &seen.detections, classes, highlighted)
            });
        let middle = PanelFrame::new().fill(scheme.picture);
        let pointed = CentralPanel::no_frame().frame(middle).show(ui, |ui| self.picture(ui, &status, &mut actions));

        // On a screenshot that was asked for, nobody points.
        let highlighted = listed.inner.or(pointed.inner).filter(|_| self.screenshot.is_none());
        if highlighted != self.highlighted {
            self.highlighted = highlighted;
            ui.ctx().request_repaint();
        }
        self.veil_while_dropping(ui);
        help::show(ui, &mut self.help);
        self.toasts.show(ui.ctx());
        for action in actions {
            self.apply(ui.ctx(), action);
        }
        self.wake_for_figures(ui.ctx(), &status.source);
    }

    fn picture(&mut self, ui: &mut Ui, status: &Status, actions: &mut Vec<Action>) -> Option<usize> {
        let Some(seen) = &self.seen else {
            Self::explain_nothing(ui, status, actions);
            return None;
        };
        let observation = &seen.observation;
        // Without a model that works there is still a picture to look at.
        let boxes = observation.outputs.first().map(|output| Boxes {
            detections: &seen.detections,
            classes: &output.model.form.classes,
            highlighted: self.highlighted,
            labels: self.preferences.labels,
        });
        let missing = if boxes.is_none() { model_failure(status) } else { None };
        let slow = self.opening.is_some_and(|since| since.elapsed() >= PATIENCE);
        let stale = stale(&status.source, observation, slow);
        let picture = Picture {
            texture: &self.texture,
            size: observation.frame.size(),
            boxes,
            is_live: stale.is_none(),
            remarks: [observation.description.note.clone(), stale, missing].into_iter().flatten().collect(),
        };
        let (area, pointed) = picture.show(ui, &mut self.viewport);
        self.area = Some(area);
        pointed
    }

    fn explain_nothing(ui: &mut Ui, status: &Status, actions: &mut Vec<Action>) {
        let (title, text, busy) = match &status.source {
            SourceState::Failed { message, retry_in } => {
                let again = retry_in.map(|d| format!("\nTrying again in {:.0} s.", d.as_secs_f32().ceil()));
                ("No picture", format!("{message}{}", again.unwrap_or_default()), false)
            }
            SourceState::Opening => ("Opening the source …", String::new(), true),
            _ => match model_failure(status) {
                Some(message) => ("No model", message, false),
                None => ("Waiting for the first frame …", String::new(), true),
            },
        };
        picture::placeholder(ui, title, &text, busy, |ui| {
            if busy {
                return;
            }
            ui.horizontal(|ui| {
                ui.add_space((ui.available_width() - 300.0).max(0.0) / 2.0);
                for (text, action) in [
                    ("Try again", Action::Reopen),
                    ("Open an image", Action::ChooseImage),
                    ("Show the demo", Action::Open(SourceRequest::Demo)),
                ] {
                    if ui.button(text).clicked() {
                        actions.push(action);
                    }
                }
            });
        });
    }

    fn see(&mut self, ctx: &Context, observation: Arc<Observation>) {
        let still = observation.description.nominal_rate.is_none();
        let new_source =
            self.seen.as_ref().is_none_or(|s| s.observation.source_generation != observation.source_generation);
        if new_source {
            self.viewport.fit();
        }
        let new_frame = self.seen.as_ref().is_none_or(|s| !Arc::ptr_eq(&s.observation.frame, &observation.frame));
        if new_frame {
            self.texture.set(ctx, &observation.frame, still);
            self.status.painted(observation.times.captured.elapsed());
            self.engine.shown(&observation);
        }
        // The old detections' memory serves the new ones; NaN equals no threshold, so that they are computed.
        let detections = self.seen.take().map(|s| s.detections).unwrap_or_default();
        let thresholds = Thresholds { score: f32::NAN, nms_iou: f32::NAN };
        self.seen = Some(Seen { observation, thresholds, detections });
    }

    /// Computes the detections in sight anew where the frame or a slider changed.
    fn postprocess(&mut self) {
        let thresholds = self.preferences.thresholds();
        let Some(seen) = self.seen.as_mut().filter(|s| s.thresholds != thresholds) else { return };
        seen.thresholds = thresholds;
        seen.detections.clear();
        let Some(output) = seen.observation.outputs.first() else { return };
        let found = self.postprocessor.run(&output.model.form, &output.heads, &output.letterbox, thresholds);
        seen.detections.extend_from_slice(found);
        self.highlighted = self.highlighted.filter(|i| *i < seen.detections.len());
    }

    fn apply(&mut self, ctx: &Context, action: Action) {
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
                let other = if self.settings.models[0] == ModelName::Int8 { ModelName::Fp32 } else { ModelName::Int8 };
                self.use_model(other);
            }
            Action::TogglePause => self.change(|s| s.paused = !s.paused),
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

    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.engine.set(self.settings.clone());
    }

    fn open(&mut self, request: SourceRequest) {
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
        if let ModelName::Fp32 | ModelName::Int8 = model {
            let precision = if model == ModelName::Int8 { Precision::Int8 } else { Precision::Fp32 };
            self.preferences.precision = precision.as_str().into();
        }
        self.change(|s| s.models = vec![model]);
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
            Event::ModelFailed { message, .. } | Event::InferenceFailed { message, .. } => {
                log::error!("{message}");
                self.warn(&message);
            }
            Event::SourceOpened(description) => {
                self.before = None;
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

    fn veil_while_dropping(&self, ui: &Ui) {
        if ui.input(|i| i.raw.hovered_files.is_empty()) {
            return;
        }
        let id = egui::Id::unique("drop veil");
        let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, id));
        let window = ui.ctx().content_rect();
        painter.rect_filled(window, 0.0, palette::DROP_VEIL);
        let font = egui::FontId::proportional(22.0);
        painter.text(window.center(), egui::Align2::CENTER_CENTER, "Drop to open", font, palette::ON_PICTURE);
    }

    /// Frames wake the window by themselves. Where none come, ages and countdowns still have to move.
    fn wake_for_figures(&self, ctx: &Context, state: &SourceState) {
        let moving = !matches!(state, SourceState::Paused | SourceState::Ended);
        if moving {
            ctx.request_repaint_after(Duration::from_millis(500));
        }
    }
}

fn model_failure(status: &Status) -> Option<String> {
    status.models.iter().find_map(|m| match &m.phase {
        ModelPhase::Failed { message } => Some(message.clone()),
        ModelPhase::Loading | ModelPhase::Ready => None,
    })
}

/// Why what is in sight is not live, in words; `None` while it is, and for a still or a pause asked for.
fn stale(state: &SourceState, observation: &Observation, slow: bool) -> Option<String> {
    let age = observation.times.captured.elapsed().as_secs();
    match state {
        SourceState::Opening if slow => Some("opening the source …".into()),
        SourceState::Stalled { .. } => {
            Some(format!("stalled: the source delivers nothing · this frame is {age} s old"))
        }
        SourceState::Failed { message, .. } => Some(format!("{message} · this frame is {age} s old")),
        _ => None,
    }
}
