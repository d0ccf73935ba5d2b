//! Everything about the chosen pair: the numbers of both boxes, why one is lacking, and what both raw heads hold.

use egui::{Align, Button, Grid, Label, Layout, RichText, Role, ScrollArea, Ui, WidgetInfo};

use super::bars::{self, Bar};
use super::input::PairsInput;
use super::model::PairRow;
use super::table::two_digits;
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PairsAction, ThresholdsAction};
use crate::app::ui::theme;
use crate::app::ui::verdict_style;
use crate::app::view::Side;
use crate::compare::{Verdict, VerdictKind, threshold_text};
use crate::detect::{CandidateId, Detection, Form, RawCandidate, Thresholds};

/// Number of classes shown per side.
const TOP: usize = 5;

/// From this width on there is room for tenths of a pixel.
const WIDE: f32 = 290.0;

/// Shows the details. `from_top`: they are another pair's than before, and begin with what became of it.
pub fn show(ui: &mut Ui, input: &PairsInput<'_>, verdict: &Verdict, from_top: bool, actions: &mut Vec<Action>) {
    let of = |found: &[Detection], index: Option<usize>| found.get(index?).copied();
    let boxes = [of(input.comparison.a(), verdict.a()), of(input.comparison.b(), verdict.b())];
    let row = PairRow::new(input.comparison, 0, verdict, input.truth(verdict));
    ui.add_space(6.0);
    if title(ui, input, &row) {
        actions.push(Action::Pairs(PairsAction::Show(None)));
    }
    theme::reserve_scroll_bar(ui);
    let mut area = ScrollArea::vertical().auto_shrink([false, false]);
    if from_top {
        area = area.vertical_scroll_offset(0.0);
    }
    area.show(ui, |ui| {
        if input.live {
            ui.label(RichText::new("Followed from frame to frame. Space to pause.").small().weak());
        }
        let remedy = sentences(ui, input, verdict);
        ui.horizontal_wrapped(|ui| {
            if let Some((side, thresholds)) = remedy.and_then(|remedy| bring_back(ui, input, remedy)) {
                actions.push(Action::Thresholds(ThresholdsAction::Set(Side::BOTH[side], thresholds)));
            }
            if ask_for_layers(ui) {
                actions.push(Action::Pairs(PairsAction::FindLayers));
            }
        });
        ui.add_space(6.0);
        numbers(ui, input, &boxes, &row);
        ui.add_space(8.0);
        candidates(ui, input, &boxes, &row);
        ui.add_space(4.0);
    });
}

/// Stands in for the details while the frame has no such pair: they would come and go with every frame otherwise.
pub fn show_missing(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.add_space(6.0);
    let closed = ui.horizontal(|ui| ui.with_layout(Layout::right_to_left(Align::Center), close).inner).inner;
    if closed {
        actions.push(Action::Pairs(PairsAction::Show(None)));
    }
    ui.label(RichText::new("The selected pair is not in this frame. Space to pause.").weak());
    ui.take_available_space();
}

/// True where it was clicked.
fn close(ui: &mut Ui) -> bool {
    let close = ui.add(Button::new("✖").small().frame(false));
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close details"));
    close.on_hover_text("Close details (Escape)").clicked()
}

/// Columns as narrow as what is in them.
fn grid(ui: &mut Ui, name: &str, contents: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 15.0;
        Grid::new(name).min_col_width(0.0).spacing([10.0, 3.0]).show(ui, contents);
    });
}

fn title(ui: &mut Ui, input: &PairsInput<'_>, row: &PairRow) -> bool {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(verdict_style::CHIP, egui::Sense::hover());
        verdict_style::chip(ui.painter(), rect, row.kind);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let closed = close(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = format!("{}: {}", row.class_text(input.classes()), row.kind.word());
                ui.add(Label::new(RichText::new(text).strong()).truncate());
            });
            closed
        })
        .inner
    })
    .inner
}

/// What would bring a box back, in words, and the thresholds that do it.
struct RemedyButton {
    words: String,
    thresholds: (usize, Thresholds),
}

