//! The row above the thumbnails: compare all pictures, what came of it, and the way to the next difference.

use egui::text::LayoutJob;
use egui::{Button, Label, ProgressBar, RichText, Role, TextStyle, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, AlbumAction};
use crate::app::job::JobProgress;
use crate::app::ui::{row_end, theme};
use crate::compare::truth::TruthTotals;
use crate::compare::{Agreement, threshold_text};

/// The row's height, in points.
pub const HEIGHT: f32 = 28.0;

/// What is known of all pictures together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompareSummary {
    /// Those that could be compared, read or not.
    pub pictures: usize,
    pub compared: usize,
    /// Those that have yet to be compared.
    pub left: usize,
    pub unreadable: usize,
    /// Over those that were compared.
    pub all: Agreement,
    /// Over those of them whose truth is known.
    pub truth: TruthTotals,
    /// The figures are being computed again.
    pub is_behind: bool,
    /// A score threshold is below this, where boxes were not kept.
    pub floor: Option<f32>,
    /// A's and B's score thresholds, where they differ.
    pub apart: Option<[f32; 2]>,
    /// Of the work that is under way.
    pub progress: Option<JobProgress>,
}

impl CompareSummary {
    /// "250 images · 1203 matched · 30 lost · 12 gained · 4 class changed · F1 0.957 · mean IoU 0.912"; and thresholds that
    /// differ, because they alone may make A and B differ.
    pub fn text(&self) -> String {
        let Agreement { matched, lost, gained, flips, .. } = self.all;
        let images = if self.compared == 1 { "image" } else { "images" };
        let f1 = self.all.known_f1().map_or_else(|| "–".into(), |f1| format!("{f1:.3}"));
        let iou = self.all.mean_iou().map_or_else(|| "–".into(), |iou| format!("{iou:.3}"));
        let apart = self.apart.map(|both| both.map(threshold_text));
        let apart = apart.map_or_else(String::new, |[a, b]| format!(" · scores: A > {a}, B > {b}"));
        format!(
            "{} {images} · {matched} matched · {lost} lost · {gained} gained · {flips} class changed · F1 {f1} · mean IoU \
             {iou}{apart}",
            self.compared
        )
    }

    /// "Truth: 300 objects, A finds 240, B 231 · lost: 9 true, 3 false · gained: 1 true, 4 false"; `None` = none is known.
    pub fn truth_text(&self) -> Option<String> {
        let TruthTotals { pictures, all, .. } = &self.truth;
        let [a, b] = all.found;
        (*pictures > 0).then(|| {
            let (lost, gained) = (all.lost.text(), all.gained.text());
            format!("Truth: {} objects, A finds {a}, B {b} · lost: {lost} · gained: {gained}", all.objects)
        })
    }

    /// How much of the album it is of, and what is missing.
    fn about(&self) -> String {
        let mut text = format!(
            "{} of {} images compared with A and B at the current thresholds, over the selected classes",
            self.compared, self.pictures
        );
        if self.unreadable > 0 {
            text += &format!("; {} unreadable", self.unreadable);
        }
        text
    }
}

/// Paints it.
pub fn show(ui: &mut Ui, summary: &CompareSummary, worst_first: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.spacing_mut().interact_size.y = 22.0;
        ui.spacing_mut().button_padding = vec2(8.0, 2.0);
        match &summary.progress {
            Some(progress) => running(ui, progress, actions),
            None => {
                let text = if summary.compared == 0 || summary.left == 0 {
                    "Compare all".to_owned()
                } else {
                    format!("Compare {} more", summary.left)
                };
                let what = "Compare A and B on every image of the album; you can keep browsing meanwhile";
                let can = summary.left > 0;
                button(ui, &text, "Compare all images", what, can, AlbumAction::CompareAll, actions);
            }
        }
        let figures = |ui: &mut Ui| figures(ui, summary);
        row_end::show(ui, "compared", figures, |ui| {
            let what = "Next image on which A and B differ (Shift: previous)";
            let differs = summary.all.damage() > 0;
            button(ui, "Next difference", "Next difference", what, differs, AlbumAction::NextDifference(1), actions);
            order(ui, worst_first, summary.compared > 0, actions);
        });
    });
}

