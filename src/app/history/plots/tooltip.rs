//! The figures of the frame under the pointer, beside the pointer.

use egui::{Grid, Response, RichText, Ui};

use super::input::PlotInput;
use super::time_range::ago;
use crate::app::action::{Action, HistoryAction};
use crate::app::ui::theme;
use crate::history::{Latency, Record, Stage};

/// Tells of a plot what is under the pointer at this time, and where a click leads; a click or a drag goes there.
pub fn explain(response: &Response, at: f64, input: &PlotInput<'_>, actions: &mut Vec<Action>) {
    let Some(record) = input.timeline.nearest(at) else { return };
    let nearest = input.ring.nearest(record.sequence);
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(RichText::new(before_newest(record, input)).strong());
        figures_ui(ui, &figures(record, input));
        for line in notes(record, nearest, input) {
            ui.label(RichText::new(line).small().weak());
        }
    });
    let asked = response.clicked() || response.dragged();
    let wanted = nearest.filter(|kept| asked && input.in_sight != Some(*kept));
    actions.extend(wanted.map(|kept| Action::History(HistoryAction::GoTo(kept))));
}

fn figures_ui(ui: &mut Ui, figures: &[(String, String)]) {
    Grid::new("figures of a frame").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
        for (name, value) in figures {
            ui.label(RichText::new(name).small().weak());
            ui.label(RichText::new(value).font(theme::digits()));
            ui.end_row();
        }
    });
}

/// "−22 s"
pub fn before_newest(record: &Record, input: &PlotInput<'_>) -> String {
    let newest = input.timeline.last().map_or(record.seconds, |last| last.seconds);
    ago(newest - record.seconds)
}

/// Names and values of all that is known of a frame.
pub fn figures(record: &Record, input: &PlotInput<'_>) -> Vec<(String, String)> {
    let mut figures: Vec<(String, String)> = Vec::new();
    if let Some(of) = &record.figures {
        figures.push(("Agreement (F1)".into(), of.known_f1().map_or_else(|| "–".into(), |f1| format!("{f1:.3}"))));
        let counts = [("Lost", of.lost), ("Gained", of.gained), ("Class changed", of.flips)];
        figures.extend(counts.map(|(name, count)| (name.into(), count.to_string())));
    }
    for (stage, name) in stages(input) {
        if let Some(Latency { now, p50, .. }) = record.latency(stage) {
            figures.push((name.into(), format!("{now:.1} ms (p50 {p50:.1})")));
        }
    }
    figures
}

/// What has a latency, A's and B's models first, and its name.
pub fn stages<'a>(input: &PlotInput<'a>) -> [(Stage, &'a str); 3] {
    let swapped = input.timeline.setting().is_some_and(|setting| setting.swapped);
    let [a, b] = if swapped { [1, 0] } else { [0, 1] };
    let [name_a, name_b] = input.names;
    [(Stage::Inference(a), name_a), (Stage::Inference(b), name_b), (Stage::Letterbox, "letterbox")]
}

fn notes(record: &Record, nearest: Option<u64>, input: &PlotInput<'_>) -> Vec<String> {
    let click = match nearest {
        Some(kept) if kept == record.sequence => "Click to show this frame".to_owned(),
        Some(kept) => {
            let when = input.timeline.get(kept).map_or_else(String::new, |kept| before_newest(kept, input));
            format!("This frame is no longer stored. Click to show the nearest stored one: {when}")
        }
        None => "No frame stored yet".to_owned(),
    };
    let old = (!input.timeline.is_current(record)).then(|| "Computed at earlier settings".to_owned());
    std::iter::once(click).chain(old).collect()
}
