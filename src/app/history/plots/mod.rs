//! Agreement, lost and gained boxes, and latencies over time: the way back to any frame that is kept.
//!
//! ```text
//! Timeline ── Curves (two points a column of pixels) ── Chart ×3 ─┐
//! Ring ────── TimeRange (shown, kept) ──────────────────┘         ├─▶ Action
//!             row: kept, pause below, steps, reach ───────────────┘
//! ```

pub mod chart;
mod curves;
pub mod input;
mod legend;
mod row;
#[cfg(test)]
mod tests;
mod time_range;

use std::time::{Duration, Instant};

use egui::{Response, Ui};
use egui_plot::LineStyle;

use crate::app::action::{Action, HistoryAction};
use crate::app::preferences::Preferences;
use crate::app::ui::palette::{self, PlotScheme};
use crate::app::ui::theme;
use crate::history::{FrameFigures, Record, Stage, Timeline};
use chart::{Chart, Pen, curve, diamonds};
use curves::{Curves, StageCurves};
use input::PlotInput;
use legend::{LegendEntry, Sample};
use time_range::{Reach, TimeRange, ago};

/// Of one plot, with its numbers, in points.
const HEIGHT: f32 = 118.0;

/// Below this width, there is no room for all plots side by side.
const NARROW: f32 = 720.0;

/// Up to this number of records, curves are rebuilt for every frame: that takes a fraction of a millisecond.
const FEW: usize = 4000;

/// Where there are more, a pixel is more than a tenth of a second, and nobody sees that it is this late.
const LATE: Duration = Duration::from_millis(250);

/// What is shown, and what is kept from frame to frame.
pub struct PlotState {
    reach: Reach,
    /// Which plot is shown where there is room for one.
    tab: Tab,
    view: TimeRange,
    curves: Curves,
    made: Option<Made>,
}

impl Default for PlotState {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            tab: Tab::Agreement,
            view: TimeRange::default(),
            curves: Curves::default(),
            made: None,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Tab {
    Agreement,
    Boxes,
    Latency,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Agreement, Self::Boxes, Self::Latency];

    fn label(self) -> &'static str {
        match self {
            Self::Agreement => "Agreement",
            Self::Boxes => "Boxes",
            Self::Latency => "Latency",
        }
    }
}

/// When the curves were made, and what of.
struct Made {
    at: Instant,
    reach: Reach,
    width: f64,
}

impl PlotState {
    /// Paints the row of controls and the plots, about 170 points high, as wide as `ui`.
    pub fn ui(&mut self, ui: &mut Ui, input: &PlotInput<'_>, preferences: &mut Preferences, actions: &mut Vec<Action>) {
        row::show(ui, &mut self.reach, input, preferences, actions);
        show(ui, self, input, actions);
    }
}

fn show(ui: &mut Ui, state: &mut PlotState, input: &PlotInput<'_>, actions: &mut Vec<Action>) {
    state.view.update(state.reach, input);
    let compared = {
        let last = input.timeline.last();
        last.is_some_and(|record| record.figures.is_some()) || !state.curves.agreement.points().is_empty()
    };
    let tabs: Vec<Tab> = match (compared, ui.available_width() < NARROW) {
        // One model alone has nothing to agree with.
        (false, _) => vec![Tab::Latency],
        (true, true) => vec![tab(ui, &mut state.tab)],
        (true, false) => Tab::ALL.to_vec(),
    };
    let width = f64::from(ui.available_width()) / tabs.len() as f64;
    make(state, input.timeline, width);

    // For the frame under the pointer, or else the current one.
    let at = state.view.pointed.or(state.view.in_sight);
    let read = at.and_then(|at| input.timeline.nearest(at)).or_else(|| input.timeline.last());
    let read = read.map(|record| judged(record, input));
    let mut pointed = None;
    ui.columns(tabs.len(), |columns| {
        for (ui, tab) in columns.iter_mut().zip(&tabs) {
            ui.spacing_mut().item_spacing.y = 2.0;
            let (response, at) = show_one(ui, *tab, state, input, read);
            if let Some(at) = at {
                pointed = Some(at);
                explain(&response, at, input, actions);
            }
        }
    });
    if state.view.pointed != pointed {
        state.view.pointed = pointed;
        // The other plots show it in the next frame.
        ui.ctx().request_repaint();
    }
}

/// One above the other would be too high: a choice of one.
fn tab(ui: &mut Ui, chosen: &mut Tab) -> Tab {
    ui.horizontal(|ui| {
        for tab in Tab::ALL {
            ui.selectable_value(chosen, tab, tab.label()).on_hover_text("Select a plot");
        }
    });
    *chosen
}

