//! What a person asks for, carried out.

use std::sync::Arc;

use egui::{Context, ViewportCommand};

use super::action::Action;
use super::album;
use super::dialog::Ask;
use super::pairs::Chosen;
use super::playing::Playing;
use super::view::Which;
use super::viewer::Viewer;
use super::viewport::{Area, Viewport};
use crate::engine::{Settings, SourceState};
use crate::model::ModelName;
use crate::source::SourceRequest;

impl Viewer {
    pub(super) fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Open(request) => self.open(request),
            Action::ChooseImage => self.ask(ctx, Ask::Files),
            Action::ChooseFolder => self.ask(ctx, Ask::Folder),
            Action::Paste => {
                let clipboard = Arc::clone(&self.clipboard);
                self.look_for(ctx, move || album::find_pasted(&clipboard));
            }
            Action::Copy => self.copy_picture(ctx),
            Action::Save => self.ask_where_to_save(ctx),
            Action::Reopen => self.reopen(),
            Action::Show(view) => {
                self.preferences.view = view;
                self.highlighted = None;
                self.ask_for_models(ctx);
            }
            Action::Use(which, model) => {
                self.duo.choose(which, model);
                self.ask_for_models(ctx);
            }
            Action::Compute(which, arithmetic) => {
                self.duo.compute(which, arithmetic);
                self.ask_for_models(ctx);
            }
            Action::SwitchPrecision => self.switch_precision(ctx),
            Action::Swap => self.swap(ctx),
            Action::TogglePause => self.toggle_pause(ctx),
            Action::ResetThresholds => self.preferences.reset_thresholds(),
            Action::ToggleLink => self.preferences.link(!self.preferences.linked),
            Action::ToggleHistory => self.preferences.history = !self.preferences.history,
            Action::ToggleCamera => self.toggle_camera(),
            Action::ChooseMode(asked) => self.choose_mode(asked),
            Action::Orient(orientation) => self.orient(orientation),
            Action::ToggleMirror => self.toggle_mirror(),
            Action::SetControl(id, value) => self.set_control(id, value),
            Action::ResetControl(id) => self.reset_control(id),
            Action::ResetControls => self.reset_controls(),
            Action::ToggleLayers => self.toggle_layers(ctx),
            Action::Back => self.back(),
            Action::AgreeBest => self.find_best_threshold(),
            Action::Step(by) => self.step(ctx, by),
            Action::Turn(by) => {
                if self.leafs() {
                    self.leaf(by);
                } else {
                    self.step(ctx, by);
                }
            }
            Action::Leaf(by) => self.leaf(by),
            Action::LeafTo(index) => self.leaf_to(index),
            Action::StepVideo(by) => self.step_video(ctx, by),
            Action::Seek(to) => self.seek(ctx, to),
            Action::ToggleLoop => self.toggle_loop(),
            Action::ToggleEveryFrame => self.toggle_every_frame(),
            Action::GoOn => {
                self.let_go(ctx);
                self.play_on();
                self.change(|s| s.paused = false);
            }
            Action::GoTo(sequence) => self.go_to(ctx, sequence),
            Action::ChooseNext(by) => {
                let chosen = self.find_chosen();
                if let Some(next) = self.pairs.neighbour(chosen, by).filter(|_| self.preferences.view.compares()) {
                    self.choose(Some(next));
                    self.look_at_chosen();
                }
            }
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

    /// From the history or a pause back to what comes, or the other way.
    fn toggle_pause(&mut self, ctx: &Context) {
        if self.toggle_video(ctx) {
            return;
        }
        let held = self.past.is_held();
        self.let_go(ctx);
        if self.settings.paused || (self.can_pause() && !held) {
            self.change(|s| s.paused = !s.paused);
        }
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.engine.set(self.settings.clone());
    }

    pub(super) fn open_source(&mut self, request: SourceRequest) {
        self.past.forget_place();
        self.playing = Playing::default();
        self.camera.forget();
        self.keeps_zoom = false;
        self.before = match request {
            SourceRequest::Still(_) | SourceRequest::Video(_) if self.sight.observation().is_some() => {
                Some(self.settings.source.clone())
            }
            _ => None,
        };
        self.change(|s| {
            s.source = request;
            // The same file again means: read it again.
            s.reopen += 1;
            s.paused = false;
        });
    }

    /// Shows one of the system's dialogs.
    pub(super) fn ask(&mut self, ctx: &Context, ask: Ask) {
        if let Err(e) = self.dialog.show(ctx, ask) {
            self.warn(&format!("The file dialog could not be started: {e}. Drop the file on the window."));
        }
    }

    /// The next model for A; where two are compared, one that B is not, or else the two change sides.
    fn switch_precision(&mut self, ctx: &Context) {
        let compares = self.preferences.view.compares();
        let is_free = |m: &&ModelName| !compares || *m != self.duo.model(Which::B);
        let free: Vec<&ModelName> = self.choices.iter().filter(is_free).collect();
        let now = free.iter().position(|m| *m == self.duo.model(Which::A));
        match free.get(now.map_or(0, |i| (i + 1) % free.len())) {
            Some(next) if *next != self.duo.model(Which::A) => {
                self.duo.choose(Which::A, (*next).clone());
                self.ask_for_models(ctx);
            }
            _ => self.swap(ctx),
        }
    }

    /// What A was becomes B, its thresholds with it.
    fn swap(&mut self, ctx: &Context) {
        self.duo.swap();
        self.preferences.swap_thresholds();
        self.ask_for_models(ctx);
    }

    /// Chooses a verdict of the frame in sight by index, or none.
    pub(super) fn choose(&mut self, verdict: Option<usize>) {
        self.chosen = self.sight.comparison().zip(verdict).and_then(|(c, i)| Chosen::new(c, i));
    }

    /// Where the chosen pair is among the verdicts of the frame in sight.
    pub(super) fn find_chosen(&mut self) -> Option<usize> {
        self.chosen.as_mut()?.follow(self.sight.comparison()?)
    }

    /// Zooms to the box, or to both.
    pub(super) fn look_at_chosen(&mut self) {
        let Some((found, area)) = self.find_chosen().zip(self.area) else { return };
        let Some((comparison, verdict)) = self.sight.comparison().and_then(|c| Some((c, c.verdicts().get(found)?)))
        else {
            return;
        };
        let boxes = [verdict.a().map(|i| comparison.a()[i].bbox), verdict.b().map(|j| comparison.b()[j].bbox)];
        if let Some(all) = boxes.into_iter().flatten().reduce(|x, y| x.hull(&y)) {
            self.viewport.look_at(&all, &area);
        }
    }

    /// Closes the help, or else lets go of the chosen pair.
    fn back(&mut self) {
        if self.help {
            self.help = false;
        } else if self.chosen.take().is_some() {
            self.viewport.fit();
        }
    }

    /// Tells the engine which models are to look. A swap of two that run changes nothing for it.
    fn ask_for_models(&mut self, ctx: &Context) {
        let models = self.duo.wanted(self.preferences.view);
        if models != self.settings.models {
            // A frame of the past keeps the models that looked at it; the engine looks at its own newest.
            self.let_go(ctx);
            self.change(|s| s.models = models);
        }
    }

    fn zoom(&mut self, zoom: impl FnOnce(&mut Viewport, &Area)) {
        if let Some(area) = &self.area {
            zoom(&mut self.viewport, area);
        }
    }
}
