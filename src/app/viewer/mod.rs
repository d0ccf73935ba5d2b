//! The shell: the one place that sees every owner.
//!
//! ```text
//! logic:   engine, jobs, dialogs ──▶ owners ──▶ boxes and verdicts
//! ui:      owners ──▶ panels ──▶ actions
//! actions: one action ──▶ its owner ──▶ what follows for the others
//! ```

mod actions;
mod album;
mod keys;
mod logic;
mod models;
pub mod start;
mod ui;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, ThemePreference};

use super::compare_all::CompareAll;
use super::detections::DetectionsView;
use super::engine_control::EngineControl;
use super::frame::FrameView;
use super::frame::current::BoxSettings;
use super::frame::export::PictureExport;
use super::history::browser::HistoryBrowser;
use super::history::recording::RecordingController;
use super::layers::context::LayersContext;
use super::layers::controller::LayersController;
use super::models::clipping_watch::ClippingWatch;
use super::models::computed_as::ComputedAs;
use super::models::dialog::ModelDialog;
use super::models::facts::FactsBook;
use super::models::pair::ModelPair;
use super::models::titles::{ModelTitles, TitledLoader};
use super::panels::bottom::BottomTab;
use super::panels::status_bar::StatusBar;
use super::preferences::Preferences;
use super::saving::Saving;
use super::source::stream_dialog::StreamDialog;
use super::source::{SourceContext, SourceController};
use super::truth::TruthKeeper;
use super::ui::clipboard::SharedClipboard;
use super::ui::file_dialog::FileDialog;
use super::ui::notifications::Notifications;
use super::ui::screenshot::Screenshot;
use super::ui::system_fonts::SystemFonts;
use super::ui::theme;
use super::view::{Side, View};
use start::{Start, System};

use crate::compare::CompareSettings;
use crate::engine::{INFERENCE, Parts, Status};
use crate::model::{Catalog, ModelName};
use crate::trace::{Lane, Trace, TraceSpan};

/// How long a video that is being saved may take to be whole when the window closes.
const SAVING: Duration = Duration::from_secs(5);

/// Everything that the window shows, and the engine behind it.
pub struct Viewer {
    control: EngineControl,
    preferences: Preferences,
    source: SourceController,
    models: ModelPair,
    catalog: Catalog,
    titles: ModelTitles,
    facts: FactsBook,
    computed_as: ComputedAs,
    clipping: ClippingWatch,
    frame: FrameView,
    detections: DetectionsView,
    history: HistoryBrowser,
    recording: RecordingController,
    compare_all: CompareAll,
    truth: TruthKeeper,
    layers: LayersController,
    export: PictureExport,
    saving: Saving,
    clipboard: SharedClipboard,
    dialog: FileDialog,
    model_dialog: ModelDialog,
    stream_dialog: StreamDialog,
    fonts: SystemFonts,
    notifications: Notifications,
    status_bar: StatusBar,
    shows_help: bool,
    /// Nothing but the picture is in the window.
    hides_panels: bool,
    screenshot: Option<Screenshot>,
    /// Why the screenshot could not be saved.
    failure: Option<String>,
    trace: Trace,
}

