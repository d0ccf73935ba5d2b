//! The line at the bottom: frame rates, age, drops, time per stage.

use std::time::{Duration, Instant};

use egui::{Align, Layout, RichText, Ui};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PictureAction};
use crate::app::frame::Zoom;
use crate::app::source::problem::SourceProblem;
use crate::app::ui::theme;
use crate::engine::{Percentiles, Status};

/// How often the numbers change: faster, and nobody could read them.
const REFRESH: Duration = Duration::from_millis(250);

/// The engine's figures as they were at the last refresh.
#[derive(Default)]
pub struct StatusBar {
    read: Option<(Instant, Status)>,
    ages: Vec<Duration>,
    age: Option<Duration>,
}

impl StatusBar {
    /// Records how old a frame was when it was displayed.
    pub fn painted(&mut self, age: Duration) {
        self.ages.push(age);
    }

    /// Reads the figures when they are due; else gives the time until then.
    pub fn refresh(&mut self, now: Instant, read: impl FnOnce() -> Status) -> Option<Duration> {
        let since = self.read.as_ref().map(|(at, _)| now.saturating_duration_since(*at));
        if let Some(left) = since.and_then(|s| REFRESH.checked_sub(s)).filter(|left| !left.is_zero()) {
            return Some(left);
        }
        self.read = Some((now, read()));
        // The median of the frames since the last refresh; none came: none is claimed.
        self.ages.sort_unstable();
        self.age = self.ages.get(self.ages.len() / 2).copied();
        self.ages.clear();
        None
    }

    /// `problem` stands first; `zoom` at the right end.
    pub fn ui(
        &self,
        ui: &mut Ui,
        paused: bool,
        problem: Option<&SourceProblem>,
        zoom: Option<Zoom>,
        actions: &mut Vec<Action>,
    ) {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(zoom) = zoom {
                zoom_buttons(ui, zoom, actions);
            }
            // What does not fit beside it is cut off, not laid over it.
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.set_clip_rect(ui.clip_rect().intersect(ui.max_rect()));
                if let Some(problem) = problem {
                    let text = RichText::new(format!("⚠ {}", problem.short())).color(theme::scheme(ui).warning);
                    ui.label(text).on_hover_text(&problem.text);
                    ui.separator();
                }
                self.figures(ui, paused);
            });
        });
    }

    fn figures(&self, ui: &mut Ui, paused: bool) {
        let Some((_, status)) = &self.read else { return };
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            if [status.captured_rate, status.inferred_rate, status.shown_rate].iter().any(Option::is_some) {
                self.rates(ui, status, paused);
            }
            stage(ui, "letterbox", status.stages.letterbox.as_ref());
            for (model, times) in status.models.iter().zip(&status.stages.inference) {
                let name = model.running.as_ref().map_or_else(|| model.request.label(), |m| m.name.clone());
                stage(ui, &name, times.as_ref());
            }
        });
    }

    /// Of a source that has a rate.
    fn rates(&self, ui: &mut Ui, status: &Status, paused: bool) {
        // Nothing is measured while paused, so that nothing is claimed.
        let running = |rate: Option<f32>| rate.filter(|_| !paused);
        rate(ui, "captured", running(status.captured_rate), "Frames captured from the source per second");
        dot(ui);
        rate(ui, "inferred", running(status.inferred_rate), "Frames processed by the model per second");
        dot(ui);
        rate(ui, "shown", running(status.shown_rate), "Distinct frames displayed per second");
        ui.label(RichText::new("fps").small().weak());
        ui.separator();
        let age = self.age.filter(|_| !paused).map_or_else(|| "–".into(), |a| format!("{:3.0} ms", millis(a)));
        let latency = status
            .stages
            .latency
            .map_or_else(String::new, |t| format!("; {:.1} ms of it until the model finished", millis(t.p50)));
        figure(ui, "age", &age, &format!("Capture-to-display latency, median{latency}"));
        ui.separator();
        let dropped = "Frames skipped because a newer one arrived while the model was busy";
        figure(ui, "dropped", &status.dropped.to_string(), dropped);
        ui.separator();
    }
}

/// The buttons of the zoom, from right to left.
fn zoom_buttons(ui: &mut Ui, zoom: Zoom, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().interact_size.y = 22.0;
    ui.spacing_mut().button_padding = egui::vec2(7.0, 2.0);
    let actual = !zoom.fit && (zoom.per_cent - 100.0).abs() < 0.5;
    let mut button = |ui: &mut Ui, text: &str, name: &str, chosen: bool, what: &str, action: PictureAction| {
        let action = Action::Picture(action);
        let response = ui.add(egui::Button::new(text).selected(chosen));
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, name));
        if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
            actions.push(action);
        }
    };
    button(ui, "1:1", "1:1", actual, "Actual size (100 %)", PictureAction::ActualSize);
    button(ui, "Fit", "Fit", zoom.fit, "Fit the picture to the window", PictureAction::Fit);
    button(ui, "➕", "Zoom in", false, "Zoom in", PictureAction::ZoomIn);
    let percent = RichText::new(format!("{:.0} %", zoom.per_cent)).font(theme::digits());
    ui.add_sized(egui::vec2(44.0, 20.0), egui::Label::new(percent));
    button(ui, "➖", "Zoom out", false, "Zoom out", PictureAction::ZoomOut);
    ui.separator();
}

fn millis(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1e3
}

fn dot(ui: &mut Ui) {
    ui.label(RichText::new("·").weak());
}

fn figure(ui: &mut Ui, name: &str, value: &str, what: &str) {
    ui.label(RichText::new(name).small().weak()).on_hover_text(what);
    ui.label(RichText::new(value).font(theme::digits())).on_hover_text(what);
}

fn rate(ui: &mut Ui, name: &str, rate: Option<f32>, what: &str) {
    let value = rate.map_or_else(|| "   –".into(), |r| format!("{r:4.1}"));
    figure(ui, name, &value, what);
}

fn stage(ui: &mut Ui, name: &str, times: Option<&Percentiles>) {
    let Some(t) = times else { return };
    let [p50, p95, p99] = [t.p50, t.p95, t.p99].map(millis);
    let what = match t.samples {
        1 => "One run".to_owned(),
        n => format!("Last {n} runs: median {p50:.2} ms, p95 {p95:.2} ms, p99 {p99:.2} ms"),
    };
    figure(ui, name, &format!("{p50:.1} ms"), &what);
}
