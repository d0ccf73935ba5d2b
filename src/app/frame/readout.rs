//! What both models say of the box under the pointer, beside the pointer.

use egui::{Grid, PopupAnchor, RichText, Tooltip, Ui};

use super::current::CurrentFrame;
use crate::app::models::picker::shortened;
use crate::app::ui::theme;
use crate::app::view::Side;
use crate::compare::VerdictKind;
use crate::detect::Detection;

/// From the pointer, in points.
const GAP: f32 = 14.0;

/// A box in figures.
struct Readout {
    /// "person", "dog → cat", "dog · lost"
    title: String,
    /// Who has it, and the score; `None` = has it not.
    scores: Vec<(String, Option<f32>)>,
    iou: Option<f32>,
    /// What is known of it: "true", "true → badly placed"; empty = nothing.
    truth: String,
}

/// Shows the readout of a target of the picture: a verdict where two models are compared, else a detection of A.
pub fn show(ui: &Ui, frame: &CurrentFrame, target: usize, compares: bool) {
    let readout = if compares { of_verdict(frame, target) } else { of_detection(frame, target) };
    let Some(Readout { title, scores, iou, truth }) = readout else { return };
    let id = ui.scope_id().with("readout");
    let tooltip = Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id, PopupAnchor::Pointer).gap(GAP);
    tooltip.show(|ui| {
        ui.label(RichText::new(title).strong());
        let digits = |number: Option<f32>| number.map_or_else(|| "–".into(), |number| format!("{number:.3}"));
        Grid::new("readout figures").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
            let mut line = |name: &str, value: String| {
                ui.label(RichText::new(name).small().weak());
                ui.label(RichText::new(value).font(theme::digits()));
                ui.end_row();
            };
            for (name, score) in scores {
                line(&name, digits(score));
            }
            if iou.is_some() {
                line("IoU", digits(iou));
            }
            if !truth.is_empty() {
                line("Truth", truth);
            }
        });
    });
}

fn of_detection(frame: &CurrentFrame, target: usize) -> Option<Readout> {
    let (output, detection) = (frame.output(Side::A)?, frame.detections(Side::A).get(target)?);
    let title = output.model.form.classes.name(detection.class_id).to_owned();
    let truth = frame.judged().and_then(|judged| judged[Side::A.index()].boxes.get(target));
    let truth = truth.map_or_else(String::new, |truth| truth.word().to_owned());
    Some(Readout { title, scores: vec![(shortened(&output.model.name), Some(detection.score))], iou: None, truth })
}

fn of_verdict(frame: &CurrentFrame, target: usize) -> Option<Readout> {
    let (comparison, classes) = (frame.comparison()?, frame.classes()?);
    let verdict = comparison.verdicts().get(target)?;
    let boxes: [Option<Detection>; 2] = [
        verdict.a().and_then(|a| comparison.a().get(a)).copied(),
        verdict.b().and_then(|b| comparison.b().get(b)).copied(),
    ];
    let name = |detection: Detection| classes.name(detection.class_id);
    let title = match (boxes.map(|detection| detection.map(name)), verdict.kind()) {
        ([Some(a), Some(b)], VerdictKind::Flip) => format!("{a} → {b}"),
        ([Some(name), Some(_)], _) => name.to_owned(),
        ([Some(name), None] | [None, Some(name)], kind) => format!("{name} · {}", kind.word()),
        ([None, None], _) => return None,
    };
    let scores = Side::BOTH.map(|which| {
        let model = frame.output(which).map_or_else(String::new, |output| shortened(&output.model.name));
        (format!("{} · {model}", which.letter()), boxes[which.index()].map(|detection| detection.score))
    });
    Some(Readout { title, scores: scores.into(), iou: verdict.iou(), truth: frame.pair_truth(verdict).word() })
}
