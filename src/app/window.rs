//! The window itself: opened by eframe, fed by an engine.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egui::{ViewportBuilder, ViewportCommand};

use super::action::shortcuts::has_selected_text;
use super::job::Job;
use super::preferences::Preferences;
use super::preferences::file::PreferencesFile;
use super::preferences::layout::LEAST;
use super::ui::clipboard::SystemClipboard;
use super::ui::palette;
use super::viewer::Viewer;
use super::viewer::start::{Start, System};
use crate::engine::Parts;
use crate::source::CameraWatch;

/// How long the engine may take to stop when the window closes.
const STOP: Duration = Duration::from_secs(1);

/// The window's first size, in points.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// How often it is looked whether preferences changed: not with every move of a slider.
const KEEP_AFTER: Duration = Duration::from_secs(10);

/// The variables by which a Linux desktop says where windows go.
const DISPLAYS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(
        "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start Twinsight in a desktop session or under \
         `xvfb-run`, or use `twinsight detect`, which needs no display"
    )]
    NoDisplay,
    #[error("cannot open the window: {0}; it needs OpenGL 2.1 or newer; `twinsight detect` works without it")]
    Window(String),
    #[error("{0}")]
    Screenshot(String),
}

/// Opens the window and returns when it is closed.
pub fn run(start: Start, parts: impl FnOnce(Arc<dyn Fn() + Send + Sync>) -> Parts) -> Result<(), AppError> {
    if cfg!(target_os = "linux") && !DISPLAYS.iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty())) {
        return Err(AppError::NoDisplay);
    }
    // A window for a screenshot is as it always is, and leaves no trace.
    let file = PreferencesFile::of_user().filter(|_| start.screenshot.is_none());
    let preferences = file.as_ref().map(PreferencesFile::read).unwrap_or_default();
    let failure = Arc::new(Mutex::new(None));
    let told = Arc::clone(&failure);
    let viewport = ViewportBuilder::default()
        .with_title("Twinsight")
        .with_app_id("twinsight")
        .with_inner_size(SIZE)
        .with_min_inner_size(LEAST)
        .with_drag_and_drop(true);
    let viewport = match start.size {
        Some(size) => viewport.with_inner_size(size),
        None => preferences.window.build(viewport),
    };
    let native = eframe::NativeOptions {
        viewport,
        // They are keys of ours: pictures are copied and pasted too. Text fields get theirs below.
        clipboard_shortcuts: false,
        ..Default::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        cc.egui_ctx.set_zoom_factor(preferences.zoom);
        preferences.window.restore_panels(&cc.egui_ctx);
        let ctx = cc.egui_ctx.clone();
        let cameras = CameraWatch::start(move || ctx.request_repaint());
        let cameras = cameras.inspect_err(|cause| log::error!("cannot search for cameras: {cause}")).ok();
        let system = System { clipboard: Box::<SystemClipboard>::default(), cameras, preferences };
        let ctx = cc.egui_ctx.clone();
        let parts = parts(Arc::new(move || ctx.request_repaint()));
        let viewer = Viewer::new(&cc.egui_ctx, parts, start, system)?;
        let keeper = file.map(|file| Keeper::new(cc.egui_ctx.clone(), file, viewer.preferences().clone()));
        Ok(Box::new(EframeWindow { viewer: Some(viewer), keeper, failure: told }))
    };
    eframe::run_native("twinsight", native, Box::new(create)).map_err(|e| AppError::Window(reason(&e.to_string())))?;
    let failed = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    failed.map_or(Ok(()), |message| Err(AppError::Screenshot(message)))
}

/// The window library's words without the place in its sources that it puts before them.
fn reason(text: &str) -> String {
    let cause = text.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": ")).map_or(text, |(_, cause)| cause);
    cause.trim_end_matches('.').to_owned()
}

struct EframeWindow {
    /// `None` only once the window has closed.
    viewer: Option<Viewer>,
    /// `None`: nothing is kept.
    keeper: Option<Keeper>,
    failure: Arc<Mutex<Option<String>>>,
}

/// Keeps the preferences while the window is open, so that a crash costs seconds of them.
struct Keeper {
    ctx: egui::Context,
    file: PreferencesFile,
    kept: Preferences,
    looked: Instant,
    job: Option<Job<()>>,
}

impl Keeper {
    fn new(ctx: egui::Context, file: PreferencesFile, kept: Preferences) -> Self {
        Self { ctx, file, kept, looked: Instant::now(), job: None }
    }

    /// To be called with every frame.
    fn poll(&mut self, viewer: &mut Viewer) {
        if self.looked.elapsed() < KEEP_AFTER {
            return;
        }
        self.looked = Instant::now();
        viewer.observe_window(&self.ctx);
        let is_busy = self.job.as_ref().is_some_and(|job| job.poll().is_none());
        if is_busy || *viewer.preferences() == self.kept {
            return;
        }
        self.kept = viewer.preferences().clone();
        let (file, kept) = (self.file.clone(), self.kept.clone());
        self.job = Job::start(&self.ctx, "preferences", move |_| {
            keep(&file, &kept);
            Ok(())
        })
        .ok();
    }

    /// The window closes.
    fn finish(self, viewer: &mut Viewer) {
        // Not beside a job that writes older ones; but no longer than the window may take to close.
        if let Some(job) = &self.job {
            job.wait(STOP);
        }
        viewer.observe_window(&self.ctx);
        keep(&self.file, viewer.preferences());
    }
}

fn keep(file: &PreferencesFile, preferences: &Preferences) {
    if let Err(cause) = file.write(preferences) {
        log::warn!("{cause}");
    }
}

/// Ctrl+C, Ctrl+X and Ctrl+V as text fields know them, where there is text to copy or a field to paste into.
fn give_text_its_keys(ctx: &egui::Context, input: &mut egui::RawInput) {
    let field = ctx.text_edit_focused();
    let text = field || has_selected_text(ctx);
    let mut meant = Vec::new();
    for event in &input.events {
        let egui::Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
        match key {
            egui::Key::C if modifiers.command && text => meant.push(egui::Event::Copy),
            egui::Key::X if modifiers.command && text => meant.push(egui::Event::Cut),
            egui::Key::V if modifiers.command && field => ctx.send_viewport_cmd(ViewportCommand::RequestPaste),
            _ => {}
        }
    }
    input.events.extend(meant);
}

impl eframe::App for EframeWindow {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        give_text_its_keys(ctx, input);
    }

    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if let Some(viewer) = &mut self.viewer {
            viewer.logic(ctx);
            if let Some(keeper) = &mut self.keeper {
                keeper.poll(viewer);
            }
            if let Some(message) = viewer.take_failure() {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
            }
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        if let Some(viewer) = &mut self.viewer {
            viewer.ui(ui);
        }
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        if let Some(mut viewer) = self.viewer.take() {
            if let Some(keeper) = self.keeper.take() {
                keeper.finish(&mut viewer);
            }
            viewer.close(STOP);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        let scheme = if visuals.dark_mode { &palette::DARK } else { &palette::LIGHT };
        scheme.picture.to_normalized_gamma_f32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_place_in_somebody_elses_sources() {
        let text = "winit EventLoopError: os error at /a/winit/src/mod.rs:765: DISPLAY is not set.";
        assert_eq!(reason(text), "DISPLAY is not set");
        assert_eq!(
            reason("Found no glutin configs matching the template"),
            "Found no glutin configs matching the template"
        );
    }
}
