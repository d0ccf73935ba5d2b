//! The line at the bottom: what is wrong with the source, frame rates, age, drops, time per stage, zoom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Button, Galley, Label, Layout, Rect, RichText, Role, TextStyle, Ui, UiBuilder, WidgetInfo};

use super::status_cells::{StatusCell, StatusScene, cells, fitting};
use super::zoom_buttons;
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, HistoryAction, ModelsAction};
use crate::app::frame::Zoom;
use crate::app::history::recording::figures;
use crate::app::source::problem::SourceProblem;
use crate::app::ui::theme;
use crate::engine::Status;
use crate::recording::RecordingState;

/// How often the numbers change: faster, and nobody could read them.
const REFRESH: Duration = Duration::from_millis(250);

/// Between two cells, in points.
const GAP: f32 = 16.0;

/// Stands for the cells that have no room.
const MORE: &str = "…";

/// The engine's figures as they were at the last refresh.
#[derive(Default)]
pub struct StatusBar {
    read: Option<(Instant, Status)>,
    /// Of the frames since the last refresh.
    ages: Vec<Duration>,
    /// Of the source in sight.
    age: Option<Duration>,
}

/// What the line says besides the engine's figures.
pub struct StatusLine<'a> {
    pub paused: bool,
    /// The source is a single picture.
    pub still: bool,
    /// How far a recording is, while there is one.
    pub recording: Option<RecordingState>,
    /// Stands first.
    pub problem: Option<&'a SourceProblem>,
    /// The clipping alarm's words, while it is raised.
    pub clipping: Option<&'a str>,
    /// At the right end.
    pub zoom: Option<Zoom>,
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
        let status = read();
        // Another source counts from 0 again.
        if self.read.as_ref().is_some_and(|(_, last)| status.captured < last.captured) {
            self.age = None;
        }
        self.read = Some((now, status));
        self.ages.sort_unstable();
        // The median. Where no frame came since, that of the last one still holds.
        self.age = self.ages.get(self.ages.len() / 2).copied().or(self.age);
        self.ages.clear();
        None
    }

    pub fn ui(&self, ui: &mut Ui, line: &StatusLine<'_>, actions: &mut Vec<Action>) {
        let whole = ui.available_rect_before_wrap();
        let width = if line.zoom.is_some() { zoom_buttons::WIDTH } else { 0.0 };
        let (left, right) = whole.split_left_right_at_x((whole.right() - width).max(whole.left()));
        row(ui, left, |ui| {
            if let Some(recording) = &line.recording {
                recorded(ui, recording);
            }
            if let Some(problem) = line.problem {
                let text = RichText::new(format!("⚠ {}", problem.short())).color(theme::scheme(ui).warning);
                ui.add(Label::new(text).truncate()).on_hover_text(&problem.text);
                ui.separator();
            }
            if let Some(words) = line.clipping {
                clipped(ui, words, actions);
            }
            self.figures(ui, line);
        });
        if let Some(zoom) = line.zoom {
            row(ui, right, |ui| zoom_buttons::show(ui, zoom, actions));
        }
    }

    /// As many as there is room for; the others are in the tooltip of a last sign.
    fn figures(&self, ui: &mut Ui, line: &StatusLine<'_>) {
        let Some((_, status)) = &self.read else { return };
        let scene = StatusScene { age: self.age, paused: line.paused, still: line.still };
        let cells = cells(status, scene);
        let galleys: Vec<Arc<Galley>> = cells.iter().map(|cell| galley(ui, cell)).collect();
        let more = ui.painter().layout_no_wrap(MORE.into(), theme::digits(), theme::scheme(ui).weak);
        let widths: Vec<(f32, u8)> = cells.iter().zip(&galleys).map(|(cell, g)| (g.size().x, cell.rank)).collect();
        let fits = fitting(&widths, GAP, ui.available_width(), more.size().x);
        ui.spacing_mut().item_spacing.x = GAP;
        for ((cell, galley), _) in cells.iter().zip(galleys).zip(&fits).filter(|(_, fits)| **fits) {
            let response = ui.add(Label::new(galley).selectable(false));
            // Without the padding.
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, cell.text()));
            response.on_hover_text(&cell.what);
        }
        let left: Vec<String> =
            cells.iter().zip(&fits).filter(|(_, fits)| !**fits).map(|(cell, _)| cell.text()).collect();
        if !left.is_empty() {
            let response = ui.add(Label::new(more).selectable(false));
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("More: {}", left.join(", "))));
            response.on_hover_text(left.join("\n"));
        }
    }
}