impl Viewer {
    /// Starts the engine of `parts`. Fails only where no thread can be started.
    pub fn new(ctx: &Context, mut parts: Parts, start: Start, system: System) -> io::Result<Self> {
        let System { clipboard, cameras, mut preferences } = system;
        theme::install(ctx);
        let asked = start.dark.map(|dark| if dark { ThemePreference::Dark } else { ThemePreference::Light });
        ctx.set_theme(asked.unwrap_or(preferences.theme));
        let mut models = start.models(&preferences);
        let recent = preferences.recent.clone();
        preferences.view = start.view.unwrap_or(preferences.view);
        // Raw heads that were computed elsewhere are there to be compared.
        if start.view.is_none() && !preferences.view.compares() && matches!(models.model(Side::B), ModelName::Golden(_))
        {
            preferences.view = View::Overlay;
        }
        // One tab is in front.
        preferences.history &= !start.layers;
        let titles = ModelTitles::default();
        parts.loader = Arc::new(TitledLoader { inner: parts.loader, titles: titles.clone() });
        let trace = parts.trace.clone();
        let mut viewer = Self {
            control: EngineControl::start(parts, start.source, models.wanted(preferences.view))?,
            preferences,
            source: SourceController::new(cameras, &recent),
            models,
            catalog: start.catalog.clone(),
            titles,
            facts: FactsBook::default(),
            computed_as: ComputedAs::default(),
            clipping: ClippingWatch::default(),
            frame: FrameView::default(),
            detections: DetectionsView::default(),
            history: HistoryBrowser::start(),
            recording: RecordingController::default(),
            compare_all: CompareAll::default(),
            truth: TruthKeeper::new(start.annotations),
            layers: LayersController::new(start.catalog, start.layers),
            export: PictureExport::default(),
            saving: Saving::default(),
            clipboard: SharedClipboard::new(clipboard),
            dialog: FileDialog::default(),
            model_dialog: ModelDialog::default(),
            stream_dialog: StreamDialog::default(),
            fonts: SystemFonts::watch(ctx),
            notifications: Notifications::default(),
            status_bar: StatusBar::default(),
            shows_help: false,
            hides_panels: false,
            screenshot: start.screenshot,
            failure: None,
            trace,
        };
        if start.computed_as {
            viewer.computed_as.toggle(if viewer.preferences.view.compares() { Side::B } else { Side::A }, false);
        }
        if start.files.len() > 1 || start.files.iter().any(|f| f.is_dir()) {
            viewer.open_files(ctx, start.files);
        }
        Ok(viewer)
    }

    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// The source of the picture in sight; `None` = there is no picture yet.
    pub fn shown_name(&self) -> Option<&str> {
        self.frame.shown_name()
    }

    /// Takes the sizes of the window and of its panels into the preferences.
    pub fn observe_window(&mut self, ctx: &Context) {
        self.preferences.zoom = ctx.zoom_factor();
        self.preferences.window.observe(ctx);
    }

    /// Number of frames in the history.
    pub fn history_len(&self) -> usize {
        self.history.len()
    }

    /// The short message that was shown last; empty = none was.
    pub fn last_message(&self) -> &str {
        self.notifications.last()
    }

    /// What went wrong in a way that only the command line can tell.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// Stops the engine; a source that hangs in its driver is left behind after `deadline`.
    pub fn close(mut self, deadline: Duration) {
        let until = Instant::now() + SAVING.max(INFERENCE);
        let left = || until.saturating_duration_since(Instant::now()).max(deadline);
        // First, so that its file is whole whatever the others do.
        self.recording.end(deadline);
        self.saving.close(left());
        self.layers.end(left());
        self.control.stop(deadline);
    }

    /// Writes a stage of the frame in sight, which ends now, to the trace.
    fn trace_stage(&self, name: &'static str, from: Instant) {
        if self.trace.is_on() {
            let frame = self.frame.current.observation().map(|observation| observation.frame_id);
            self.trace.spans(Lane::Window, &mut [TraceSpan { frame, ..TraceSpan::new(name, from, Instant::now()) }]);
        }
    }

    /// What boxes and verdicts are computed at.
    fn box_settings(&self) -> BoxSettings {
        BoxSettings { thresholds: self.preferences.thresholds(), swapped: self.models.is_swapped() }
    }

    /// What figures over time are computed at.
    fn compare_settings(&self) -> CompareSettings {
        let BoxSettings { thresholds, swapped } = self.box_settings();
        CompareSettings { thresholds, swapped, classes: self.detections.classes.clone() }
    }

    /// What the panel at the bottom shows; `None` = it is closed.
    fn bottom_tab(&self) -> Option<BottomTab> {
        let history = self.preferences.history.then_some(BottomTab::History);
        if self.layers.is_open() { Some(BottomTab::Layers) } else { history }
    }

    /// The source's owner, and what it works with.
    fn source<'a>(&'a mut self, status: &'a Status) -> (&'a mut SourceController, SourceContext<'a>) {
        let has_picture = self.frame.has_picture();
        (&mut self.source, SourceContext { control: &mut self.control, status, has_picture })
    }

    /// The layers panel's owner, and what it works with.
    fn layers<'a>(&'a mut self, ctx: &'a Context, status: &'a Status) -> (&'a mut LayersController, LayersContext<'a>) {
        let album = self.source.album.album().filter(|_| self.source.is_in_album(&self.control));
        let context = LayersContext {
            ctx,
            status,
            current: &self.frame.current,
            history: &self.history,
            thresholds: self.preferences.thresholds(),
            models: Side::BOTH.map(|which| self.models.model(which)),
            titles: &self.titles,
            source: self.control.source(),
            album,
            is_moving: self.control.is_running(status),
            clipped: self.clipping.frames(),
        };
        (&mut self.layers, context)
    }
}
