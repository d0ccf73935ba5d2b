//! Which panel stands where.

use std::time::{Duration, Instant};

use egui::{CentralPanel, Context, Frame as PanelFrame, Margin, Panel, Rect, ScrollArea, Ui};

use super::Viewer;
use crate::app::action::{Action, shortcuts};
use crate::app::compare_all::{chart, row};
use crate::app::frame::canvas::CanvasInput;
use crate::app::models::byte_check::ByteSight;
use crate::app::models::clipping_popup;
use crate::app::models::computed_as::ComputedAsContext;
use crate::app::models::picker::{self, ModelPicker};
use crate::app::panels::bottom::{self, BottomTab};
use crate::app::panels::status_bar::StatusLine;
use crate::app::panels::thresholds::{self, ThresholdsPanel};
use crate::app::panels::toolbar::Toolbar;
use crate::app::panels::{help, sections};
use crate::app::saving::section;
use crate::app::source::camera::CameraController;
use crate::app::source::camera::in_use::CameraInUse;
use crate::app::source::camera::panel::CameraPanel;
use crate::app::source::picker::SourcePicker;
use crate::app::source::problem::SourceProblem;
use crate::app::source::{thumbnail_strip, video_bar, video_playback};
use crate::app::ui::{focus_ring, palette, panel_size, theme};
use crate::app::view::Side;
use crate::compare::Arrow;
use crate::engine::{ModelPhase, SourceState, Status};
use crate::source::SourceRequest;

/// From this width on, there is room for the camera's panel beside the one on the left. The picture is what is looked
/// at while a camera's controls are set.
const ROOM_FOR_BOTH: f32 = 1400.0;

/// Of the panel with the album's thumbnails, and with what is known of all its pictures.
const ALBUM_HEIGHT: f32 = thumbnail_strip::HEIGHT + row::HEIGHT;

/// What the sections below the thresholds have at least, in points: four rows of the classes. In a very small window,
/// the thresholds have this part of the height at least.
const LEAST_SECTIONS: f32 = 104.0;
const LEAST_THRESHOLDS: f32 = 0.75;

/// With less room than this, in points, the sections leave less than four rows to the list of classes while all of them
/// are open.
const ROOM_FOR_SECTIONS: f32 = 368.0;

/// With less width than this, in points, the sections' buttons have less room beside their words: they would widen the
/// panel, and take it from the picture.
const NARROW_SECTIONS: f32 = 165.0;
const NARROW_PADDING: f32 = 3.0;