/// The newest frame may not be judged yet; until then, the previous one is used.
fn judged<'a>(record: &'a Record, input: &PlotInput<'a>) -> &'a Record {
    let is_newest = input.timeline.last().is_some_and(|last| last.sequence == record.sequence);
    if record.figures.is_some() || !is_newest {
        return record;
    }
    input.timeline.records().rev().take(10).find(|r| r.figures.is_some()).unwrap_or(record)
}

/// Fills the curves where they are not what they should be.
fn make(state: &mut PlotState, timeline: &Timeline, width: f64) {
    let TimeRange { from, until, .. } = state.view;
    let few = timeline.between(from, until).len() <= FEW;
    let good = |made: &Made| !few && made.reach == state.reach && made.width == width && made.at.elapsed() < LATE;
    if !state.made.as_ref().is_some_and(good) {
        state.curves.fill(timeline, from, until, (until - from) / width.max(1.0));
        state.made = Some(Made { at: Instant::now(), reach: state.reach, width });
    }
}

/// Tells about a plot what is under the pointer, and where a click leads.
fn explain(response: &Response, at: f64, input: &PlotInput<'_>, actions: &mut Vec<Action>) {
    let Some(record) = input.timeline.nearest(at) else { return };
    let nearest = input.ring.nearest(record.sequence);
    let newest = input.timeline.last().map_or(0.0, |last| last.seconds);
    let time = |sequence| input.timeline.get(sequence).map_or(0.0, |record| newest - record.seconds);
    let hint = match nearest {
        Some(kept) if kept == record.sequence => "Click to show this frame".to_owned(),
        Some(kept) => {
            format!("This frame is no longer stored. Click to show the nearest stored one: {}", ago(time(kept)))
        }
        None => "No frame stored yet".to_owned(),
    };
    let old = if input.timeline.is_current(record) { "" } else { "\nComputed at earlier settings" };
    let text = format!("{}\n{hint}{old}", ago(newest - record.seconds));
    let asked = response.clicked() || response.dragged();
    response.clone().on_hover_text_at_pointer(text);
    let wanted = nearest.filter(|kept| asked && input.in_sight != Some(*kept));
    actions.extend(wanted.map(|kept| Action::History(HistoryAction::GoTo(kept))));
}

fn show_one(
    ui: &mut Ui,
    tab: Tab,
    state: &PlotState,
    input: &PlotInput<'_>,
    read: Option<&Record>,
) -> (Response, Option<f64>) {
    let colours = palette::plots(ui.visuals().dark_mode);
    match tab {
        Tab::Agreement => agreement(ui, state, input, read, colours),
        Tab::Boxes => boxes(ui, state, read, colours),
        Tab::Latency => latency(ui, state, input, read, colours),
    }
}

fn agreement(
    ui: &mut Ui,
    state: &PlotState,
    input: &PlotInput<'_>,
    read: Option<&Record>,
    colours: &PlotScheme,
) -> (Response, Option<f64>) {
    let pen = Pen::solid(colours.agreement, 1.6);
    let now = read.and_then(|record| record.figures).map_or_else(|| "–".to_owned(), |f| format!("{:.2}", f.f1));
    let entries = [LegendEntry { name: "F1", value: now.clone(), pen, sample: Sample::Line }];
    legend::show(ui, "Agreement", "F1 score of A's and B's boxes: 1 if they agree completely", &entries);
    let below = input.pause_below.map(f64::from);
    let warning = theme::scheme(ui).warning;
    let curves = &state.curves;
    let chart = Chart {
        id: "agreement",
        name: format!("Agreement over time: {now}"),
        height: HEIGHT,
        y: -0.06..=1.08,
        marks: &[0.0, 0.5, 1.0],
    };
    chart.show(ui, &state.view, move |plot| {
        if let Some(y) = below {
            let line = egui_plot::HLine::new("pause below", y).stroke(egui::Stroke::new(1.0, warning));
            plot.hline(line.style(LineStyle::dashed_loose()).allow_hover(false));
        }
        curve(plot, "agreement", &curves.agreement, pen);
    })
}

