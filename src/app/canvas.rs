//! The middle of the window: the picture in its view, or what stands in its place.

use std::time::Duration;

use egui::{Button, Ui, vec2};

use super::action::{self, Action};
use super::boxes::Boxes;
use super::fault::{self, Fault};
use super::marks::{self, Wanted};
use super::pickers::shortened;
use super::picture::{self, Layer, Panes, Picture};
use super::view::{View, Which};
use super::viewer::Viewer;
use crate::compare::Arrow;
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
        fault: Option<&Fault>,
        listed: Option<usize>,
        chosen: Option<usize>,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        let Some(observation) = self.sight.observation().cloned() else {
            explain_nothing(ui, status, fault, actions);
            return None;
        };
        // A frame of the history is not taken for a live one, and is there to be looked at.
        let fault = fault.filter(|_| !self.past.is_held());
        let remarks = self.remarks(status, &observation);
        let is_live = fault.is_none() && !self.opens_slowly(status);
        self.grey(ui, &observation, !is_live);
        // A side that is looked at alone, while its key is held.
        let alone = action::held(ui.ctx()).filter(|_| self.preferences.view.compares());
        let view = if alone.is_some() { View::Single } else { self.preferences.view };
        self.draw(view, alone.unwrap_or(Which::A), Arrow::Sign);

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
            remarks,
        };
        let whole = ui.available_rect_before_wrap();
        let touched = picture.show(ui, &mut self.viewport);
        if let Some(fault) = fault {
            fault.show(ui, whole, observation.times.captured.elapsed(), actions);
        }
        self.area = Some(touched.area);
        if let Some(chosen) = touched.chosen.filter(|_| self.preferences.view.compares()) {
            self.choose(chosen);
        }
        touched.pointed
    }

    /// Makes the marks of a view; of the single one, those of `alone`.
    pub(super) fn draw(&mut self, view: View, alone: Which, arrow: Arrow) {
        let wanted = Wanted { classes: &self.classes, kinds: self.pairs.kinds(), arrow };
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
                format!("{letter} · {} · {seen} {boxes}", shortened(&output.model.name))
            }
            None => format!("{letter} · {} has not looked at this frame", self.duo.request(which).label()),
        }
    }

    /// What must stay in sight on the picture.
    fn remarks(&self, status: &Status, observation: &Observation) -> Vec<String> {
        // Boxes of the last good model must not pass for those of the one asked for.
        let failed = status.models.iter().find_map(|m| match &m.phase {
            ModelPhase::Failed { message } => Some((message, &m.running)),
            ModelPhase::Loading | ModelPhase::Ready => None,
        });
        let missing = failed.map(|(message, running)| match running {
            Some(running) => format!("{message} · these boxes are {}'s", running.name),
            None => message.clone(),
        });
        let opening = self.opens_slowly(status).then(|| "opening the source …".to_owned());
        let past = self.past.remark(observation);
        let mismatch = self.sight.mismatch().filter(|_| self.preferences.view.compares());
        [self.note(observation), past, opening, missing, mismatch].into_iter().flatten().collect()
    }

    /// The source's own remark, unless it is out of date.
    fn note(&self, observation: &Observation) -> Option<String> {
        let note = observation.description.note.clone()?;
        let camera = self.cameras.list().first().filter(|_| self.settings.source == SourceRequest::Auto);
        Some(camera.map_or(note, |camera| format!("demo: {} is there now, choose it as the source", camera.name)))
    }

    /// The source is being opened, and that takes so long that what is in sight must not look live.
    fn opens_slowly(&self, status: &Status) -> bool {
        status.source == SourceState::Opening && self.opening.is_some_and(|since| since.elapsed() >= PATIENCE)
    }

    /// What is wrong with the source.
    pub(super) fn fault(&self, status: &Status) -> Option<Fault> {
        let camera = self.camera_in_use(status);
        let named = status.description.as_ref().map(|d| d.name.clone());
        let name = named.or_else(|| camera.as_ref().map(|c| c.name.clone())).unwrap_or_else(|| "the source".into());
        Fault::of(&status.source, &name, camera.is_some(), self.is_camera_absent(status))
    }

    /// Takes the colours from the frame in sight, or gives them back.
    fn grey(&mut self, ui: &Ui, observation: &Observation, grey: bool) {
        if self.texture.is_grey() != grey {
            self.texture.set_grey(grey);
            self.upload(ui.ctx(), observation);
        }
    }
}

/// What stands in the picture's place.
fn explain_nothing(ui: &mut Ui, status: &Status, fault: Option<&Fault>, actions: &mut Vec<Action>) {
    let (title, text, busy) = match (fault, &status.source) {
        (Some(Fault { title, text, next }), _) => {
            let next = next.as_ref().map_or_else(String::new, |next| format!("\n{}", fault::sentence(next)));
            (*title, format!("{text}{next}"), false)
        }
        (None, SourceState::Opening) => ("Opening the source …", String::new(), true),
        (None, _) => match model_failure(status) {
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

fn model_failure(status: &Status) -> Option<String> {
    status.models.iter().find_map(|m| match &m.phase {
        ModelPhase::Failed { message } => Some(message.clone()),
        ModelPhase::Loading | ModelPhase::Ready => None,
    })
}
