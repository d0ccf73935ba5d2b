//! The popup of the clipping alarm: which layers leave their calibrated ranges, and what can be done.

use egui::{Align2, Button, Context, Grid, Label, RichText, Ui, vec2};

use super::byte_check::percent;
use super::clipping_watch::ClippingWatch;
use crate::app::action::{Action, LayersAction, ModelsAction};
use crate::app::ui::theme;
use crate::workshop::clipping::{HOLD, LEAST_LIMIT, LIMIT_TIMES};

/// In points.
const WIDTH: f32 = 380.0;
/// From the left and the lower edge of the window: above the status line.
const CORNER: [f32; 2] = [12.0, 44.0];
/// The most ends that are listed.
const MOST_LISTED: usize = 8;

/// Shows it while it is open. `obstacle`: why no model can be built now.
pub fn show(ctx: &Context, watch: &mut ClippingWatch, obstacle: Option<&str>, actions: &mut Vec<Action>) {
    if !watch.is_open() {
        return;
    }
    let mut open = true;
    let window = egui::Window::new("Calibrated range").open(&mut open).collapsible(false).resizable(false);
    let corner = ctx.content_rect().left_bottom() + vec2(CORNER[0], -CORNER[1]);
    let window = window.pivot(Align2::LEFT_BOTTOM).default_pos(corner).default_width(WIDTH);
    window.show(ctx, |ui| {
        ui.set_max_width(WIDTH);
        contents(ui, watch, obstacle, actions);
    });
    if !open {
        watch.close();
    }
}

fn contents(ui: &mut Ui, watch: &ClippingWatch, obstacle: Option<&str>, actions: &mut Vec<Action>) {
    if let Some(model) = watch.model() {
        ui.add(Label::new(RichText::new(&model.name).strong()).truncate());
    }
    let ends = watch.ends();
    if ends.is_empty() {
        ui.add(Label::new("The scene is within the calibrated range.").wrap());
    } else {
        Grid::new("ends of ranges").num_columns(4).spacing([14.0, 3.0]).show(ui, |ui| {
            for title in ["Layer", "End", "Bytes", "Calibration"] {
                ui.label(RichText::new(title).small().weak());
            }
            ui.end_row();
            for end in ends.iter().take(MOST_LISTED) {
                ui.label(&end.tensor);
                ui.label(end.end.to_string());
                ui.label(RichText::new(percent(end.share)).font(theme::digits()));
                let calibrated = end.calibrated.map_or_else(|| "–".to_owned(), percent);
                ui.label(RichText::new(calibrated).font(theme::digits()));
                ui.end_row();
            }
        });
        if let Some(more) = ends.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
            ui.label(RichText::new(format!("and {more} more")).weak());
        }
    }
    let source = watch.reading().map_or_else(String::new, |reading| format!(" Calibration: {}.", reading.source));
    let rule = format!(
        "Bytes at an end of a layer's range stand for values beyond it, which are lost. The alarm is raised when they are \
         more than {LIMIT_TIMES} times those of the calibration, and more than {} %, for {} seconds.{source}",
        LEAST_LIMIT * 100.0,
        HOLD.as_secs()
    );
    ui.add(Label::new(RichText::new(rule).small().weak()).wrap());
    ui.separator();
    let frames = watch.frames().len();
    let (text, kept) = if frames == 1 {
        ("Add this frame to the calibration and rebuild", "1 frame that leaves the range is kept.".to_owned())
    } else {
        let kept = format!("{frames} frames that leave the range are kept.");
        ("Add these frames to the calibration and rebuild", kept)
    };
    ui.horizontal(|ui| {
        ui.label(kept);
        let forget = ui.add_enabled(frames > 0, Button::new("Discard").small());
        if forget.on_hover_text("Discard the frames that are kept, and collect others").clicked() {
            actions.push(Action::Models(ModelsAction::ForgetClipped));
        }
    });
    let add = ui.add_enabled(frames > 0 && obstacle.is_none(), Button::new(text));
    let what = "Measure every tensor's range on these frames too, build an INT8 model whose ranges hold them and those of its \
                calibration, and show it as B";
    let why = obstacle.unwrap_or("No frame has left the calibrated range yet.");
    if add.on_hover_text(what).on_disabled_hover_text(why).clicked() {
        actions.push(Action::Layers(LayersAction::AddClipped));
    }
}
