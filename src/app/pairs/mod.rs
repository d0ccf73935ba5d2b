//! The inspector: what became of every box, and of the chosen one everything there is to know.
//!
//! ```text
//! Comparison ─▶ model: rows, filtered and sorted ─▶ table ─▶ hovered, chosen ─▶ details of the chosen
//! ```

mod bars;
mod chosen;
mod details;
mod heading;
mod model;
mod table;
#[cfg(test)]
mod tests;

use egui::{Panel, Ui};

pub use chosen::Chosen;

use self::model::Model;
use crate::compare::{Comparison, Explanation, ModelInput, VerdictKind};
use crate::detect::{ClassSet, Classes, Thresholds};

/// What is shown. All of it is of one frame.
#[derive(Clone, Copy)]
pub struct PairsInput<'a> {
    pub comparison: &'a Comparison,
    /// A and B, as they were compared.
    pub sides: [ModelInput<'a>; 2],
    /// What people call A and B.
    pub names: [&'a str; 2],
    pub chosen_classes: &'a ClassSet,
    /// Index of the verdict that is pointed at, in the picture or here.
    pub highlighted: Option<usize>,
    /// Index of the verdict whose details are shown.
    pub chosen: Option<usize>,
}

impl<'a> PairsInput<'a> {
    fn classes(&self) -> &'a Classes {
        &self.sides[0].form.classes
    }

    fn explanation(&self) -> Explanation<'a> {
        Explanation {
            comparison: self.comparison,
            classes: self.classes(),
            names: self.names,
            thresholds: self.sides.map(|side| side.thresholds),
        }
    }
}

/// What a person did. Indices are of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairsResponse {
    /// The row under the pointer.
    pub hovered: Option<usize>,
    /// `Some(None)`: nothing shall be chosen any more.
    pub chosen: Option<Option<usize>>,
    /// A side, 0 for A and 1 for B, and the thresholds that it shall have: they bring back the box it lacks.
    pub thresholds: Option<(usize, Thresholds)>,
    /// The chosen pair's box of A shall be followed through the layers.
    pub layers: bool,
}

/// What the panel keeps between frames.
#[derive(Default)]
pub struct PairsPanel {
    model: Model,
    /// What was lit up and chosen when it was shown last.
    last_highlighted: Option<usize>,
    last_chosen: Option<usize>,
    /// What this panel itself asked to be lit up and chosen.
    own: PairsResponse,
}

impl PairsPanel {
    /// Which kinds are listed, in the order of [`VerdictKind::ALL`]; the picture does the same.
    pub fn kinds(&self) -> [bool; 4] {
        VerdictKind::ALL.map(|kind| self.model.shown.contains(kind))
    }

    /// The verdict of the row below (1) or above (-1) the chosen one's, as far as there are rows; the first or the
    /// last where none is chosen.
    pub fn neighbour(&self, chosen: Option<usize>, by: i64) -> Option<usize> {
        let rows = self.model.rows();
        let last = rows.len().checked_sub(1)?;
        let place = match chosen.and_then(|verdict| self.model.place(verdict)) {
            Some(place) => place.saturating_add_signed(by as isize).min(last),
            None if by < 0 => last,
            None => 0,
        };
        rows.get(place).map(|row| row.verdict)
    }
}

/// Shows the panel in all that is left of `ui`.
pub fn show(ui: &mut Ui, panel: &mut PairsPanel, input: &PairsInput<'_>) -> PairsResponse {
    let mut response = PairsResponse::default();
    if let Some(verdict) = input.chosen.and_then(|i| input.comparison.verdicts().get(i)) {
        let height = ui.available_height();
        let bottom = Panel::bottom("pair details").resizable(true).default_size((height * 0.55).min(420.0));
        bottom.size_range(80.0..=(height - 196.0).max(80.0)).frame(egui::Frame::NONE).show(ui, |ui| {
            let wish = details::show(ui, input, verdict);
            response.chosen = wish.close.then_some(None);
            response.thresholds = wish.thresholds;
            response.layers = wish.layers;
        });
    }
    heading::show(ui, &mut panel.model.shown, input);
    panel.model.update(input.comparison, input.classes(), input.chosen_classes);
    let scroll_to = panel.scroll_to(input);
    let listed = table::show(ui, &mut panel.model, input, scroll_to);
    response.hovered = listed.hovered;
    response.chosen = response.chosen.or(listed.chosen);
    panel.last_highlighted = input.highlighted;
    panel.last_chosen = input.chosen;
    panel.own = response;
    response
}

impl PairsPanel {
    /// The row that came into focus from elsewhere and shall come into sight.
    fn scroll_to(&self, input: &PairsInput<'_>) -> Option<usize> {
        let from_elsewhere = |now: Option<usize>, last, own: Option<usize>| now.filter(|_| now != last && now != own);
        let chosen = from_elsewhere(input.chosen, self.last_chosen, None);
        let highlighted = from_elsewhere(input.highlighted, self.last_highlighted, self.own.hovered);
        self.model.place(chosen.or(highlighted)?)
    }
}
