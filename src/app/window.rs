//! The window itself: opened by eframe, fed by an engine.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use egui::{ViewportBuilder, ViewportCommand};

use super::action::shortcuts::has_selected_text;
use super::preferences::Preferences;
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

/// The name under which the preferences are kept.
const KEPT: &str = "preferences";

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
    let keeps = start.screenshot.is_none();
    let failure = Arc::new(Mutex::new(None));
    let told = Arc::clone(&failure);
    let viewport = ViewportBuilder::default()
        .with_title("Twinsight")
        .with_app_id("twinsight")
        .with_inner_size(start.size.unwrap_or(SIZE))
        .with_min_inner_size([760.0, 420.0])
        .with_drag_and_drop(true);
    let native = eframe::NativeOptions {
        viewport,
        persist_window: keeps && start.size.is_none(),
        // They are keys of ours: pictures are copied and pasted too. Text fields get theirs below.
        clipboard_shortcuts: false,
        ..Default::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        let kept = cc.storage.filter(|_| keeps).and_then(|s| s.get_string(KEPT));
        let preferences = kept.map_or_else(Preferences::default, |text| Preferences::from_json(&text));
        // What was kept of the last window goes before the size that a window is made with.
        if let Some(size) = start.size {
            cc.egui_ctx.send_viewport_cmd(ViewportCommand::InnerSize(size.into()));
        }
        let ctx = cc.egui_ctx.clone();
        let cameras = CameraWatch::start(move || ctx.request_repaint());
        let cameras = cameras.inspect_err(|cause| log::error!("cannot search for cameras: {cause}")).ok();
        let system = System { clipboard: Box::<SystemClipboard>::default(), cameras, preferences };
        let ctx = cc.egui_ctx.clone();
        let parts = parts(Arc::new(move || ctx.request_repaint()));
        let viewer = Viewer::new(&cc.egui_ctx, parts, start, system)?;
        Ok(Box::new(EframeWindow { viewer: Some(viewer), keeps, failure: told }))
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
    keeps: bool,
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
        give_text_its_keys(ctx, input);
    }

    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if let Some(viewer) = &mut self.viewer {
            viewer.logic(ctx);
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

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Some(viewer) = self.viewer.as_ref().filter(|_| self.keeps) {
            storage.set_string(KEPT, viewer.preferences().to_json());
        }
    }

    fn persist_egui_memory(&self) -> bool {
        self.keeps
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        if let Some(viewer) = self.viewer.take() {
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
