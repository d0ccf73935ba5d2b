//! The layers panel: its head, the plots and the table.

use egui::Ui;

use super::context::LayersContext;
use super::controller::LayersController;
use super::heading::Heading;
use super::rows::Rows;
use super::work::Work;
use super::{plot, table};
use crate::app::action::Action;
use crate::app::panels::bottom::{BottomTab, scrolled};
use crate::workshop::layers::Findings;

/// Below this width, the plots have no room beside the table.
const NARROW: f32 = 860.0;

/// The height of all that may stand above the figures, and the least height of these, in points.
const HEADING: f32 = 104.0;
const LEAST_FIGURES: f32 = 104.0;

impl LayersController {
    /// Paints the panel into all of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, context: &LayersContext<'_>, actions: &mut Vec<Action>) {
        let (wanted, obstacle) = (self.rows.wanted(), context.compared().err());
        let heading = Heading {
            findings: self.findings.as_ref(),
            stale: self.stale(context),
            progress: self.work.as_ref().map(Work::progress),
            can_finish: self.work.as_ref().and_then(Work::tap).is_some(),
            outcome: self.outcome.as_ref().map(|(outcome, _)| outcome),
            failure: self.failure.as_deref(),
            obstacle: obstacle.as_deref(),
            wanted: &wanted,
            has_history: context.history.len() > 1,
            recipe: self.recipe,
        };
        BottomTab::Layers.row(ui, actions, |ui| heading.subject(ui), |ui, actions| heading.measure(ui, actions));
        let least = if self.rows.all.is_empty() { 0.0 } else { LEAST_FIGURES };
        let (rows, findings, scroll_to) = (&mut self.rows, self.findings.as_ref(), self.scroll_to.take());
        scrolled(ui, HEADING + least, |ui| {
            heading.work(ui, actions);
            if !rows.all.is_empty() {
                ui.add_space(2.0);
                figures(ui, rows, findings, scroll_to);
            }
        });
    }
}

/// The plots, and the table.
fn figures(ui: &mut Ui, rows: &mut Rows, findings: Option<&Findings>, mut scroll_to: Option<usize>) {
    let followed = findings.and_then(|findings| {
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
        let pointed = plot::show(&mut ui, rows, followed.as_ref().map(|(name, two)| (name.as_str(), *two)));
        hovered = pointed.hovered;
        if let Some(place) = pointed.clicked {
            rows.chosen = Some(place);
            scroll_to = Some(place);
        }
    }
    let mut table = ui.new_child(egui::UiBuilder::new().max_rect(right));
    let touched = table::show(&mut table, rows, followed.is_some(), scroll_to);
    if let Some(place) = touched.chosen {
        rows.chosen = Some(place);
    }
    ui.allocate_rect(whole, egui::Sense::hover());
    let hovered = hovered.or(touched.hovered);
    if rows.hovered != hovered {
        rows.hovered = hovered;
        // The plots and the table show it in the next frame.
        ui.ctx().request_repaint();
    }
}
