//! The form of a hardware profile. Each change gives another profile at once.

use std::ops::RangeInclusive;

use egui::{Button, DragValue, RichText, Role, Slider, Ui, WidgetInfo, vec2};

use super::own_profile;
use crate::integer::{Accumulator, LeakyRelu, Multiplier, OutOfRange, Profile, Rounding};

/// A choice: its value, its word, what it means.
type Entry<T> = (T, &'static str, &'static str);

const ROUNDINGS: [Entry<Rounding>; 4] = [
    (Rounding::HalfUp, "half up", "To the nearest integer, halves towards +∞: half of the last place is added"),
    (Rounding::HalfEven, "half even", "To the nearest integer, halves to the even one, as ONNX Runtime rounds"),
    (Rounding::HalfAway, "half away", "To the nearest integer, halves away from zero"),
    (Rounding::Truncate, "truncate", "Towards −∞: the bits below are dropped"),
];

const LEAKY_RELUS: [Entry<LeakyKind>; 3] = [
    (LeakyKind::Table, "table", "A table of 256 bytes per layer, as ONNX Runtime computes it"),
    (
        LeakyKind::Multipliers,
        "two multipliers",
        "One for positive values, one for negative ones, with the model's slope",
    ),
    (LeakyKind::Slope, "slope", "Two multipliers, with a slope of the chip's in place of the model's"),
];

const OVERFLOWS: [Entry<OutOfRange>; 2] = [
    (OutOfRange::Wrap, "wrap", "Only the low bits of a sum stay"),
    (OutOfRange::Saturate, "saturate", "A sum stays at its limit, after each product; slow to compute here"),
];

/// What chips take for 0.1.
const SLOPES: [Entry<f32>; 3] = [
    (26.0 / 256.0, "26/256", "As AMD's Vitis DPU: 0.1015625"),
    (3.0 / 32.0, "3/32", "0.09375: two shifts and an addition"),
    (1.0 / 8.0, "1/8", "0.125: one shift"),
];

/// Of a number beside a slider, in points.
const NUMBER: f32 = 46.0;

#[derive(Clone, Copy, PartialEq)]
enum LeakyKind {
    Table,
    Multipliers,
    Slope,
}

/// Shows the profile. Gives another one where something was changed.
pub fn show(ui: &mut Ui, profile: &Profile) -> Option<Profile> {
    let mut new = profile.clone();
    let what = "Bits of a fixed-point multiplier, without a sign; with 1 there are only shifts";
    slider(ui, "Multiplier bits", what, &mut new.multiplier_bits, Multiplier::BITS);
    choices(ui, "Rounding", &ROUNDINGS, &mut new.rounding);
    leaky_relu(ui, &mut new.leaky_relu);
    let what = "Bits of a sum, with its sign; a model's own sums have 32";
    slider(ui, "Accumulator bits", what, &mut new.accumulator.bits, Accumulator::BITS);
    choices(ui, "Overflow", &OVERFLOWS, &mut new.accumulator.overflow);
    // Its values are within their ranges here, and its name follows from them.
    (new != *profile).then(|| own_profile::named(new))
}

fn leaky_relu(ui: &mut Ui, value: &mut LeakyRelu) {
    let before = match value {
        LeakyRelu::Table => LeakyKind::Table,
        LeakyRelu::Multipliers => LeakyKind::Multipliers,
        LeakyRelu::Slope(_) => LeakyKind::Slope,
    };
    let mut kind = before;
    choices(ui, "Leaky ReLU", &LEAKY_RELUS, &mut kind);
    if kind != before {
        *value = match kind {
            LeakyKind::Table => LeakyRelu::Table,
            LeakyKind::Multipliers => LeakyRelu::Multipliers,
            LeakyKind::Slope => LeakyRelu::Slope(SLOPES[0].0),
        };
    }
    if let LeakyRelu::Slope(slope) = value {
        slopes(ui, slope);
    }
}

/// The usual ones, and any other between 0 and 1.
fn slopes(ui: &mut Ui, slope: &mut f32) {
    choices(ui, "Slope", &SLOPES, slope);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Slope value").weak());
        let mut wish = *slope;
        let value = DragValue::new(&mut wish).range(0.0..=1.0).speed(0.001).max_decimals(7);
        ui.add(value).labelled_by(label.id).on_hover_text("Slope of negative values, from 0 to 1");
        // "nan" is a number to the field.
        if (0.0..=1.0).contains(&wish) {
            *slope = wish;
        }
    });
}

/// One button for each, of which one is chosen.
fn choices<T: Copy + PartialEq>(ui: &mut Ui, title: &str, choices: &[Entry<T>], value: &mut T) {
    ui.label(RichText::new(title).weak());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (choice, word, what) in choices {
            let chosen = *value == *choice;
            let response = ui.add(Button::selectable(chosen, *word).frame_when_inactive(true));
            // Some words stand under two titles.
            let name = format!("{title}: {word}");
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
            if response.on_hover_text(*what).clicked() {
                *value = *choice;
            }
        }
    });
}

fn slider(ui: &mut Ui, name: &str, what: &str, value: &mut u32, range: RangeInclusive<u32>) {
    let label = ui.label(RichText::new(name).weak());
    ui.spacing_mut().slider_width = (ui.available_width() - NUMBER - 14.0).max(60.0);
    ui.add(Slider::new(value, range)).labelled_by(label.id).on_hover_text(what);
}
