//! What the models detect in the current frame, beside the picture: pairs or one model's detections, and the classes.

pub mod class_filter;
mod empty_list;
mod held_order;
mod list;
pub mod pairs;

use egui::{Frame as PanelFrame, Panel, RichText, Ui};

use super::action::Action;
use super::frame::current::CurrentFrame;
use super::frame::marks::BoxFilter;
use super::models::picker::name_or_letter;
use super::ui::panel_size;
use super::view::Side;
use class_filter::{ClassCounts, ClassFilter};
use list::{DetectionList, ListInput};
use pairs::PairsPanel;
use pairs::input::PairsInput;
use pairs::selection::Selection;

use crate::compare::csv::{CsvBox, CsvPair, DETECTION_COLUMNS, PAIR_COLUMNS, TRUTH_COLUMNS, truth_cells};
use crate::compare::{Arrow, Remedy};
use crate::detect::{ClassSet, Thresholds};

/// Which classes are shown, which pair is selected, and what is pointed at.
#[derive(Default)]
pub struct DetectionsView {
    pub classes: ClassSet,
    class_filter: ClassFilter,
    counts: ClassCounts,
    pairs: PairsPanel,
    list: DetectionList,
    selection: Option<Selection>,
    /// What was pointed at in the last frame: a verdict by index where two models are compared, else a detection.
    pub highlighted: Option<usize>,
}

