//! The inspector: the match result of every box, and all details of the selected one.
//!
//! ```text
//! Comparison ─▶ model: rows, filtered and sorted ─▶ table ─▶ hovered, chosen ─▶ details of the chosen
//! ```

mod bars;
mod details;
mod heading;
pub mod input;
mod model;
pub mod selection;
mod table;
#[cfg(test)]
mod tests;

use egui::{Panel, Ui};

use crate::app::action::{Action, PairsAction};
use crate::app::ui::panel_size;
use crate::compare::VerdictKind;
use input::PairsInput;
use model::{Model, Shown};
use table::PairTablePlace;

/// What the panel keeps between frames.
#[derive(Default)]
pub struct PairsPanel {
    model: Model,
    /// The row that took the focus last.
    focus: usize,
    /// The pointer was over the rows, or one of them had the focus: live, they stay in their order then.
    held: bool,
    /// What was highlighted and selected when it was shown last.
    last_highlighted: Option<usize>,
    last_selected: Option<usize>,
    /// The row under the pointer when it was shown last.
    last_hovered: Option<usize>,
    /// Of the table and its head, when they were shown last.
    last_height: f32,
    /// Another pair was selected than the one whose details were shown last.
    details_from_top: bool,
}

impl PairsPanel {
    /// Which kinds are listed, in the order of [`VerdictKind::ALL`]; the picture does the same.
    pub fn kinds(&self) -> [bool; 4] {
        VerdictKind::ALL.map(|kind| self.model.shown.contains(kind))
    }

    /// Where the truth is known: whether pairs with a right box are listed, and those with a wrong one.
    pub fn truths(&self) -> [bool; 2] {
        self.model.shown.truths
    }

    /// Lists all kinds.
    pub fn show_all_kinds(&mut self) {
        self.model.shown = Shown::default();
    }

    /// The next details begin with what became of their pair, though those before were scrolled.
    pub fn show_details_from_top(&mut self) {
        self.details_from_top = true;
    }

    /// The verdicts that are listed, from the top down.
    pub fn listed(&self) -> impl Iterator<Item = usize> {
        self.model.rows().iter().map(|row| row.verdict)
    }

    /// The verdict of the row below (1) or above (-1) the selected one's, as far as there are rows; the first or
    /// the last where none is selected.
    pub fn neighbour(&self, selected: Option<usize>, by: i64) -> Option<usize> {
        let rows = self.model.rows();
        let last = rows.len().checked_sub(1)?;
        let place = match selected.and_then(|verdict| self.model.place(verdict)) {
            Some(place) => place.saturating_add_signed(by as isize).min(last),
            None if by < 0 => last,
            None => 0,
        };
        rows.get(place).map(|row| row.verdict)
    }

    /// Paints the panel into all that is left of `ui`. Gives the verdict of the row under the pointer.
    pub fn ui(&mut self, ui: &mut Ui, input: &PairsInput<'_>, actions: &mut Vec<Action>) -> Option<usize> {
        let verdict = input.selected.and_then(|i| input.comparison.verdicts().get(i));
        if verdict.is_some() || input.missing {
            let height = ui.available_height();
            panel_size::keep(ui, "pair details");
            let bottom = Panel::bottom("pair details").resizable(true).default_size((height * 0.55).min(420.0));
            let bottom = bottom.size_range(80.0..=(height - 196.0).max(80.0)).frame(egui::Frame::NONE);
            bottom.show(ui, |ui| match verdict {
                Some(verdict) => {
                    let from_top = std::mem::take(&mut self.details_from_top);
                    details::show(ui, input, verdict, from_top, actions);
                }
                None => details::show_missing(ui, actions),
            });
        }
        let height = ui.available_height();
        let resized = (height - self.last_height).abs() > 0.5;
        self.last_height = height;
        heading::show(ui, &mut self.model.shown, input, actions);
        let held = input.live && self.held;
        self.model.update(input.comparison, input.judged, input.classes(), input.chosen_classes, held);
        let at = PairTablePlace { focus: self.focus, scroll_to: self.scroll_to(input, resized) };
        let touched = table::show(ui, &mut self.model, input, at, actions);
        actions.extend(touched.selected.map(|verdict| Action::Pairs(PairsAction::Show(verdict))));
        (self.focus, self.held) = (touched.place, touched.held);
        self.last_highlighted = input.highlighted;
        self.last_selected = input.selected;
        self.last_hovered = touched.hovered;
        touched.hovered
    }

    /// The row that was highlighted or selected elsewhere, and must be scrolled to; or the selected one, where the table was
    /// `resized`.
    fn scroll_to(&self, input: &PairsInput<'_>, resized: bool) -> Option<usize> {
        let from_elsewhere = |now: Option<usize>, last, own: Option<usize>| now.filter(|_| now != last && now != own);
        let selected = from_elsewhere(input.selected, self.last_selected.filter(|_| !resized), None);
        let highlighted = from_elsewhere(input.highlighted, self.last_highlighted, self.last_hovered);
        self.model.place(selected.or(highlighted)?)
    }
}
