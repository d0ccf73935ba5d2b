//! Agreement, lost and gained boxes, and latencies over time: the way back to any frame that is kept.
//!
//! ```text
//! Timeline ── Curves (two points a column of pixels) ── Chart ×3, tooltip ─┐
//! Ring ────── TimeRange (shown, kept) ──────────────────┘                  ├─▶ Action
//!             row: kept, pause below, steps, reach ────────────────────────┘
//! ```

pub mod chart;
mod curves;
pub mod input;
mod legend;
mod row;
#[cfg(test)]
mod tests;
mod time_range;
mod tooltip;

use std::time::{Duration, Instant};

use egui::{Label, Response, RichText, Ui};
use egui_plot::LineStyle;

use crate::app::action::Action;
use crate::app::panels::bottom::{BottomTab, scrolled};
use crate::app::preferences::Preferences;
use crate::app::ui::palette::{self, PlotScheme};
use crate::app::ui::theme;
use crate::history::{FrameFigures, Record, Stage, Timeline};
use chart::{Chart, Pen, curve, diamonds};
use curves::{Curves, StageCurves};
use input::PlotInput;
use legend::{LegendEntry, Sample};
use time_range::{Reach, TimeRange};
use tooltip::{before_newest, explain, stages};

/// The least height of a plot, with its numbers, in points.
const LEAST_PLOT: f32 = 58.0;

/// The height of what stands above the plots' ground: the controls and the legends.
const ABOVE: f32 = 54.0;

/// Below this width, there is no room for all plots side by side.
const NARROW: f32 = 840.0;

/// Up to this number of records, curves are rebuilt for every frame: that takes a fraction of a millisecond.
const FEW: usize = 4000;

/// This long before the first frame, in seconds, the pointer still means that frame.
const NEAR: f64 = 0.5;

/// Where there are more, a pixel is more than a tenth of a second, and nobody sees that it is this late.
const LATE: Duration = Duration::from_millis(250);

/// In place of plots that have nothing to show.
const NOTHING_YET: &str =
    "Live cameras and videos draw their agreement and latency over time here, and so do the images of a folder.";

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
    /// Paints the panel with the plots, as high and as wide as `ui`.
    pub fn ui(&mut self, ui: &mut Ui, input: &PlotInput<'_>, preferences: &mut Preferences, actions: &mut Vec<Action>) {
        self.view.update(self.reach, input);
        let narrow = ui.available_width() < NARROW;
        let compared = {
            let last = input.timeline.last();
            last.is_some_and(|record| record.figures.is_some()) || !self.curves.agreement.points().is_empty()
        };
        let has_history = has_history(input.timeline);
        let Self { reach, tab, .. } = self;
        let middle = |ui: &mut Ui| {
            // One plot above the other would be too high: a choice of one.
            if compared && narrow && has_history {
                choice(ui, tab);
            }
            row::kept(ui, input);
        };
        BottomTab::History.row(ui, actions, middle, |ui, _| row::reaches(ui, reach));
        if !has_history {
            ui.add_space(8.0);
            ui.add(Label::new(RichText::new(NOTHING_YET).weak()).wrap());
            return;
        }
        let chosen = self.tab;
        let tabs = match (compared, narrow) {
            // One model alone has nothing to agree with.
            (false, _) => &[Tab::Latency][..],
            (true, true) => std::slice::from_ref(&chosen),
            (true, false) => &Tab::ALL,
        };
        scrolled(ui, ABOVE + LEAST_PLOT, |ui| {
            row::show(ui, input, preferences, actions);
            self.plots(ui, tabs, input, actions);
        });
    }

    /// Side by side, as high as `ui`.
    fn plots(&mut self, ui: &mut Ui, tabs: &[Tab], input: &PlotInput<'_>, actions: &mut Vec<Action>) {
        let width = f64::from(ui.available_width()) / tabs.len() as f64;
        make(self, input.timeline, width);
        // For the frame under the pointer, or else the current one.
        let at = self.view.pointed.or(self.view.in_sight);
        let read = at.and_then(|at| input.timeline.nearest(at)).or_else(|| input.timeline.last());
        let read = LegendReading {
            record: read.map(|record| judged(record, input)),
            pointed: self.view.pointed.and_then(|at| input.timeline.nearest(at)).map(|r| before_newest(r, input)),
        };
        let oldest = input.timeline.records().next().map_or(f64::INFINITY, |record| record.seconds);
        let mut pointed = None;
        ui.columns(tabs.len(), |columns| {
            for (ui, tab) in columns.iter_mut().zip(tabs) {
                ui.spacing_mut().item_spacing.y = 2.0;
                let (response, at) = show_one(ui, *tab, self, input, &read);
                // Before the first frame there is nothing to tell.
                if let Some(at) = at.filter(|at| *at >= oldest - NEAR) {
                    pointed = Some(at);
                    explain(&response, at, input, actions);
                }
            }
        });
        if self.view.pointed != pointed {
            self.view.pointed = pointed;
            // The other plots and the legends show it in the next frame.
            ui.ctx().request_repaint();
        }
    }
}

/// Whether there are frames of more than one moment. A still that several models looked at is one moment.
fn has_history(timeline: &Timeline) -> bool {
    let mut records = timeline.records();
    records.next().zip(records.next_back()).is_some_and(|(first, last)| first.seconds < last.seconds)
}