fn boxes(ui: &mut Ui, state: &PlotState, read: Option<&Record>, colours: &PlotScheme) -> (Response, Option<f64>) {
    let filled = |colour| Pen { filled: true, ..Pen::solid(colour, 1.2) };
    let [gained, lost] = [colours.gained, colours.lost].map(filled);
    let figures = read.and_then(|record| record.figures);
    let count = |of: fn(&FrameFigures) -> u16| figures.as_ref().map_or_else(|| "–".to_owned(), |f| of(f).to_string());
    let [n_gained, n_lost, n_flips] = [count(|f| f.gained), count(|f| f.lost), count(|f| f.flips)];
    let name = format!("Gained and lost boxes over time: {n_gained} gained, {n_lost} lost, {n_flips} class changed");
    let entries = [
        LegendEntry { name: "gained", value: n_gained, pen: gained, sample: Sample::Up },
        LegendEntry { name: "lost", value: n_lost, pen: lost, sample: Sample::Down },
        LegendEntry {
            name: "class changed",
            value: n_flips,
            pen: Pen::solid(colours.flips, 1.0),
            sample: Sample::Diamond,
        },
    ];
    legend::show(
        ui,
        "Boxes",
        "Per frame: up, boxes found by B only; down, boxes found by A only; diamonds, boxes whose class changed",
        &entries,
    );
    let curves = &state.curves;
    let deepest = curves.lost.points().iter().map(|p| -p.y).fold(0.0, f64::max);
    let [top, bottom] = [curves.gained.top(), deepest].map(|most| most.max(1.0));
    let step = nice((top + bottom) / 4.0).max(1.0);
    let marks: Vec<f64> =
        ((-bottom / step).floor() as i64..=(top / step).ceil() as i64).map(|i| i as f64 * step).collect();
    let room = (top + bottom) * 0.12;
    let chart = Chart { id: "boxes", name, height: HEIGHT, y: -bottom - room..=top + room, marks: &marks };
    chart.show(ui, &state.view, |plot| {
        curve(plot, "gained", &curves.gained, gained);
        curve(plot, "lost", &curves.lost, lost);
        diamonds(plot, "class changed", &curves.flips, colours.flips);
    })
}

fn latency(
    ui: &mut Ui,
    state: &PlotState,
    input: &PlotInput<'_>,
    read: Option<&Record>,
    colours: &PlotScheme,
) -> (Response, Option<f64>) {
    let swapped = input.timeline.setting().is_some_and(|setting| setting.swapped);
    let slots = if swapped { [1, 0] } else { [0, 1] };
    let curves = &state.curves;
    let stages = [
        (Stage::Inference(slots[0]), input.names[0], colours.a, &curves.inference[slots[0]]),
        (Stage::Inference(slots[1]), input.names[1], colours.b, &curves.inference[slots[1]]),
        (Stage::Letterbox, "letterbox", colours.letterbox, &curves.letterbox),
    ];
    let of = |stage| read.and_then(|record: &Record| record.latency(stage));
    let shown = stages.iter().filter(|(stage, ..)| of(*stage).is_some());
    let entries: Vec<LegendEntry<'_>> = shown
        .map(|(stage, name, colour, _)| {
            let value = of(*stage).map_or_else(String::new, |latency| format!("{:.1}", latency.p50));
            LegendEntry { name, value, pen: Pen::solid(*colour, 1.6), sample: Sample::Line }
        })
        .collect();
    let about = "Latency per stage over the last 120 frames: solid p50, dashed p95, dotted p99. Faint: each frame.";
    legend::show(ui, "Latency ms", about, &entries);
    let list: Vec<String> = entries.iter().map(|e| format!("{} {} ms", e.name, e.value)).collect();
    let top = stages.iter().map(|(.., curves)| curves.p99.top()).fold(1.0, f64::max);
    let step = nice(top / 3.0);
    let marks: Vec<f64> = (0..5).map(|i| f64::from(i) * step).collect();
    let name = format!("Latency over time: {}", list.join(", "));
    let chart = Chart { id: "latency", name, height: HEIGHT, y: -top * 0.04..=top * 1.2, marks: &marks };
    chart.show(ui, &state.view, |plot| {
        for (_, _, colour, StageCurves { now, p50, p95, p99 }) in stages {
            curve(plot, "frames", now, Pen::solid(colour.gamma_multiply(0.3), 1.0));
            curve(plot, "p99", p99, Pen { style: LineStyle::Dotted { spacing: 4.0 }, ..Pen::solid(colour, 0.8) });
            curve(plot, "p95", p95, Pen { style: LineStyle::Dashed { length: 5.0 }, ..Pen::solid(colour, 1.0) });
            curve(plot, "p50", p50, Pen::solid(colour, 1.7));
        }
    })
}

/// The next of 1, 2, 5, 10, 20, 50, … and of their tenths.
fn nice(least: f64) -> f64 {
    let ten = 10f64.powf(least.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * ten).into_iter().find(|step| *step >= least).unwrap_or(least)
}
