//! The middle of the window: the picture in its view, or what stands in its place.

use std::time::Duration;

use egui::{Button, Ui, vec2};

use super::action::{self, Action};
use super::boxes::Boxes;
use super::marks::{self, Wanted};
use super::picture::{self, Layer, Panes, Picture};
use super::view::{View, Which};
use super::viewer::Viewer;
use crate::engine::{ModelPhase, Observation, SourceState, Status};
use crate::source::SourceRequest;

/// An opening that takes longer than this is told; one that does not would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);

impl Viewer {
    /// Paints the picture; `listed` is the target whose row is pointed at, `chosen` the one whose details are shown.
    /// Gives the one whose box is pointed at.
    pub(super) fn canvas(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        listed: Option<usize>,
        chosen: Option<usize>,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        let Some(observation) = self.sight.observation().cloned() else {
            Self::explain_nothing(ui, status, actions);
            return None;
        };
        let remarks = self.remarks(status, &observation);
        let is_live = !remarks.stale;
        // A side that is looked at alone, while its key is held.
        let alone = action::held(ui.ctx()).filter(|_| self.preferences.view.compares());
        let view = if alone.is_some() { View::Single } else { self.preferences.view };
        self.draw(view, alone.unwrap_or(Which::A));

        let badges = Which::BOTH.map(|which| self.badge(which));
        let [of_a, of_b] = &self.marks;
        let layer = |marks, badge: String| Layer {
            boxes: Boxes { marks, highlighted: listed, chosen, labels: self.preferences.labels },
            badge,
        };
        let panes = match view {
            View::Single => {
                let badge = alone.map_or_else(String::new, |which| badges[which.index()].clone());
                Panes::One(layer(of_a, badge))
            }
            View::Overlay => Panes::One(layer(of_a, badges.join("   ·   "))),
            View::Split | View::SideBySide => {
                let [a, b] = badges;
                let layers = [layer(of_a, a), layer(of_b, b)];
                self.bar.follows = self.preferences.bar_follows;
                if view == View::Split { Panes::Split(layers, &mut self.bar) } else { Panes::Beside(layers) }
            }
        };
        let picture = Picture {
            texture: &self.texture,
            size: observation.frame.size(),
            panes,
            is_live,
            points: self.screenshot.is_none(),
            remarks: remarks.lines,
        };
        let touched = picture.show(ui, &mut self.viewport);
        self.area = Some(touched.area);
        if let Some(chosen) = touched.chosen.filter(|_| self.preferences.view.compares()) {
            self.choose(chosen);
        }
        touched.pointed
    }

    /// Makes the marks of a view; of the single one, those of `alone`.
    pub(super) fn draw(&mut self, view: View, alone: Which) {
        let wanted = Wanted { classes: &self.classes, kinds: self.pairs.kinds() };
        let [first, second] = &mut self.marks;
        let compared = self.preferences.view.compares();
        match (view, self.sight.comparison(), self.sight.classes()) {
            (View::Overlay, Some(comparison), Some(classes)) => marks::of_both(comparison, classes, &wanted, first),
            (View::Split | View::SideBySide, ..) => {
                marks::of_side(&self.sight, Which::A, &wanted, compared, first);
                marks::of_side(&self.sight, Which::B, &wanted, compared, second);
            }
            (View::Single | View::Overlay, ..) => marks::of_side(&self.sight, alone, &wanted, compared, first),
        }
    }

    /// "A · FP32 · 12 boxes"
    fn badge(&self, which: Which) -> String {
        let letter = which.letter();
        match self.sight.output(which) {
            Some(output) => {
                let seen = self.sight.detections(which).iter().filter(|d| self.classes.contains(d.class_id)).count();
                let boxes = if seen == 1 { "box" } else { "boxes" };
                format!("{letter} · {} · {seen} {boxes}", output.model.name)
            }
            None => format!("{letter} · {} has not looked at this frame", self.duo.model(which).label()),
        }
    }

    /// What must stay in sight on the picture.
    fn remarks(&self, status: &Status, observation: &Observation) -> Remarks {
        // Boxes of the last good model must not pass for those of the one asked for.
        let failed = status.models.iter().find_map(|m| match &m.phase {
            ModelPhase::Failed { message } => Some((message, &m.running)),
            ModelPhase::Loading | ModelPhase::Ready => None,
        });
        let missing = failed.map(|(message, running)| match running {
            Some(running) => format!("{message} · these boxes are {}'s", running.name),
            None => message.clone(),
        });
        let slow = self.opening.is_some_and(|since| since.elapsed() >= PATIENCE);
        let stale = stale(&status.source, observation, slow);
        let past = self.past.remark(observation);
        let mismatch = self.sight.mismatch().filter(|_| self.preferences.view.compares());
        Remarks {
            stale: stale.is_some(),
            lines: [observation.description.note.clone(), past, stale, missing, mismatch]
                .into_iter()
                .flatten()
                .collect(),
        }
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
}

/// What is written on the picture.
struct Remarks {
    lines: Vec<String>,
    /// The picture is old, and must not look live.
    stale: bool,
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