/// What the legends tell.
struct LegendReading<'a> {
    record: Option<&'a Record>,
    /// Which frame that is, while the pointer is on a plot: "−22 s".
    pointed: Option<String>,
}

impl LegendReading<'_> {
    /// A legend's title: "Boxes", "Boxes at −22 s".
    fn title(&self, name: &str) -> String {
        self.pointed.as_ref().map_or_else(|| name.to_owned(), |when| format!("{name} at {when}"))
    }
}

/// The height that is left for a plot below its legend.
fn height(ui: &Ui) -> f32 {
    ui.available_height().max(LEAST_PLOT)
}

fn choice(ui: &mut Ui, chosen: &mut Tab) {
    ui.spacing_mut().item_spacing.x = 2.0;
    for tab in Tab::ALL {
        ui.selectable_value(chosen, tab, RichText::new(tab.label()).small()).on_hover_text("Select a plot");
    }
    ui.add_space(8.0);
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

fn show_one(
    ui: &mut Ui,
    tab: Tab,
    state: &PlotState,
    input: &PlotInput<'_>,
    read: &LegendReading<'_>,
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
    read: &LegendReading<'_>,
    colours: &PlotScheme,
) -> (Response, Option<f64>) {
    let pen = Pen::solid(colours.agreement, 1.6);
    let now = read.record.and_then(|record| record.figures?.known_f1());
    let now = now.map_or_else(|| "–".to_owned(), |f1| format!("{f1:.2}"));
    let entries = [LegendEntry { name: "F1", value: now.clone(), pen, sample: Sample::Line }];
    legend::show(ui, &read.title("Agreement"), "F1 score of A's and B's boxes: 1 if they agree completely", &entries);
    let below = input.pause_below.map(f64::from);
    let warning = theme::scheme(ui).warning;
    let curves = &state.curves;
    let chart = Chart {
        id: "agreement",
        name: format!("Agreement over time: {now}"),
        height: height(ui),
        unit: "F1",
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

fn boxes(ui: &mut Ui, state: &PlotState, read: &LegendReading<'_>, colours: &PlotScheme) -> (Response, Option<f64>) {
    let filled = |colour| Pen { filled: true, ..Pen::solid(colour, 1.2) };
    let [gained, lost] = [colours.gained, colours.lost].map(filled);
    let figures = read.record.and_then(|record| record.figures);
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
        &read.title("Boxes"),
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
    let y = -bottom - room..=top + room;
    let chart = Chart { id: "boxes", name, height: height(ui), unit: "boxes", y, marks: &marks };
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
    read: &LegendReading<'_>,
    colours: &PlotScheme,
) -> (Response, Option<f64>) {
    let curves = &state.curves;
    let curves_of = |stage| match stage {
        Stage::Inference(slot) => &curves.inference[slot.min(1)],
        Stage::Letterbox | Stage::Age => &curves.letterbox,
    };
    let [a, b, letterbox] = stages(input);
    let stages = [(a, colours.a), (b, colours.b), (letterbox, colours.letterbox)]
        .map(|((stage, name), colour)| (stage, name, colour, curves_of(stage)));
    let of = |stage| read.record.and_then(|record: &Record| record.latency(stage));
    let shown = stages.iter().filter(|(stage, ..)| of(*stage).is_some());
    let entries: Vec<LegendEntry<'_>> = shown
        .map(|(stage, name, colour, _)| {
            let value = of(*stage).map_or_else(String::new, |latency| format!("{:.1}", latency.p50));
            LegendEntry { name, value, pen: Pen::solid(*colour, 1.6), sample: Sample::Line }
        })
        .collect();
    let about = "Latency per stage over the last 120 frames: solid p50, dashed p95, dotted p99; the numbers are p50. \
                 Faint: each frame.";
    legend::show(ui, &read.title("Latency"), about, &entries);
    let list: Vec<String> = entries.iter().map(|e| format!("{} {} ms", e.name, e.value)).collect();
    let top = stages.iter().map(|(.., curves)| curves.p99.top()).fold(1.0, f64::max);
    let step = nice(top / 3.0);
    let marks: Vec<f64> = (0..5).map(|i| f64::from(i) * step).collect();
    let name = format!("Latency over time: {}", list.join(", "));
    let y = -top * 0.04..=top * 1.3;
    let chart = Chart { id: "latency", name, height: height(ui), unit: "ms", y, marks: &marks };
    let shown = chart.show(ui, &state.view, |plot| {
        for (_, _, colour, StageCurves { now, p50, p95, p99 }) in stages {
            curve(plot, "frames", now, Pen::solid(colour.gamma_multiply(0.3), 1.0));
            curve(plot, "p99", p99, Pen { style: LineStyle::Dotted { spacing: 4.0 }, ..Pen::solid(colour, 0.8) });
            curve(plot, "p95", p95, Pen { style: LineStyle::Dashed { length: 5.0 }, ..Pen::solid(colour, 1.0) });
            curve(plot, "p50", p50, Pen::solid(colour, 1.7));
        }
    });
    legend::percentiles(ui, shown.0.rect);
    shown
}

/// The next of 1, 2, 5, 10, 20, 50, … and of their tenths.
fn nice(least: f64) -> f64 {
    let ten = 10f64.powf(least.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * ten).into_iter().find(|step| *step >= least).unwrap_or(least)
}
