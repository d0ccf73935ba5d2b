//! The window's layout: which panel stands where.

use std::time::{Duration, Instant};

use egui::{CentralPanel, Context, Frame as PanelFrame, Margin, Panel, ScrollArea, Ui};

use super::action::{self, Action};
use super::camera::CameraPanel;
use super::controls::Thresholding;
use super::pairs::{self, PairsInput};
use super::pickers::Models;
use super::plots::{self, PlotAction, PlotInput};
use super::status::Zoom;
use super::toolbar::Toolbar;
use super::view::Which;
use super::viewer::Viewer;
use super::{controls, help, list, palette, pickers, strip, theme, video_bar};
use crate::detect::Thresholds;
use crate::engine::{SourceState, Status};

/// From this width on, there is room for the camera's panel beside the one on the left. The picture is what a person
/// looks at while turning a camera's controls.
const ROOM_FOR_BOTH: f32 = 1400.0;

impl Viewer {
    /// Paints the window into `ui`, which is all of it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = action::pressed(ui.ctx());
        let status = self.engine.status();
        self.paint_new();
        self.remember_models(&status);
        let due = self.status.refresh(Instant::now(), || status.clone());
        // While frames come, the figures change with one of them.
        if let Some(left) = due.filter(|_| status.source != SourceState::Live) {
            ui.ctx().request_repaint_after(left);
        }
        // Here, and not where the engine is asked: a hidden window would see the same file dropped again and again.
        let dropped = ui.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect());
        self.open_files(ui.ctx(), dropped);
        self.opening = (status.source == SourceState::Opening).then(|| self.opening.unwrap_or_else(Instant::now));
        let scheme = theme::scheme(ui);
        let panel = PanelFrame::new().fill(scheme.panel).inner_margin(theme::MARGIN);

        Panel::top("toolbar").exact_size(48.0).frame(panel).show(ui, |ui| {
            let camera = self.camera_in_use(&status);
            let toolbar = Toolbar {
                request: &self.settings.source,
                description: status.description.as_ref(),
                recent: &self.recent,
                cameras: &self.cameras,
                kept: &self.preferences.cameras,
                camera: camera.as_ref(),
                camera_open: self.preferences.camera,
                models: Models { choices: &self.choices, duo: &self.duo, states: &status.models },
                view: self.preferences.view,
                paused: self.is_paused(&status) || self.has_ended(&status),
                can_pause: self.can_pause() || self.has_ended(&status),
            };
            toolbar.show(ui, &mut actions);
        });
        let fault = self.fault(&status);
        let bottom = panel.inner_margin(Margin::symmetric(12, 2));
        Panel::bottom("status").exact_size(30.0).frame(bottom).show(ui, |ui| {
            let zoom = self.area.filter(|_| self.sight.observation().is_some());
            let zoom = zoom.map(|a| Zoom { per_cent: self.viewport.zoom(&a) * 100.0, fit: self.viewport.is_fit() });
            self.status.show(ui, self.is_paused(&status), fault.as_ref(), zoom, &mut actions);
        });
        if self.preferences.history {
            let history = Panel::bottom("history").default_size(196.0).size_range(120.0..=480.0).frame(panel);
            history.show(ui, |ui| self.plots(ui, &mut actions));
        }
        if self.layers.open {
            let layers = Panel::bottom("layers").default_size(330.0).size_range(200.0..=640.0).frame(panel);
            layers.show(ui, |ui| {
                // The panel keeps its height while there is nothing to list.
                ui.set_min_height(ui.available_height());
                self.layers_panel(ui);
            });
        }
        self.below_picture(ui, &status, panel, &mut actions);
        let camera = self.camera_panel(ui, &status, panel, &mut actions);
        let width = (ui.ctx().content_rect().width() * 0.17).clamp(170.0, 212.0);
        // Where there is no room for both, the camera's panel stands in its place.
        if !camera || ui.ctx().content_rect().width() >= ROOM_FOR_BOTH {
            let sides = Panel::left("controls").default_size(width).size_range(170.0..=340.0).frame(panel);
            sides.show(ui, |ui| {
                let area = ScrollArea::vertical().auto_shrink([false, false]);
                area.show(ui, |ui| self.controls(ui, &status, &mut actions));
            });
        }
        self.judge();
        let chosen = self.find_chosen();
        let listed = self.list(ui, panel, chosen);
        let middle = PanelFrame::new().fill(scheme.picture);
        // On a screenshot that was asked for, nobody points.
        let pointing = self.screenshot.is_none();
        let listed = listed.filter(|_| pointing);
        let pointed = CentralPanel::no_frame()
            .frame(middle)
            .show(ui, |ui| self.canvas(ui, &status, fault.as_ref(), listed, chosen, &mut actions));
        let highlighted = listed.or(pointed.inner.filter(|_| pointing));
        if highlighted != self.highlighted {
            self.highlighted = highlighted;
            ui.ctx().request_repaint();
        }
        self.veil_while_dropping(ui);
        help::show(ui, &mut self.help);
        self.notices.show(ui.ctx(), pointed.response.rect);
        for action in actions {
            self.apply(ui.ctx(), action);
        }
        self.wake_for_figures(ui.ctx(), &status.source);
    }

    /// The strip of an album's pictures, and the bar of a video.
    fn below_picture(&mut self, ui: &mut Ui, status: &Status, panel: PanelFrame, actions: &mut Vec<Action>) {
        let place = self.leafing.place();
        if let Some((album, place)) = self.leafing.album.as_mut().zip(place) {
            let panel = panel.inner_margin(Margin::symmetric(12, 4));
            let strip = Panel::bottom("album").exact_size(strip::HEIGHT).frame(panel);
            strip.show(ui, |ui| self.leafing.strip.show(ui, album, &place, actions));
        }
        if let Some(bar) = self.video_bar(status) {
            let panel = panel.inner_margin(Margin::symmetric(12, 4));
            let scrub = &mut self.playing.scrub;
            let place = Panel::bottom("video").exact_size(video_bar::HEIGHT).frame(panel);
            place.show(ui, |ui| bar.show(ui, scrub, actions));
        }
    }

    /// The camera's panel, where the source is one and it is wanted. False: it is not in sight.
    fn camera_panel(&mut self, ui: &mut Ui, status: &Status, panel: PanelFrame, actions: &mut Vec<Action>) -> bool {
        let Some(camera) = self.camera_in_use(status).filter(|_| self.preferences.camera) else { return false };
        let contents = CameraPanel {
            info: camera.id.as_ref().and_then(|id| self.cameras.find(&camera.name, id)),
            camera: &camera,
            is_known: self.cameras.is_known(),
            asked: self.asked(status),
            status,
        };
        let pending = &mut self.camera.pending;
        let [least, most] = CameraPanel::WIDTHS;
        let width = (ui.ctx().content_rect().width() * 0.27).clamp(least, most);
        let side = Panel::left("camera").exact_size(width).frame(panel);
        side.show(ui, |ui| contents.show(ui, pending, actions));
        true
    }

    /// The panel on the left.
    fn controls(&mut self, ui: &mut Ui, status: &Status, actions: &mut Vec<Action>) {
        let compares = self.preferences.view.compares();
        let names = Which::BOTH.map(|which| pickers::shortened(&self.duo.request(which).label()));
        let thresholds = Thresholding {
            names: compares.then(|| [names[0].as_str(), names[1].as_str()]),
            found: self.past.found.as_deref(),
        };
        thresholds.show(ui, &mut self.preferences, actions);
        controls::shown(ui, &mut self.preferences);
        if let Some(classes) = self.sight.classes() {
            let sides = Which::BOTH.map(|which| self.sight.detections(which));
            self.counts.count(classes, if compares { &sides } else { &sides[..1] });
            ui.add_space(10.0);
            self.class_filter.show(ui, classes, &self.counts, &mut self.classes);
        }
        let titles = if compares { ["Model A", "Model B"] } else { ["Model", ""] };
        let models = Which::BOTH.into_iter().zip(titles).filter_map(|(which, title)| {
            let state = status.models.get(self.duo.slot(which))?;
            Some((title, state.running.as_deref()?))
        });
        controls::facts(ui, status.description.as_ref(), models);
    }

    /// The panel above the status line.
    fn plots(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(history) = &self.past.history else {
            ui.label("No history is kept: its thread could not be started.");
            return;
        };
        let names = Which::BOTH.map(|which| self.duo.request(which).label());
        let names = Which::BOTH.map(|which| pickers::name_or_letter(&names[which.index()], which));
        let input = PlotInput {
            timeline: &history.timeline,
            ring: &history.ring,
            in_sight: self.sight.observation().map(|o| o.sequence),
            browsing: self.past.is_held(),
            names,
            missed: history.missed(),
        };
        let state = &mut self.plots;
        (state.pause, state.pause_below) = (self.preferences.pauses, self.preferences.pause_below);
        let wish = plots::show(ui, state, &input);
        (self.preferences.pauses, self.preferences.pause_below) = (state.pause, state.pause_below);
        actions.extend(wish.map(|wish| match wish {
            PlotAction::GoTo(sequence) => Action::GoTo(sequence),
            PlotAction::Step(by) => Action::Step(by.into()),
            PlotAction::Live => Action::GoOn,
        }));
    }

    /// The panel on the right: pairs, or one model's detections. Gives the target whose row is pointed at.
    fn list(&mut self, ui: &mut Ui, panel: PanelFrame, chosen: Option<usize>) -> Option<usize> {
        let highlighted = self.highlighted;
        let comparison = self.sight.comparison().filter(|_| self.preferences.view.compares());
        let Some((comparison, sides)) = comparison.zip(self.sight.pair()) else {
            let side = Panel::right("detections").default_size(240.0).size_range(220.0..=420.0).frame(panel);
            let listed = side.show(ui, |ui| {
                // The panel keeps its width while there is nothing to list.
                ui.set_min_width(ui.available_width());
                let classes = &self.sight.output(Which::A)?.model.form.classes;
                list::show(ui, self.sight.detections(Which::A), classes, &self.classes, highlighted)
            });
            return listed.inner;
        };
        let names = Which::BOTH
            .map(|which| self.sight.output(which).map_or("?", |o| pickers::name_or_letter(&o.model.name, which)));
        let input = PairsInput { comparison, sides, names, chosen_classes: &self.classes, highlighted, chosen };
        // A small window is for the picture first.
        let width = (ui.ctx().content_rect().width() * 0.27).clamp(250.0, 340.0);
        let side = Panel::right("pairs").default_size(width).size_range(250.0..=560.0).frame(panel);
        let response = side.show(ui, |ui| pairs::show(ui, &mut self.pairs, &input)).inner;
        if let Some((side, thresholds)) = response.thresholds {
            // As low as the slider goes.
            let score = thresholds.score.max(controls::LEAST_SCORE);
            self.preferences.set_thresholds(Which::BOTH[side], Thresholds { score, ..thresholds });
        }
        if let Some(chosen) = response.chosen {
            self.choose(chosen);
            self.look_at_chosen();
        }
        if response.layers {
            self.follow_chosen(ui.ctx());
        }
        response.hovered
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