impl DetectionsView {
    /// Which boxes the picture shows, and how their labels are written.
    pub fn filter(&self, arrow: Arrow) -> BoxFilter<'_> {
        BoxFilter { classes: &self.classes, kinds: self.pairs.kinds(), truths: self.pairs.truths(), arrow }
    }

    /// Selects a verdict of the current frame by index, or none.
    pub fn select(&mut self, verdict: Option<usize>, current: &CurrentFrame) {
        if self.selected(current) != verdict {
            self.pairs.show_details_from_top();
        }
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

    /// Whether there is no pair to go to.
    pub fn lists_no_pairs(&self) -> bool {
        self.pairs.listed().next().is_none()
    }

    /// Shows all verdicts, matched or not.
    pub fn show_all_verdicts(&mut self) {
        self.pairs.show_all_kinds();
    }

    /// The side that lacks the selected pair's box, and thresholds at which it has it; or why there is nothing to change.
    pub fn remedy(&mut self, current: &CurrentFrame) -> Result<(Side, Thresholds), &'static str> {
        let selected = self.selected(current);
        let pair = current.comparison().zip(current.pair());
        let verdict = pair.and_then(|(comparison, sides)| Some((comparison.verdicts().get(selected?)?, sides)));
        let Some((verdict, sides)) = verdict else { return Err(NO_PAIR) };
        let remedy = verdict.reason().ok_or("Both models found this box.")?;
        let remedy = Remedy::of(&remedy).ok_or("No threshold brings this box back.")?;
        // The model that lacks the box is the one that a reason speaks of.
        let side = if verdict.a().is_some() { Side::B } else { Side::A };
        Ok((side, remedy.apply(sides[side.index()].thresholds)))
    }

    /// The selected pair, whose box can be followed through B's layers; or why there is none.
    pub fn traceable(&mut self, current: &CurrentFrame) -> Result<usize, &'static str> {
        self.selected(current).ok_or(NO_PAIR)
    }

    /// The table on the right as CSV, as it is listed, and how many rows it has.
    pub fn table_csv(&self, current: &CurrentFrame, compares: bool) -> (usize, String) {
        let source = current.observation().map_or("", |observation| observation.description.name.as_str());
        let arithmetics = Side::BOTH.map(|which| {
            let arithmetic = current.output(which).and_then(|output| output.model.arithmetic.as_ref());
            arithmetic.map_or_else(String::new, ToString::to_string)
        });
        let arithmetics = arithmetics.each_ref().map(String::as_str);
        let engines = Side::BOTH.map(|which| {
            let model = current.output(which).map(|output| &output.model);
            model.filter(|model| model.arithmetic.is_some()).map_or("", |model| model.engine.engine.as_str())
        });
        let Some(classes) = current.classes() else { return (0, String::new()) };
        let known = current.judged();
        let rows: Vec<String> = match current.comparison().filter(|_| compares) {
            Some(comparison) => {
                let verdicts = self.pairs.listed().filter_map(|i| comparison.verdicts().get(i));
                let line = |verdict| {
                    let line = CsvPair::new(comparison, verdict, classes).line(source, arithmetics, engines);
                    line + &known.map_or_else(String::new, |_| truth_cells(current.pair_truth(verdict)))
                };
                verdicts.map(line).collect()
            }
            None => {
                let detections = current.detections(Side::A);
                let listed = self.list.shown().iter().filter_map(|i| detections.get(*i));
                listed.map(|detection| CsvBox::new(detection, classes).line(source, arithmetics[0])).collect()
            }
        };
        let compared = compares && current.comparison().is_some();
        let header = if compared { PAIR_COLUMNS } else { DETECTION_COLUMNS };
        let header = format!("{header}{}", if compared && known.is_some() { TRUTH_COLUMNS } else { "" });
        let lines = std::iter::once(header.as_str()).chain(rows.iter().map(String::as_str));
        (rows.len(), lines.flat_map(|line| [line, "\n"]).collect())
    }

    /// The classes as CSV, as they are listed, and how many there are.
    pub fn classes_csv(&self, current: &CurrentFrame) -> (usize, String) {
        let Some(classes) = current.classes() else { return (0, String::new()) };
        self.class_filter.csv(classes, &self.counts, &self.classes)
    }

    /// Paints the list of classes into `ui`. `compares`: with the counts of A and B; `live`: another frame comes soon.
    pub fn classes_ui(
        &mut self,
        ui: &mut Ui,
        current: &CurrentFrame,
        compares: bool,
        live: bool,
        actions: &mut Vec<Action>,
    ) {
        let Some(classes) = current.classes() else { return };
        let sides = Side::BOTH.map(|which| current.detections(which));
        self.counts.count(classes, if compares { &sides } else { &sides[..1] });
        self.counts.count_known(classes, current.truth().zip(current.judged()));
        self.class_filter.ui(ui, classes, &self.counts, &mut self.classes, live, actions);
    }

    /// Paints the panel on the right: pairs, or one model's detections. Gives the target whose row is pointed at. `live`:
    /// another frame comes soon.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        panel: PanelFrame,
        current: &CurrentFrame,
        compares: bool,
        live: bool,
        actions: &mut Vec<Action>,
    ) -> Option<usize> {
        let selected = self.selected(current);
        let comparison = current.comparison().filter(|_| compares);
        // A small window is for the picture first.
        let part = ui.ctx().content_rect().width() * 0.27;
        let needs_more = current.judged().is_some() || self.selection.is_some();
        let least = if needs_more { LEAST_WITH_MORE } else { LEAST };
        let pairs = Panel::right("pairs").default_size(part.clamp(least, 340.0)).size_range(least..=560.0).frame(panel);
        let Some((comparison, sides)) = comparison.zip(current.pair()) else {
            if compares && current.observation().is_none() {
                // The panel stays as it is until the next picture has been looked at.
                panel_size::keep(ui, "pairs");
                pairs.show(ui, |ui| {
                    ui.set_min_width(ui.available_width());
                    ui.label(RichText::new("Pairs").strong());
                });
                return None;
            }
            panel_size::keep(ui, "detections");
            let side = Panel::right("detections").default_size(part.clamp(LEAST, 240.0)).size_range(LEAST..=420.0);
            let side = side.frame(panel);
            let listed = side.show(ui, |ui| {
                // The panel keeps its width while there is nothing to list.
                ui.set_min_width(ui.available_width());
                let input = ListInput {
                    detections: current.detections(Side::A),
                    judged: current.judged().map(|[a, _]| a),
                    classes: &current.output(Side::A)?.model.form.classes,
                    chosen: &self.classes,
                    thresholds: current.thresholds()?[0],
                    highlighted: self.highlighted,
                    live,
                };
                self.list.ui(ui, &input, actions)
            });
            return listed.inner;
        };
        let names = Side::BOTH.map(|which| current.output(which).map_or("?", |o| name_or_letter(&o.model.name, which)));
        let input = PairsInput {
            comparison,
            judged: current.judged(),
            sides,
            names,
            chosen_classes: &self.classes,
            highlighted: self.highlighted,
            selected,
            missing: live && selected.is_none() && self.selection.is_some(),
            live,
        };
        panel_size::keep(ui, "pairs");
        pairs.show(ui, |ui| self.pairs.ui(ui, &input, actions)).inner
    }
}

/// The least width of the panel, in points: in the smallest window, the picture has half of the width besides.
const LEAST: f32 = 206.0;

/// The same of the pairs with what is known of them, which has a column of its own, or with one pair's numbers.
const LEAST_WITH_MORE: f32 = 250.0;

/// What a key that is about the selected pair says where there is none.
const NO_PAIR: &str = "Select a pair first: click it, or press ↓.";