/// What happened, and what would undo it.
fn sentences(ui: &mut Ui, input: &PairsInput<'_>, verdict: &Verdict) -> Option<RemedyButton> {
    let explanation = input.explanation();
    if let Some(truth) = input.truth_sentence(verdict) {
        ui.label(RichText::new(format!("{truth}.")).strong()).on_hover_text("What the annotations say of it");
    }
    ui.label(format!("{}.", explanation.outcome(verdict)));
    let remedy = explanation.remedy(verdict)?;
    ui.label(RichText::new(&remedy).color(theme::scheme(ui).strong));
    Some(RemedyButton { thresholds: explanation.thresholds_with(verdict)?, words: remedy })
}

/// The button says what it does: "Lower INT8's threshold to 0.19".
fn bring_back(ui: &mut Ui, input: &PairsInput<'_>, remedy: RemedyButton) -> Option<(usize, Thresholds)> {
    let RemedyButton { words, thresholds } = remedy;
    let (side, to) = thresholds;
    let (model, now) = (input.names[side], input.sides[side].thresholds);
    let text = match (to.score < now.score, to.nms_iou > now.nms_iou) {
        (true, false) => format!("Lower {model}'s threshold to {}", threshold_text(to.score)),
        (false, true) => format!("Raise {model}'s NMS IoU to {:.2}", to.nms_iou),
        _ => format!("Adjust {model}'s thresholds"),
    };
    let what = hint(ui.ctx(), words.trim_end_matches('.'), &Action::Pairs(PairsAction::BringBack));
    ui.button(text).on_hover_text(what).clicked().then_some(thresholds)
}

/// From a box to the layers that change it.
fn ask_for_layers(ui: &mut Ui) -> bool {
    let what = "Follow this box's score through the layers of B: with only each layer in INT8, and with all layers up \
                to it";
    let what = hint(ui.ctx(), what, &Action::Pairs(PairsAction::FindLayers));
    ui.button("Which layers caused this?").on_hover_text(what).clicked()
}

fn numbers(ui: &mut Ui, input: &PairsInput<'_>, boxes: &[Option<Detection>; 2], row: &PairRow) {
    let digits = |text: String| RichText::new(text).font(theme::digits());
    let decimals = usize::from(ui.available_width() >= WIDE);
    grid(ui, "pair numbers", |ui| {
        for text in ["", "score", "x", "y", "w", "h"] {
            ui.label(RichText::new(text).small().weak()).on_hover_text(match text {
                "x" | "y" => "Upper left corner, in image pixels",
                "w" | "h" => "Size, in image pixels",
                "score" => "σ(objectness) · σ(class)",
                _ => "",
            });
        }
        ui.end_row();
        for (side, found) in boxes.iter().enumerate() {
            ui.label(RichText::new(input.names[side]).small().strong());
            match found {
                Some(d) => {
                    ui.label(digits(row.score_text(side, input.thresholds()).unwrap_or_default()));
                    for value in [d.bbox.x1, d.bbox.y1, d.bbox.width(), d.bbox.height()] {
                        ui.label(digits(format!("{value:.decimals$}")));
                    }
                }
                None => _ = ui.label(RichText::new("no box").weak()),
            }
            ui.end_row();
        }
    });
    let mut parts = Vec::new();
    if row.kind == VerdictKind::Flip {
        let names = [0, 1].map(|side| row.classes[side].map_or("?", |id| input.classes().name(id)));
        parts.push(format!("{}: {}, {}: {}", input.names[0], names[0], input.names[1], names[1]));
    }
    parts.extend(row.iou.map(|iou| format!("IoU {}", two_digits(iou))));
    let both = row.classes.iter().all(Option::is_some);
    parts.extend(row.delta_text(input.thresholds()).filter(|_| both).map(|delta| format!("Δscore {delta}")));
    if !parts.is_empty() {
        ui.label(parts.join(" · "));
    }
    let form = ui.label(RichText::new("Boxes as x y w h, in image pixels").small().weak());
    form.on_hover_text(
        "x and y of the upper left corner, width and height. JSON and CSV have the corners, x1 y1 x2 y2",
    );
}

