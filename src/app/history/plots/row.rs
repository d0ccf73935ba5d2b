//! The controls above the plots.

use egui::{Align, Button, DragValue, Layout, RichText, Role, Ui, WidgetInfo, vec2};

use super::{PlotAction, PlotInput, PlotState, Reach};

pub fn show(ui: &mut Ui, state: &mut PlotState, input: &PlotInput<'_>) -> Option<PlotAction> {
    let mut action = None;
    ui.horizontal(|ui| {
        steps(ui, input, &mut action);
        ui.separator();
        pause(ui, state);
        ui.separator();
        kept(ui, input);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for reach in Reach::ALL.into_iter().rev() {
                let response = ui.selectable_value(&mut state.reach, reach, RichText::new(reach.label()).small());
                response.on_hover_text("How much time the plots show");
            }
        });
    });
    action
}

fn steps(ui: &mut Ui, input: &PlotInput<'_>, action: &mut Option<PlotAction>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let ring = input.ring;
    // Nothing in sight: the newest is where steps begin.
    let at = input.in_sight.or(ring.last());
    let before = at.and_then(|at| ring.before(at)).map(|_| PlotAction::Step(-1));
    let after = at.and_then(|at| ring.after(at)).map(|_| PlotAction::Step(1));
    let worst = ring.worst().filter(|worst| input.in_sight != Some(*worst)).map(PlotAction::GoTo);
    let live = input.browsing.then_some(PlotAction::Live);
    for (text, name, about, wanted) in [
        ("◀", "Frame before", "The kept frame before this one", before),
        ("▶", "Frame after", "The kept frame after this one", after),
        ("Worst", "Worst frame", "The kept frame on which A and B agree least", worst),
        ("Live", "Live", "Back to what the source gives now", live),
    ] {
        let response = ui.add_enabled(wanted.is_some(), Button::new(text).min_size(vec2(28.0, 0.0)));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, wanted.is_some(), name));
        if response.on_hover_text(about).on_disabled_hover_text(about).clicked() {
            *action = wanted;
        }
    }
}

fn pause(ui: &mut Ui, state: &mut PlotState) {
    let about = "Pauses at the first frame on which A and B agree less than this (F1), so that it can be looked at";
    ui.checkbox(&mut state.pause, "Pause when agreement falls below").on_hover_text(about);
    let number = DragValue::new(&mut state.pause_below).range(0.01..=1.0).speed(0.01).fixed_decimals(2);
    let response = ui.add_enabled(state.pause, number).on_hover_text(about);
    let (pause, below) = (state.pause, f64::from(state.pause_below));
    response.widget_info(|| WidgetInfo {
        label: Some("Agreement to pause below".into()),
        ..WidgetInfo::drag_value(pause, below)
    });
}

fn kept(ui: &mut Ui, input: &PlotInput<'_>) {
    let ring = input.ring;
    let megabytes = |bytes: usize| (bytes as f64 / f64::from(1 << 20)).round();
    let (frames, used, limit) = (ring.len(), megabytes(ring.bytes()), megabytes(ring.limit()));
    let text = format!("kept: {frames} frames, {used:.0} MB of {limit:.0} MB");
    let worst = ring.worst_kept().count();
    let mut about = format!(
        "Frames that can be gone back to: the newest (shaded on the plots), and the {worst} worst of those before \
         them (triangles). Older ones make room; their figures stay."
    );
    if input.missed > 0 {
        about += &format!("\n{} came too fast to be kept.", input.missed);
    }
    ui.label(RichText::new(text).small().weak()).on_hover_text(about);
}