fn running(ui: &mut Ui, progress: &JobProgress, actions: &mut Vec<Action>) {
    button(
        ui,
        "Cancel",
        "Cancel comparison",
        "Stop comparing; what was compared stays",
        true,
        AlbumAction::Cancel,
        actions,
    );
    let part = progress.done as f32 / progress.of.max(1) as f32;
    let text = format!("{} of {}", progress.done, progress.of);
    let bar = ui.add(ProgressBar::new(part).desired_width(96.0).desired_height(10.0));
    let name = format!("Comparing: {text}");
    bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &name));
    bar.on_hover_text(name.clone());
    ui.add(Label::new(RichText::new(text).small()).extend());
}

fn figures(ui: &mut Ui, summary: &CompareSummary) {
    if let Some(floor) = summary.floor {
        let text = RichText::new("⚠ threshold too low").small().color(theme::scheme(ui).warning);
        let why = format!(
            "Some images have so many boxes that only those with a score above {floor:.3} were kept. Raise the score \
             threshold to that value, or the figures are incomplete"
        );
        ui.label(text).on_hover_text(why);
    }
    if summary.compared == 0 {
        return;
    }
    let all: Vec<String> = std::iter::once(summary.text()).chain(summary.truth_text()).collect();
    let text = if summary.is_behind { "updating…".to_owned() } else { all.join(" · ") };
    let (font, colour) = (TextStyle::Small.resolve(ui.style()), ui.visuals().text_color());
    let mut job = LayoutJob::simple(text, font, colour, ui.available_width());
    // As many lines as the row is high.
    job.wrap.max_rows = 2;
    ui.add(Label::new(job).wrap()).on_hover_text(format!("{}\n{}", all.join("\n"), summary.about()));
}

fn order(ui: &mut Ui, worst_first: bool, can_sort: bool, actions: &mut Vec<Action>) {
    for (text, what, chosen, can, action) in [
        ("By name", "Images in the order of their names", !worst_first, true, AlbumAction::SortByName),
        (
            "Worst first",
            "Images with the lowest agreement first; click again to sort again",
            worst_first,
            can_sort,
            AlbumAction::SortWorstFirst,
        ),
    ] {
        let response = ui.add_enabled(can, Button::selectable(chosen, text).frame_when_inactive(true));
        response.widget_info(|| WidgetInfo::selected(Role::Button, can, chosen, text));
        if response.on_hover_text(what).clicked() {
            actions.push(Action::Album(action));
        }
    }
}

fn button(ui: &mut Ui, text: &str, name: &str, what: &str, can: bool, action: AlbumAction, actions: &mut Vec<Action>) {
    let action = Action::Album(action);
    let response = ui.add_enabled(can, Button::new(text));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, can, name));
    if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
        actions.push(action);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Reason, Verdict};

    #[test]
    fn the_figures_are_named_as_everywhere() {
        let matched = |i| Verdict::Matched { a: i, b: i, iou: 0.75, delta_score: 0.0 };
        let verdicts = [matched(0), matched(1), Verdict::Lost { a: 2, reason: Reason::NoCandidate }];
        let summary = CompareSummary { compared: 1, all: verdicts.iter().collect(), ..CompareSummary::default() };
        let expected = "1 image · 2 matched · 1 lost · 0 gained · 0 class changed · F1 0.800 · mean IoU 0.750";
        assert_eq!(summary.text(), expected);
        let apart = CompareSummary { apart: Some([0.15, 0.25]), ..summary.clone() };
        assert_eq!(apart.text(), format!("{expected} · scores: A > 0.15, B > 0.25"));
        assert!(CompareSummary::default().text().contains("F1 – · mean IoU –"));
        assert_eq!(summary.truth_text(), None);
        let mut truth = TruthTotals { pictures: 2, ..TruthTotals::default() };
        (truth.all.objects, truth.all.found) = (9, [7, 6]);
        (truth.all.lost.right, truth.all.lost.wrong, truth.all.gained.wrong) = (2, 1, 3);
        let expected = "Truth: 9 objects, A finds 7, B 6 · lost: 2 true, 1 false · gained: 0 true, 3 false";
        assert_eq!(CompareSummary { truth, ..summary }.truth_text().as_deref(), Some(expected));
    }
}