/// Both raw heads at the candidate that gave the box, or each at its own.
fn candidates(ui: &mut Ui, input: &PairsInput<'_>, boxes: &[Option<Detection>; 2], row: &PairRow) {
    let ids = boxes.map(|found| found.map(|d| d.id));
    let (one, same) = match ids {
        [Some(a), Some(b)] => (a, a == b),
        [Some(id), None] | [None, Some(id)] => (id, true),
        [None, None] => return,
    };
    let at = [0, 1].map(|side| ids[side].unwrap_or(one));
    ui.label(RichText::new("Raw model outputs").strong());
    if same {
        ui.label(RichText::new(place(input.sides[0].form, one)).small().weak());
    } else {
        ui.label("The boxes come from different candidates; each model's own is shown.");
        for side in [0, 1] {
            let text = format!("{}: {}", input.names[side], place(input.sides[side].form, at[side]));
            ui.label(RichText::new(text).small().weak());
        }
    }
    let raw = [0, 1].map(|side| RawCandidate::new(input.sides[side].form, input.sides[side].heads, at[side]));
    for side in [0, 1] {
        if raw[side].is_none() {
            ui.label(format!("{} has no such candidate: its heads have a different shape.", input.names[side]));
        }
    }
    ui.add_space(4.0);
    let of = |read: &dyn Fn(&RawCandidate<'_>) -> f32| [0, 1].map(|side| raw[side].as_ref().map(read));
    bars::legend(ui, input.names);
    let object = Bar { name: "objectness", strong: true, values: of(&|raw| raw.objectness()) };
    object.show(ui, input.names);
    for class_id in top(&raw) {
        let strong = row.classes.contains(&Some(class_id));
        let values = of(&|raw| raw.class(class_id).unwrap_or_default());
        Bar { name: input.classes().name(class_id), strong, values }.show(ui, input.names);
    }
    ui.add_space(6.0);
    geometry(ui, input, &raw);
}

/// "Stride 32, anchor 135×169, row 5, column 6".
fn place(form: &Form, id: CandidateId) -> String {
    let Some(head) = form.heads.get(usize::from(id.head)) else { return "no such head".into() };
    let columns = form.grid(head).width.max(1);
    let anchor =
        head.anchors.get(usize::from(id.anchor)).map_or_else(String::new, |[w, h]| format!(" ({w:.0}×{h:.0})"));
    format!(
        "head {} (stride {}), anchor {}{anchor}, row {}, column {}",
        id.head,
        head.stride,
        id.anchor,
        id.cell / columns,
        id.cell % columns
    )
}

/// The most probable classes of either side, the most probable first.
fn top(raw: &[Option<RawCandidate<'_>>; 2]) -> Vec<usize> {
    let mut found: Vec<(usize, f32)> = Vec::with_capacity(2 * TOP);
    for raw in raw.iter().flatten() {
        let mut classes: Vec<(usize, f32)> = raw.classes().enumerate().collect();
        classes.sort_by(|x, y| y.1.total_cmp(&x.1));
        for (class_id, value) in classes.into_iter().take(TOP) {
            match found.iter_mut().find(|(id, _)| *id == class_id) {
                Some((_, known)) => *known = known.max(value),
                None => found.push((class_id, value)),
            }
        }
    }
    found.sort_by(|x, y| y.1.total_cmp(&x.1));
    found.into_iter().map(|(class_id, _)| class_id).collect()
}

fn geometry(ui: &mut Ui, input: &PairsInput<'_>, raw: &[Option<RawCandidate<'_>>; 2]) {
    grid(ui, "raw geometry", |ui| {
        for text in ["raw", "tx", "ty", "tw", "th"] {
            ui.label(RichText::new(text).small().weak())
                .on_hover_text("Model output, before anchor and cell turn it into a box");
        }
        ui.end_row();
        for (side, raw) in raw.iter().enumerate() {
            let Some(raw) = raw else { continue };
            ui.label(RichText::new(input.names[side]).small().strong());
            for value in raw.geometry() {
                ui.label(RichText::new(format!("{value:+.3}").replace('-', "−")).font(theme::digits()));
            }
            ui.end_row();
        }
    });
}
