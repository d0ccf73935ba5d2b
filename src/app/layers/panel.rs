//! The layers panel: its head, the plots and the table.

use egui::Ui;

use super::controller::{LayersContext, LayersController};
use super::heading::Heading;
use super::work::Work;
use super::{plot, table};
use crate::app::action::Action;

/// Below this width, the plots have no room beside the table.
const NARROW: f32 = 860.0;

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
        heading.ui(ui, actions);
        if !self.rows.all.is_empty() {
            ui.add_space(2.0);
            self.figures(ui);
        }
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