impl Viewer {
    /// Paints the window into `ui`, which is all of it, and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut Ui) {
        let begun = Instant::now();
        let status = self.control.status();
        let mut actions = self.pressed(ui.ctx(), &status);
        self.count_painted();
        let due = self.status_bar.refresh(Instant::now(), || status.clone());
        // While frames come, the figures change with one of them.
        if let Some(left) = due.filter(|_| status.source != SourceState::Live) {
            ui.ctx().request_repaint_after(left);
        }
        // Here, and not in `logic`: a hidden window would see the same file dropped again and again.
        let dropped = ui.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect());
        self.open_files(ui.ctx(), dropped);
        self.source.note_opening(&status);
        let problem = self.source.problem(&self.control, &status);
        let panel = PanelFrame::new().fill(theme::scheme(ui).panel).inner_margin(theme::MARGIN);

        let listed =
            if self.hides_panels { None } else { self.panels(ui, &status, problem.as_ref(), panel, &mut actions) };
        // On a screenshot that was asked for, nobody points.
        let listed = listed.filter(|_| self.screenshot.is_none());
        let middle = PanelFrame::new().fill(theme::scheme(ui).picture);
        let canvas = CentralPanel::no_frame().frame(middle);
        let pointed = canvas.show(ui, |ui| self.canvas(ui, &status, problem.as_ref(), listed, &mut actions));
        let highlighted = listed.or(pointed.inner.filter(|_| self.screenshot.is_none()));
        if highlighted != self.detections.highlighted {
            self.detections.highlighted = highlighted;
            ui.ctx().request_repaint();
        }
        veil_while_dropping(ui);
        help::show(ui, &mut self.shows_help);
        self.computed_as_ui(ui.ctx(), &status, pointed.response.rect, &mut actions);
        self.clipping_ui(ui.ctx(), &status, &mut actions);
        self.model_dialog.ui(ui.ctx(), &mut actions);
        self.stream_dialog.ui(ui.ctx(), &self.source.recent, &mut actions);
        self.notifications.show(ui.ctx(), pointed.response.rect);
        focus_ring::paint(ui);
        shortcuts::note_text_field(ui.ctx());
        for action in actions {
            // One action may have opened another source.
            self.apply(ui.ctx(), action, &self.control.status());
        }
        // A slider that was moved shows in the next frame.
        if self.frame.current.is_stale(self.box_settings()) {
            ui.ctx().request_repaint();
        }
        wake_for_figures(ui.ctx(), &status.source, self.saving.video.age().is_some());
        self.trace_stage("paint", begun);
    }

    /// All around the picture. Gives the target whose row is pointed at.
    fn panels(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        problem: Option<&SourceProblem>,
        panel: PanelFrame,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        self.toolbar(ui, status, panel, actions);
        self.bottom_panels(ui, status, problem, panel, actions);
        // What has no room at the sides ends where the panels above and below begin.
        ui.shrink_clip_rect(ui.available_rect_before_wrap());
        self.side_panels(ui, status, panel, actions);
        let (compares, live) = (self.preferences.view.compares(), self.is_live(status));
        self.detections.ui(ui, panel, &self.frame.current, compares, live, actions)
    }

    /// Counts a frame that is painted for the first time.
    fn count_painted(&mut self) {
        if let Some((observation, age)) = self.frame.take_unpainted() {
            self.status_bar.painted(age);
            self.control.shown(observation);
        }
    }

    /// Whether the picture stands still because it was asked to.
    pub(super) fn is_paused(&self, status: &Status) -> bool {
        self.control.is_paused() || self.history.is_held() || video_playback::is_paused(status)
    }

    /// Whether another frame comes soon.
    pub(super) fn is_live(&self, status: &Status) -> bool {
        self.control.is_running(status) && !self.is_paused(status)
    }

    fn toolbar(&self, ui: &mut Ui, status: &Status, panel: PanelFrame, actions: &mut Vec<Action>) {
        let camera = CameraInUse::of(self.control.source(), status);
        let ended = video_playback::has_ended(&self.control, status);
        let toolbar = Toolbar {
            sources: SourcePicker {
                request: self.control.source(),
                description: status.description.as_ref(),
                recent: &self.source.recent,
                cameras: &self.source.cameras,
                presets: &self.preferences.cameras,
                camera: camera.as_ref(),
            },
            camera_open: self.preferences.camera,
            models: ModelPicker {
                pair: &self.models,
                states: &status.models,
                titles: &self.titles,
                facts: &self.facts,
                computed_as: self.computed_as.side(self.preferences.view.compares()),
            },
            view: self.preferences.view,
            paused: self.is_paused(status) || ended,
            can_pause: self.control.can_pause(status) || ended,
            recording: self.recording.state().is_some(),
            history_open: self.bottom_tab() == Some(BottomTab::History),
            layers_open: self.bottom_tab() == Some(BottomTab::Layers),
        };
        Panel::top("toolbar").exact_size(48.0).frame(panel).show(ui, |ui| toolbar.ui(ui, actions));
    }

    /// The popup that says how a side's INT8 model is computed, while it is open.
    fn computed_as_ui(&mut self, ctx: &Context, status: &Status, picture: Rect, actions: &mut Vec<Action>) {
        let live = self.is_live(status);
        let context = ComputedAsContext {
            pair: &self.models,
            states: &status.models,
            titles: &self.titles,
            own: &self.preferences.own_profiles,
            compares: self.preferences.view.compares(),
            picture,
            sights: Side::BOTH.map(|which| ByteSight::of(&self.frame.current, which, live)),
        };
        self.computed_as.ui(ctx, &context, actions);
    }

    /// The popup that says which layers leave their calibrated ranges, while it is open.
    fn clipping_ui(&mut self, ctx: &Context, status: &Status, actions: &mut Vec<Action>) {
        if self.clipping.is_open() {
            let (_, context) = self.layers(ctx, status);
            let obstacle = context.compared().err();
            clipping_popup::show(ctx, &mut self.clipping, obstacle.as_deref(), actions);
        }
    }

    /// The status line, the history or the layers, and what belongs to an album or a video.
    fn bottom_panels(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        problem: Option<&SourceProblem>,
        panel: PanelFrame,
        actions: &mut Vec<Action>,
    ) {
        let paused = self.is_paused(status);
        let line = panel.inner_margin(Margin::symmetric(12, 2));
        Panel::bottom("status").exact_size(30.0).frame(line).show(ui, |ui| {
            let still = matches!(self.control.source(), SourceRequest::Still(_) | SourceRequest::Pasted(_));
            let (zoom, recording) = (self.frame.zoom(), self.recording.state());
            let clipping = self.clipping.words();
            let clipping = clipping.as_deref();
            self.status_bar.ui(ui, &StatusLine { paused, still, recording, problem, clipping, zoom }, actions);
        });
        let has_strip = self.source.album.album().is_some();
        let has_video = video_playback::is_video(self.control.source());
        if let Some(tab) = self.bottom_tab() {
            let strips = [(has_strip, ALBUM_HEIGHT), (has_video, video_bar::HEIGHT)];
            let strips = strips.iter().filter(|(is_shown, _)| *is_shown).map(|(_, height)| height).sum();
            let place = bottom::panel(ui, strips).frame(panel);
            place.show(ui, |ui| {
                // The panel keeps its height while there is nothing to list.
                ui.set_min_height(ui.available_height());
                match tab {
                    BottomTab::History => self.history_ui(ui, actions),
                    BottomTab::Layers => {
                        let ctx = ui.ctx().clone();
                        let (layers, context) = self.layers(&ctx, status);
                        layers.ui(ui, &context, actions);
                    }
                }
            });
        }
        let strip = panel.inner_margin(Margin::symmetric(12, 4));
        if has_strip {
            let place = Panel::bottom("album").exact_size(ALBUM_HEIGHT).frame(strip);
            place.show(ui, |ui| self.album_ui(ui, actions));
        }
        if has_video {
            let place = Panel::bottom("video").exact_size(video_bar::HEIGHT).frame(strip);
            let current = self.frame.current.observation().map(|observation| &**observation);
            let shown = video_playback::in_sight(current, self.history.is_held(), status);
            place.show(ui, |ui| self.source.video.ui(ui, &self.control, status, shown, paused, actions));
        }
    }

    fn history_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        // Of an album, the pictures are what one goes back to.
        if let Some(album) = self.source.album.album().filter(|_| self.source.is_in_album(&self.control)) {
            return chart::show(ui, &self.compare_all, album, actions);
        }
        let labels = Side::BOTH.map(|which| self.titles.of_request(self.models.request(which)));
        let names = Side::BOTH.map(|which| picker::name_or_letter(&labels[which.index()], which));
        let current = self.frame.current.observation().map(|observation| &**observation);
        self.history.ui(ui, current, names, &mut self.preferences, actions);
    }

    /// The camera's panel and the one with thresholds, classes and facts; side by side where there is room.
    fn side_panels(&mut self, ui: &mut Ui, status: &Status, panel: PanelFrame, actions: &mut Vec<Action>) {
        let window = ui.ctx().content_rect().width();
        let camera = self.camera_panel(ui, status, panel, actions);
        if camera && window < ROOM_FOR_BOTH {
            return;
        }
        panel_size::keep(ui, "controls");
        let sides = Panel::left("controls").default_size((window * 0.17).clamp(170.0, 212.0)).frame(panel);
        sides.size_range(170.0..=340.0).show(ui, |ui| {
            self.controls(ui, status, actions);
        });
    }

    /// The camera's panel, where the source is one and it is wanted. False: it is not shown.
    fn camera_panel(&mut self, ui: &mut Ui, status: &Status, panel: PanelFrame, actions: &mut Vec<Action>) -> bool {
        let camera = CameraInUse::of(self.control.source(), status).filter(|_| self.preferences.camera);
        let Some(camera) = camera else { return false };
        let contents = CameraPanel {
            info: camera.id.as_ref().and_then(|id| self.source.cameras.find(&camera.name, id)),
            camera: &camera,
            is_known: self.source.cameras.is_known(),
            mode: CameraController::mode(&self.control, status),
            status,
        };
        let [least, most] = CameraPanel::WIDTHS;
        let width = (ui.ctx().content_rect().width() * 0.27).clamp(least, most);
        let side = Panel::left("camera").exact_size(width).frame(panel);
        side.show(ui, |ui| self.source.camera.ui(ui, &contents, actions));
        true
    }

    /// The panel on the left: thresholds, which stay in sight, and sections below them.
    fn controls(&mut self, ui: &mut Ui, status: &Status, actions: &mut Vec<Action>) {
        let compares = self.preferences.view.compares();
        let names = Side::BOTH.map(|which| picker::shortened(&self.titles.of_request(self.models.request(which))));
        let height = ui.available_height();
        let panel = ThresholdsPanel {
            names: compares.then(|| [names[0].as_str(), names[1].as_str()]),
            found: self.history.matching.text(),
            can_undo: self.history.matching.can_undo(),
            in_album: self.matches_in_album(),
            dense: ThresholdsPanel::is_dense(height, compares && !self.preferences.linked),
        };
        theme::reserve_scroll_bar(ui);
        let area = ScrollArea::vertical().id_salt("thresholds").auto_shrink([false, true]).min_scrolled_height(0.0);
        area.max_height((height - LEAST_SECTIONS).max(height * LEAST_THRESHOLDS)).show(ui, |ui| {
            panel.ui(ui, &mut self.preferences, actions);
        });
        let live = self.is_live(status);
        let short = ui.available_height() < ROOM_FOR_SECTIONS;
        let below = ScrollArea::vertical().id_salt("sections").auto_shrink([false, false]).min_scrolled_height(0.0);
        below.show(ui, |ui| {
            if short {
                thresholds::dense_spacing(ui);
            }
            if ui.available_width() < NARROW_SECTIONS {
                ui.spacing_mut().button_padding.x = NARROW_PADDING;
            }
            sections::section(ui, "Show", !short, |ui| {
                thresholds::shown(ui, &mut self.preferences, self.truth.all().is_some());
            });
            let state = self.saving.state(compares);
            sections::section(ui, "Save", false, |ui| section::show(ui, &state, actions));
            sections::section(ui, "Source and models", false, |ui| {
                let titles = if compares { ["Model A", "Model B"] } else { ["Model", ""] };
                let models = Side::BOTH.into_iter().zip(titles).filter_map(|(which, title)| {
                    let state = status.models.get(self.models.slot(which))?;
                    Some((title, state.running.as_deref()?))
                });
                sections::facts(ui, status.description.as_ref(), models, &self.facts);
            });
            sections::section(ui, "Classes", true, |ui| {
                self.detections.classes_ui(ui, &self.frame.current, compares, live, actions);
            });
        });
    }

    /// The picture in the middle. Gives the target that is pointed at.
    fn canvas(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        problem: Option<&SourceProblem>,
        listed: Option<usize>,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        // A frame of the history is not taken for a live one, and is there to be looked at. Without any picture, the
        // problem stands in its place.
        let nothing = self.frame.current.observation().is_none();
        let problem = problem.filter(|_| nothing || !self.history.is_held());
        let names = Side::BOTH.map(|which| self.titles.of_request(self.models.request(which)));
        let input = CanvasInput {
            status,
            problem,
            view: self.preferences.view,
            selected: self.detections.selected(&self.frame.current),
            filter: self.detections.filter(Arrow::Sign),
            listed,
            labels: self.preferences.labels,
            bar_follows: self.preferences.bar_follows,
            is_live: problem.is_none() && !self.source.opens_slowly(status),
            points: self.screenshot.is_none(),
            legend: self.preferences.legend,
            tells_clicks: !self.preferences.knows_clicks && self.screenshot.is_none(),
            remarks: self.remarks(status),
            names: [&names[0], &names[1]],
        };
        self.frame.ui(ui, input, actions)
    }

    /// What must stay on the picture.
    fn remarks(&self, status: &Status) -> Vec<String> {
        let Some(observation) = self.frame.current.observation() else { return Vec::new() };
        // Boxes of the last good model must not pass for those of the one asked for.
        let failed = status.models.iter().find_map(|m| match &m.phase {
            ModelPhase::Failed { message } => {
                // One that runs and cannot look at this picture has no boxes in it.
                let own = self.titles.of_request(&m.request);
                Some((message, m.running.as_ref().filter(|running| running.name != own)))
            }
            ModelPhase::Loading | ModelPhase::Ready => None,
        });
        let missing = failed.map(|(message, running)| match running {
            Some(running) => format!("{message} · boxes shown are {}'s", running.name),
            None => message.clone(),
        });
        let note = self.source.note(&self.control, &observation.description);
        let opening = self.source.opens_slowly(status).then(|| "opening…".to_owned());
        let past = self.history.remark(observation);
        let mismatch = self.frame.current.mismatch().filter(|_| self.preferences.view.compares());
        let saving = self.saving.state(self.preferences.view.compares()).remark();
        [note, past, opening, missing, mismatch, saving].into_iter().flatten().collect()
    }
}

fn veil_while_dropping(ui: &Ui) {
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

/// Frames wake the window by themselves. Where none come, ages and countdowns still have to move; `saving`: that of a video
/// that is being saved.
fn wake_for_figures(ctx: &Context, state: &SourceState, saving: bool) {
    let moving = !matches!(state, SourceState::Paused | SourceState::Ended);
    if moving || saving {
        ctx.request_repaint_after(Duration::from_millis(500));
    }
}
