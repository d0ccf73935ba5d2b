//! Which layers of B hurt: measured on the frame in sight, shown in the order of the graph, and mended.
//!
//! ```text
//! frame, A, B ── measure_files (thread) ──▶ Findings ─▶ rows ─▶ plots, table ──▶ a layer is chosen
//!                                                                                  │
//! B ◀── a new file ◀── RebuildTask (thread): more in float, or other ranges ◀──────┘
//!                          └─▶ BeforeAfter
//! ```

mod desk;
mod frame_tap;
mod heading;
mod plot;
mod rows;
mod table;

use std::path::PathBuf;

use egui::Ui;

use super::job::{Job, JobProgress};
use crate::model::{Catalog, ModelName};
use crate::workshop::layers::{Findings, LayersSubject};
use crate::workshop::rebuild::RebuildResult;
use frame_tap::FrameTap;
use heading::Heading;
use rows::Rows;

/// How many frames that differ are taken for a calibration.
const FRAMES: usize = 64;

/// Below this width, the plots have no room beside the table.
const NARROW: f32 = 860.0;

/// What a person wants of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayersAction {
    Measure,
    MeasureHistory,
    /// Leaves the wanted layers in float.
    Rebuild,
    Calibrate,
    /// The recipe to calibrate for; `None` = B's own.
    Choose(Option<&'static str>),
    /// Ends the calibration with what it has.
    Finish,
    Cancel,
    /// To the model that was B before.
    Back,
    Close,
}

/// The panel, and what it has under way.
pub struct LayersPanel {
    catalog: Catalog,
    pub open: bool,
    due: Due,
    work: Option<Work>,
    findings: Option<Findings>,
    rows: Rows,
    /// The last model that was made here, and what was B before it.
    outcome: Option<(RebuildResult, ModelName)>,
    failure: Option<String>,
    /// A and B when the failure was last looked at.
    models: [Option<ModelName>; 2],
    recipe: Option<&'static str>,
    /// The choice came from a plot, and its row shall come into sight.
    scroll_to: Option<usize>,
}

/// What is measured as soon as nothing else is under way and both models have looked.
#[derive(Default)]
enum Due {
    #[default]
    Nothing,
    InSight,
    /// The same frames as before, once this file is B.
    Again(PathBuf, Box<LayersSubject>),
}

/// One thing at a time.
enum Work {
    Measuring(Job<Findings>),
    /// What was B when it began.
    Rebuilding(Job<RebuildResult>, ModelName),
    Calibrating(Job<RebuildResult>, ModelName, FrameTap),
}

impl Work {
    fn progress(&self) -> JobProgress {
        match self {
            Self::Measuring(job) => job.progress(),
            Self::Rebuilding(job, _) | Self::Calibrating(job, ..) => job.progress(),
        }
    }

    /// The making of a model, which no measuring may break off.
    fn making(&self) -> Option<&'static str> {
        match self {
            Self::Measuring(_) => None,
            Self::Rebuilding(..) => Some("rebuild"),
            Self::Calibrating(..) => Some("calibration"),
        }
    }

    fn cancel(&self) {
        match self {
            Self::Measuring(job) => job.cancel(),
            Self::Rebuilding(job, _) | Self::Calibrating(job, ..) => job.cancel(),
        }
    }
}

/// What the panel is told of the frame in sight.
pub struct LayersInput {
    /// Why nothing can be measured now.
    obstacle: Option<String>,
    stale: Option<&'static str>,
    has_history: bool,
}

impl LayersPanel {
    pub fn new(catalog: Catalog, open: bool) -> Self {
        Self {
            catalog,
            open,
            due: if open { Due::InSight } else { Due::Nothing },
            work: None,
            findings: None,
            rows: Rows::default(),
            outcome: None,
            failure: None,
            models: [None, None],
            recipe: None,
            scroll_to: None,
        }
    }

    /// Shows the panel in all of `ui`.
    pub fn show(&mut self, ui: &mut Ui, input: &LayersInput) -> Vec<LayersAction> {
        let mut actions = Vec::new();
        let wanted = self.rows.wanted();
        let heading = Heading {
            findings: self.findings.as_ref(),
            stale: input.stale,
            progress: self.work.as_ref().map(Work::progress),
            can_finish: matches!(&self.work, Some(Work::Calibrating(_, _, tap)) if tap.is_taking()),
            outcome: self.outcome.as_ref().map(|(outcome, _)| outcome),
            failure: self.failure.as_deref(),
            obstacle: input.obstacle.as_deref(),
            wanted: &wanted,
            has_history: input.has_history,
            recipe: self.recipe,
        };
        heading.show(ui, &mut actions);
        heading.work(ui, &mut actions);
        if !self.rows.all.is_empty() {
            ui.add_space(2.0);
            self.figures(ui);
        }
        actions
    }

    fn figures(&mut self, ui: &mut Ui) {
        let followed = self.findings.as_ref().and_then(|findings| {
            let (_, name) = findings.subject.target.as_ref()?;
            Some((name.clone(), findings.study.target?))
        });
        let whole = ui.available_rect_before_wrap();
        let wide = whole.width() >= NARROW;
        let part = if followed.is_some() { 0.5 } else { 0.56 };
        let (left, right) = whole.split_left_right_at_fraction(if wide { part } else { 0.0 });
        let mut hovered = None;
        if wide {
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(left.with_max_x(left.right() - 12.0)));
            let pointed = plot::show(&mut ui, &self.rows, followed.as_ref().map(|(name, two)| (name.as_str(), *two)));
            hovered = pointed.hovered;
            if let Some(place) = pointed.clicked {
                self.rows.chosen = Some(place);
                self.scroll_to = Some(place);
            }
        }
        let mut table = ui.new_child(egui::UiBuilder::new().max_rect(right));
        let touched = table::show(&mut table, &mut self.rows, followed.is_some(), self.scroll_to.take());
        if let Some(place) = touched.chosen {
            self.rows.chosen = Some(place);
        }
        ui.allocate_rect(whole, egui::Sense::hover());
        let hovered = hovered.or(touched.hovered);
        if self.rows.hovered != hovered {
            self.rows.hovered = hovered;
            // The plots and the table show it in the next frame.
            ui.ctx().request_repaint();
        }
    }
}
