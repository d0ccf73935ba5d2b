//! The window itself: opened by eframe, fed by an engine.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egui::{ViewportBuilder, ViewportCommand};

use super::action::shortcuts::has_selected_text;
use super::preferences::file::PreferencesFile;
use super::preferences::keeper::PreferencesKeeper;
use super::preferences::layout::LEAST;
use super::ui::clipboard::SystemClipboard;
use super::ui::palette;
use super::ui::short_clicks::ShortClicks;
use super::viewer::Viewer;
use super::viewer::start::{Start, System};
use crate::engine::Parts;
use crate::interrupt;
use crate::source::CameraWatch;

/// The window's title while nothing is shown.
const TITLE: &str = "Twinsight";

/// How long the engine may take to stop when the window closes.
const STOP: Duration = Duration::from_secs(1);

/// The window's first size, in points.
const SIZE: [f32; 2] = [1280.0, 800.0];

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
        .with_title(TITLE)
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
        // Fonts of the system are looked for when a letter is missing, and not at each start.
        system_font_fallback: false,
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
        let keeper = file.map(|file| PreferencesKeeper::new(file, viewer.preferences().clone()));
        let ctx = cc.egui_ctx.clone();
        let watched = interrupt::watch_and(move || ctx.request_repaint());
        watched.unwrap_or_else(|cause| log::warn!("an interrupt will not keep the last preferences: {cause}"));
        let (ctx, viewer, clicks) = (cc.egui_ctx.clone(), Some(viewer), ShortClicks::default());
        Ok(Box::new(EframeWindow { ctx, viewer, keeper, titled: None, clicks, failure: told }))
    };
    eframe::run_native("twinsight", native, Box::new(create)).map_err(|e| AppError::Window(reason(&e.to_string())))?;
    let failed = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    failed.map_or(Ok(()), |message| Err(AppError::Screenshot(message)))
}

/// "bus.jpg – Twinsight". A name may hold what no title can, as a line break.
fn title(shown: Option<&str>) -> String {
    match shown {
        Some(name) => format!("{} – {TITLE}", name.replace(char::is_control, " ")),
        None => TITLE.to_owned(),
    }
}

/// The window library's words without the place in its sources that it puts before them.
fn reason(text: &str) -> String {
    let cause = text.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": ")).map_or(text, |(_, cause)| cause);
    cause.trim_end_matches('.').to_owned()
}

struct EframeWindow {
    ctx: egui::Context,
    /// `None` only once the window has closed.
    viewer: Option<Viewer>,
    /// `None`: nothing is kept.
    keeper: Option<PreferencesKeeper>,
    /// What the title says is shown.
    titled: Option<String>,
    clicks: ShortClicks,
    failure: Arc<Mutex<Option<String>>>,
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
        self.clicks.split(input);
        give_text_its_keys(ctx, input);
    }

    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if let Some(viewer) = &mut self.viewer {
            viewer.logic(ctx);
            if let Some(keeper) = &mut self.keeper {
                viewer.observe_window(ctx);
                keeper.poll(ctx, Instant::now(), viewer.preferences());
            }
            if self.titled.as_deref() != viewer.shown_name() {
                self.titled = viewer.shown_name().map(str::to_owned);
                ctx.send_viewport_cmd(ViewportCommand::Title(title(self.titled.as_deref())));
            }
            if interrupt::asked() {
                ctx.send_viewport_cmd(ViewportCommand::Close);
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
                viewer.observe_window(&self.ctx);
                keeper.finish(viewer.preferences(), STOP);
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
    fn the_title_says_what_is_shown() {
        assert_eq!(title(Some("bus.jpg")), "bus.jpg – Twinsight");
        assert_eq!(title(Some("a\nb\u{7}.jpg")), "a b .jpg – Twinsight");
        assert_eq!(title(None), "Twinsight");
    }

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
