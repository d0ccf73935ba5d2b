//! What the models detect in the current frame, beside the picture: pairs or one model's detections, and the classes.

pub mod class_filter;
mod list;
pub mod pairs;

use egui::{Frame as PanelFrame, Panel, Ui};

use super::action::Action;
use super::frame::current::CurrentFrame;
use super::frame::marks::BoxFilter;
use super::models::picker::name_or_letter;
use super::ui::panel_size;
use super::view::Side;
use class_filter::{ClassCounts, ClassFilter};
use pairs::PairsPanel;
use pairs::input::PairsInput;
use pairs::selection::Selection;

use crate::compare::Arrow;
use crate::detect::ClassSet;

/// Which classes are shown, which pair is selected, and what is pointed at.
#[derive(Default)]
pub struct DetectionsView {
    pub classes: ClassSet,
    class_filter: ClassFilter,
    counts: ClassCounts,
    pairs: PairsPanel,
    selection: Option<Selection>,
    /// What was pointed at in the last frame: a verdict by index where two models are compared, else a detection.
    pub highlighted: Option<usize>,
}

impl DetectionsView {
    /// Which boxes the picture shows, and how their labels are written.
    pub fn filter(&self, arrow: Arrow) -> BoxFilter<'_> {
        BoxFilter { classes: &self.classes, kinds: self.pairs.kinds(), arrow }
    }

    /// Selects a verdict of the current frame by index, or none.
    pub fn select(&mut self, verdict: Option<usize>, current: &CurrentFrame) {
        self.selection = current.comparison().zip(verdict).and_then(|(c, i)| Selection::new(c, i));
    }

    /// Selects nothing. True where something was selected.
    pub fn deselect(&mut self) -> bool {
        self.selection.take().is_some()
    }

    /// Where the selected pair is among the verdicts of the current frame.
    pub fn selected(&mut self, current: &CurrentFrame) -> Option<usize> {
        self.selection.as_mut()?.follow(current.comparison()?)
    }

    /// The verdict of the row below (1) or above (-1) the selected one.
    pub fn neighbour(&mut self, by: i64, current: &CurrentFrame) -> Option<usize> {
        let selected = self.selected(current);
        self.pairs.neighbour(selected, by)
    }

    /// Paints the list of classes into all that is left of `ui`. `compares`: with the counts of A and B.
    pub fn classes_ui(&mut self, ui: &mut Ui, current: &CurrentFrame, compares: bool) {
        let Some(classes) = current.classes() else { return };
        let sides = Side::BOTH.map(|which| current.detections(which));
        self.counts.count(classes, if compares { &sides } else { &sides[..1] });
        ui.add_space(10.0);
        self.class_filter.ui(ui, classes, &self.counts, &mut self.classes);
    }

    /// Paints the panel on the right: pairs, or one model's detections. Gives the target whose row is pointed at.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        panel: PanelFrame,
        current: &CurrentFrame,
        compares: bool,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        let selected = self.selected(current);
        let comparison = current.comparison().filter(|_| compares);
        let Some((comparison, sides)) = comparison.zip(current.pair()) else {
            panel_size::keep(ui, "detections");
            let side = Panel::right("detections").default_size(240.0).size_range(220.0..=420.0).frame(panel);
            let listed = side.show(ui, |ui| {
                // The panel keeps its width while there is nothing to list.
                ui.set_min_width(ui.available_width());
                let classes = &current.output(Side::A)?.model.form.classes;
                list::show(ui, current.detections(Side::A), classes, &self.classes, self.highlighted)
            });
            return listed.inner;
        };
        let names = Side::BOTH.map(|which| current.output(which).map_or("?", |o| name_or_letter(&o.model.name, which)));
        let (chosen_classes, highlighted) = (&self.classes, self.highlighted);
        let input = PairsInput { comparison, sides, names, chosen_classes, highlighted, selected };
        // A small window is for the picture first.
        let width = (ui.ctx().content_rect().width() * 0.27).clamp(250.0, 340.0);
        panel_size::keep(ui, "pairs");
        let side = Panel::right("pairs").default_size(width).size_range(250.0..=560.0).frame(panel);
        side.show(ui, |ui| self.pairs.ui(ui, &input, actions)).inner
    }
}
