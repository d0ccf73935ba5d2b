//! The middle of the window: the picture in its view, or what stands in its place.

use egui::{Button, Ui, vec2};

use super::FrameView;
use super::boxes::Boxes;
use super::legend::Legend;
use super::marks::BoxFilter;
use super::picture::{self, Layer, Panes, Picture};
use super::{readout, truth_marks};
use crate::app::action::{Action, PairsAction, PictureAction, SourceAction, shortcuts};
use crate::app::models::picker::shortened;
use crate::app::source::problem::{SourceProblem, sentence};
use crate::app::view::{Side, View};
use crate::engine::{ModelPhase, SourceState, Status};
use crate::source::SourceRequest;

/// What a click does, until it was done once.
const CLICKS: &str = "Click a box to see why it differs";

/// What the picture is shown with.
pub struct CanvasInput<'a> {
    pub status: &'a Status,
    pub problem: Option<&'a SourceProblem>,
    pub view: View,
    pub filter: BoxFilter<'a>,
    /// The target that is pointed at elsewhere.
    pub listed: Option<usize>,
    /// The target whose details are shown.
    pub selected: Option<usize>,
    pub labels: bool,
    pub bar_follows: bool,
    /// False: the picture is greyed.
    pub is_live: bool,
    /// Whether a pointer over a box highlights it.
    pub points: bool,
    /// Where two models are compared, it says what the lines mean.
    pub legend: bool,
    /// Where two models are compared, it says what a click does.
    pub tells_clicks: bool,
    /// What must stay on the picture.
    pub remarks: Vec<String>,
    /// What A and B were asked to be.
    pub names: [&'a str; 2],
}

impl FrameView {
    /// Paints the picture into all of `ui`. Gives the target whose box is pointed at.
    pub fn ui(&mut self, ui: &mut Ui, mut input: CanvasInput<'_>, actions: &mut Vec<Action>) -> Option<usize> {
        let Some(observation) = self.current.observation().cloned() else {
            if self.preview.is_some() && input.problem.is_none() {
                self.preview_ui(ui, input.view, input.bar_follows);
            } else {
                explain_nothing(ui, input.status, input.problem, actions);
            }
            return None;
        };
        if self.texture.is_grey() == input.is_live {
            self.texture.set_grey(!input.is_live);
            self.upload(ui.ctx(), &observation);
        }
        let compares = input.view.compares();
        // A side that is shown alone, while its key is held.
        let alone = shortcuts::held(ui.ctx()).filter(|_| compares);
        let view = if alone.is_some() { View::Single } else { input.view };
        self.draw(view, alone.unwrap_or(Side::A), compares, &input.filter);

        let badges = Side::BOTH.map(|which| self.badge(which, &input));
        let whole = ui.available_rect_before_wrap();
        let pairs = self.current.comparison().filter(|_| compares && alone.is_none());
        let models = Side::BOTH
            .map(|which| self.current.output(which).map_or_else(String::new, |output| shortened(&output.model.name)));
        let models = models.each_ref().map(String::as_str);
        let legend = pairs
            .filter(|_| input.legend)
            .and_then(|_| Legend::new(ui.painter(), whole, view, self.current.truth().is_some(), models));
        if input.tells_clicks && pairs.is_some_and(|pairs| !pairs.verdicts().is_empty()) {
            input.remarks.push(CLICKS.to_owned());
        }
        let single = [alone.unwrap_or(Side::A)];
        let sides: &[Side] = if view == View::Single { &single } else { &Side::BOTH };
        let known = truth_marks::summary(&self.current, &input.filter, sides);
        input.remarks.extend((!known.is_empty()).then_some(known));
        let [of_a, of_b] = &self.marks;
        let [truth_a, truth_b] = &self.truth_marks;
        let layer = |marks, truth, badge: String| Layer {
            boxes: Boxes { marks, highlighted: input.listed, chosen: input.selected, labels: input.labels },
            truth,
            badge,
        };
        let panes = match view {
            View::Single => {
                let badge = alone.map_or_else(String::new, |which| badges[which.index()].clone());
                Panes::One(layer(of_a, truth_a, badge))
            }
            View::Overlay => Panes::One(layer(of_a, truth_a, badges.join("   ·   "))),
            View::Split | View::SideBySide => {
                let [a, b] = badges;
                let layers = [layer(of_a, truth_a, a), layer(of_b, truth_b, b)];
                self.split_bar.follows = input.bar_follows;
                if view == View::Split { Panes::Split(layers, &mut self.split_bar) } else { Panes::Beside(layers) }
            }
        };
        let picture = Picture {
            texture: &self.texture,
            name: &observation.description.name,
            size: observation.frame.size(),
            panes,
            is_live: input.is_live,
            points: input.points,
            remarks: input.remarks,
            legend: legend.as_ref().map(|legend| legend.rect),
        };
        let touched = picture.show(ui, &mut self.viewport);
        if legend.is_some_and(|legend| legend.show(ui)) {
            actions.push(Action::Picture(PictureAction::ToggleLegend));
        }
        // Not while the picture is moved.
        if let Some(target) = touched.pointed.filter(|_| ui.input(|i| !i.pointer.any_down())) {
            readout::show(ui, &self.current, target, compares);
        }
        if let Some(problem) = input.problem {
            problem.ui(ui, whole, observation.times.captured.elapsed(), actions);
        }
        self.area = Some(touched.area);
        actions.extend(touched.chosen.filter(|_| compares).map(|verdict| Action::Pairs(PairsAction::Select(verdict))));
        touched.pointed
    }

    /// "A · FP32 · 12 boxes"
    fn badge(&self, which: Side, input: &CanvasInput<'_>) -> String {
        let letter = which.letter();
        match self.current.output(which) {
            Some(output) => {
                let is_shown = |class_id| input.filter.classes.contains(class_id);
                let shown = self.current.detections(which).iter().filter(|d| is_shown(d.class_id)).count();
                let boxes = if shown == 1 { "box" } else { "boxes" };
                format!("{letter} · {} · {shown} {boxes}", shortened(&output.model.name))
            }
            None => format!("{letter} · {} has not processed this frame", input.names[which.index()]),
        }
    }
}

/// What stands in the picture's place.
fn explain_nothing(ui: &mut Ui, status: &Status, problem: Option<&SourceProblem>, actions: &mut Vec<Action>) {
    let (title, text, busy) = match (problem, &status.source) {
        (Some(SourceProblem { title, text, next, .. }), _) => {
            let next = next.as_ref().map_or_else(String::new, |next| format!("\n{}", sentence(next)));
            (*title, format!("{text}{next}"), false)
        }
        (None, SourceState::Opening) => ("Opening…", String::new(), true),
        (None, _) => match model_failure(status) {
            Some(message) => ("No model", message, false),
            None => ("Waiting for first frame…", String::new(), true),
        },
    };
    let offers_demo = problem.is_none_or(|problem| problem.offers_demo);
    picture::placeholder(ui, title, &text, busy, |ui| {
        if busy {
            return;
        }
        for (text, action) in [
            ("Try again", SourceAction::Reopen),
            ("Open files…", SourceAction::ChooseFiles),
            ("Open folder…", SourceAction::ChooseFolder),
            ("Show the demo", SourceAction::Open(SourceRequest::Demo)),
        ] {
            let is_demo = action == SourceAction::Open(SourceRequest::Demo);
            if is_demo && !offers_demo {
                continue;
            }
            if ui.add(Button::new(text).min_size(vec2(150.0, 0.0))).clicked() {
                actions.push(Action::Source(action));
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
