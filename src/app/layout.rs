//! The window's layout: which panel stands where, and what stands in the picture's place.

use std::time::{Duration, Instant};

use egui::{Button, CentralPanel, Context, Frame as PanelFrame, Margin, Panel, ScrollArea, Ui, vec2};

use super::action::{self, Action};
use super::boxes::Boxes;
use super::picture::{self, Picture};
use super::toolbar::Toolbar;
use super::viewer::Viewer;
use super::{controls, help, list, palette, theme};
use crate::engine::{ModelPhase, Observation, SourceState, Status};
use crate::source::SourceRequest;

/// An opening that takes longer than this is told; one that does not would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);

impl Viewer {
    /// Paints the window into `ui`, which is all of it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = action::pressed(ui.ctx());
        let status = self.engine.status();
        self.paint_new();
        self.remember_model(&status);
        if let Some(left) = self.status.refresh(Instant::now(), || status.clone()) {
            ui.ctx().request_repaint_after(left);
        }
        // Here, and not where the engine is asked: a hidden window would see the same file dropped again and again.
        let dropped = ui.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_owned()));
        if let Some(path) = dropped {
            self.open(SourceRequest::Still(path));
        }
        self.opening = (status.source == SourceState::Opening).then(|| self.opening.unwrap_or_else(Instant::now));
        let scheme = theme::scheme(ui);
        let panel = PanelFrame::new().fill(scheme.panel).inner_margin(theme::MARGIN);

        Panel::top("toolbar").exact_size(48.0).frame(panel).show(ui, |ui| {
            let toolbar = Toolbar {
                request: &self.settings.source,
                description: status.description.as_ref(),
                recent: &self.recent,
                choices: &self.choices,
                model: &self.settings.models[0],
                model_state: status.models.first(),
                paused: self.settings.paused,
                can_pause: self.can_pause(),
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
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                controls::thresholds(ui, &mut self.preferences, &mut actions);
                let model = status.models.first().and_then(|m| m.running.as_deref());
                controls::facts(ui, status.description.as_ref(), model);
            });
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
        // On a screenshot that was asked for, nobody points.
        let pointing = self.screenshot.is_none();
        let listed = listed.inner.filter(|_| pointing);
        let pointed =
            CentralPanel::no_frame().frame(middle).show(ui, |ui| self.picture(ui, &status, listed, &mut actions));
        let highlighted = listed.or(pointed.inner.filter(|_| pointing));
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

    /// Paints the picture; `listed` is the detection whose row is pointed at. Gives the one whose box is.
    fn picture(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        listed: Option<usize>,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        let Some(seen) = &self.seen else {
            Self::explain_nothing(ui, status, actions);
            return None;
        };
        let observation = &seen.observation;
        // Without a model that works there is still a picture to look at.
        let boxes = observation.outputs.first().map(|output| Boxes {
            detections: &seen.detections,
            classes: &output.model.form.classes,
            highlighted: listed,
            labels: self.preferences.labels,
        });
        // Boxes of the last good model must not pass for those of the one asked for.
        let instead = observation.outputs.first().map(|o| format!(" · these boxes are {}'s", o.model.name));
        let missing = model_failure(status).map(|m| m + &instead.unwrap_or_default());
        let slow = self.opening.is_some_and(|since| since.elapsed() >= PATIENCE);
        let stale = stale(&status.source, observation, slow);
        let picture = Picture {
            texture: &self.texture,
            size: observation.frame.size(),
            boxes,
            is_live: stale.is_none(),
            points: self.screenshot.is_none(),
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
            for (text, action) in [
                ("Try again", Action::Reopen),
                ("Open an image", Action::ChooseImage),
                ("Show the demo", Action::Open(SourceRequest::Demo)),
            ] {
                if ui.add(Button::new(text).min_size(vec2(150.0, 0.0))).clicked() {
                    actions.push(action);
                }
            }
        });
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
