//! The panel's head: whose pairs these are, and which kinds are listed.

use egui::{Align2, Color32, FontId, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::input::PairsInput;
use super::model::Shown;
use crate::app::action::Action;
use crate::app::detections::list::{copy_button, limit_notice};
use crate::app::ui::palette::{ON_CLASS, TRUTH};
use crate::app::ui::theme;
use crate::app::ui::verdict_style;
use crate::compare::truth::PairTruth;
use crate::compare::{Agreement, VerdictKind};
use crate::detect::is_full;

/// Shows it. Each kind is a switch that tells how many there are.
pub fn show(ui: &mut Ui, shown: &mut Shown, input: &PairsInput<'_>, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("Pairs").strong());
        let [a, b] = input.names;
        ui.label(RichText::new(format!("{a} → {b}")).weak());
        copy_button(ui, !input.comparison.verdicts().is_empty(), actions);
    });
    if is_full(input.comparison.a()) || is_full(input.comparison.b()) {
        limit_notice(ui);
    }
    let agreement = input.comparison.agreement_of(input.chosen_classes);
    figures(ui, &agreement);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
        for kind in VerdictKind::ALL {
            let on = shown.of(kind);
            let response = switch(ui, kind, agreement.of_kind(kind), *on);
            let what = if *on { "Click to hide" } else { "Click to show" };
            if response.on_hover_text(format!("{}. {what}.", kind.what(input.names))).clicked() {
                *on = !*on;
            }
        }
    });
    if input.judged.is_some() {
        truths(ui, &mut shown.truths, input);
    }
    ui.add_space(2.0);
}

/// What is known of the pairs: those with a right box, and those with a wrong one.
fn truths(ui: &mut Ui, shown: &mut [bool; 2], input: &PairsInput<'_>) {
    let verdicts = input.comparison.verdicts().iter();
    let chosen = verdicts.filter(|verdict| input.comparison.is_chosen(verdict, input.chosen_classes));
    let [right, wrong] = chosen.map(|verdict| input.truth(verdict)).fold([0; 2], |[right, wrong], truth: PairTruth| {
        [right + usize::from(truth.has_right()), wrong + usize::from(truth.has_wrong())]
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
        for (on, sign, text, what) in [
            (0, "✔", format!("{right} true"), "Pairs with a box that finds an object of the annotations"),
            (
                1,
                "✖",
                format!("{wrong} false"),
                "Pairs with a box that finds none: false, duplicate, wrong class, badly placed",
            ),
        ] {
            let on = &mut shown[on];
            let response = truth_switch(ui, sign, &text, *on);
            let click = if *on { "Click to hide" } else { "Click to show" };
            if response.on_hover_text(format!("{what}. {click}.")).clicked() {
                *on = !*on;
            }
        }
    });
}

/// The sign, filled while on, and "2 true".
fn truth_switch(ui: &mut Ui, sign: &str, text: &str, on: bool) -> Response {
    let scheme = theme::scheme(ui);
    // The edge stands out from the panel, and would not from what is lighter or darker: the words show that it is pointed at.
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(13.0), Color32::PLACEHOLDER);
    let size = vec2(verdict_style::CHIP.x + galley.size().x + 14.0, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, text));
    let painter = ui.painter();
    let colour = match (response.hovered(), on) {
        (true, _) => scheme.strong,
        (false, true) => scheme.text,
        (false, false) => scheme.weak,
    };
    let chip = Rect::from_min_size(rect.left_center() + vec2(4.0, -verdict_style::CHIP.y / 2.0), verdict_style::CHIP);
    if on {
        painter.rect_filled(chip, 4.0, TRUTH);
        painter.text(chip.center(), Align2::CENTER_CENTER, sign, FontId::proportional(13.0), ON_CLASS);
    }
    painter.rect_stroke(chip, 4.0, Stroke::new(1.5, TRUTH), StrokeKind::Inside);
    painter.galley(chip.right_center() + vec2(5.0, -galley.size().y / 2.0), galley, colour);
    response
}

/// How far the two agree on this frame.
fn figures(ui: &mut Ui, agreement: &Agreement) {
    let or_none = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{v:.2}"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for (name, value, what) in [
            ("Agreement", or_none(agreement.known_f1()), "F1 score: 2 × matched ÷ (boxes of A + boxes of B)"),
            ("mean IoU", or_none(agreement.mean_iou()), "Mean IoU of matched pairs"),
            ("mean |Δ|", or_none(agreement.mean_delta_score()), "Mean absolute score difference of matched pairs"),
        ] {
            ui.label(RichText::new(name).small().weak()).on_hover_text(what);
            ui.label(RichText::new(value).font(theme::digits())).on_hover_text(what);
            ui.add_space(4.0);
        }
    });
}

/// The sign, filled while on, and "2 lost".
fn switch(ui: &mut Ui, kind: VerdictKind, count: usize, on: bool) -> Response {
    let scheme = theme::scheme(ui);
    let text = kind.counted(count);
    let colour = if on { scheme.text } else { scheme.weak };
    let galley = ui.painter().layout_no_wrap(text.clone(), FontId::proportional(13.0), colour);
    let size = vec2(verdict_style::CHIP.x + galley.size().x + 14.0, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &text));
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, 5.0, scheme.hovered);
    }
    let chip = Rect::from_min_size(rect.left_center() + vec2(4.0, -verdict_style::CHIP.y / 2.0), verdict_style::CHIP);
    if on {
        verdict_style::chip(painter, chip, kind);
    } else {
        verdict_style::empty_chip(painter, chip, kind);
    }
    painter.galley(chip.right_center() + vec2(5.0, -galley.size().y / 2.0), galley, colour);
    response
}