/// "● 0:12 · 34 MB"
fn recorded(ui: &mut Ui, state: &RecordingState) {
    let [time, size] = figures(state);
    let text = RichText::new(format!("● {time} · {size}")).color(theme::scheme(ui).error);
    let what = match state.missed {
        0 => format!("Recording: {} frames so far", state.frames),
        missed => format!("Recording: {} frames so far; {missed} came too fast for the disk", state.frames),
    };
    let stop = hint(ui.ctx(), "Stop", &Action::History(HistoryAction::ToggleRecording));
    ui.add(Label::new(text)).on_hover_text(format!("{what}\n{stop}"));
    ui.separator();
}

/// The quiet mark of the clipping alarm: it opens the list of layers.
fn clipped(ui: &mut Ui, words: &str, actions: &mut Vec<Action>) {
    let text = RichText::new("⚠ outside range").small().color(theme::scheme(ui).warning);
    let mark = ui.add(Button::new(text).small().frame(false));
    mark.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
    if mark.on_hover_text(format!("{words}\nClick for the list of layers and what to do")).clicked() {
        actions.push(Action::Models(ModelsAction::ToggleClipping));
    }
    ui.separator();
}

/// What does not fit into `rect` is cut off, not laid over what is beside it.
fn row(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let inside = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(inside, |ui| {
        ui.set_clip_rect(ui.clip_rect().intersect(rect.expand2(egui::vec2(0.0, 8.0))));
        add(ui);
    });
}

/// The name small and weak, the figure in digits of one width.
fn galley(ui: &Ui, cell: &StatusCell) -> Arc<Galley> {
    let scheme = theme::scheme(ui);
    let small = TextStyle::Small.resolve(ui.style());
    let format = |font_id, color| TextFormat { font_id, color, valign: Align::Center, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    job.append(&cell.name, 0.0, format(small, scheme.weak));
    job.append(&cell.value, 6.0, format(theme::digits(), scheme.text));
    ui.painter().layout_job(job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{SourceState, Stages};
    use crate::source::{Description, Orientation};

    fn status(captured: u64) -> Status {
        Status {
            source: SourceState::Live,
            description: Some(Description::default()),
            captured_rate: None,
            inferred_rate: None,
            shown_rate: None,
            captured,
            inferred: captured,
            dropped: 0,
            broken: 0,
            orientation: Orientation::default(),
            controls: Arc::default(),
            control_failure: None,
            stages: Stages::default(),
            models: Vec::new(),
            events_dropped: 0,
        }
    }

    #[test]
    fn an_age_holds_until_a_newer_one_or_another_source() {
        let mut bar = StatusBar::default();
        let (start, millis) = (Instant::now(), Duration::from_millis);
        for age in [30, 50, 40] {
            bar.painted(millis(age));
        }
        assert_eq!(bar.refresh(start, || status(3)), None);
        assert_eq!(bar.age, Some(millis(40)));
        assert_eq!(bar.refresh(start + millis(100), || unreachable!()), Some(millis(150)));
        assert_eq!(bar.refresh(start + millis(300), || status(3)), None);
        assert_eq!(bar.age, Some(millis(40)), "no frame came");
        bar.painted(millis(700));
        bar.refresh(start + millis(600), || status(4));
        assert_eq!(bar.age, Some(millis(700)));
        bar.refresh(start + millis(900), || status(0));
        assert_eq!(bar.age, None, "another source");
    }
}
