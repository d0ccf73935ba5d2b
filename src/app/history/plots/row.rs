//! The controls above the plots.

use egui::{Button, DragValue, Label, RichText, Role, Ui, WidgetInfo, vec2};

use super::input::PlotInput;
use super::time_range::Reach;
use crate::app::action::{Action, HistoryAction, WindowAction};
use crate::app::preferences::Preferences;
use crate::app::ui::checkbox::checkbox;

/// Which frame is shown, and when to pause. On two lines where one is too narrow.
pub fn show(ui: &mut Ui, input: &PlotInput<'_>, preferences: &mut Preferences, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        steps(ui, input, actions);
        ui.separator();
        pause(ui, preferences);
    });
}

/// The end of the panel's first row: how much time is shown.
pub fn reaches(ui: &mut Ui, shown: &mut Reach) {
    ui.add_space(8.0);
    for reach in Reach::ALL {
        let response = ui.selectable_value(shown, reach, RichText::new(reach.label()).small());
        response.on_hover_text("Time range");
    }
    ui.add_space(8.0);
}

fn steps(ui: &mut Ui, input: &PlotInput<'_>, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let ring = input.ring;
    // No current frame: steps start from the newest.
    let at = input.in_sight.or(ring.last());
    let before = at.and_then(|at| ring.before(at)).map(|_| Action::History(HistoryAction::Step(-1)));
    let after = at.and_then(|at| ring.after(at)).map(|_| Action::History(HistoryAction::Step(1)));
    let worst = ring
        .worst()
        .filter(|worst| input.in_sight != Some(*worst))
        .map(|worst| Action::History(HistoryAction::GoTo(worst)));
    let live = input.browsing.then_some(Action::Window(WindowAction::Resume));
    for (text, name, about, wanted) in [
        ("◀", "Previous frame in history", "Previous frame stored in the history", before),
        ("▶", "Next frame in history", "Next frame stored in the history", after),
        ("Worst", "Worst frame", "Frame with the lowest agreement", worst),
        ("Back to live", "Back to live", "Show the newest frame", live),
    ] {
        let response = ui.add_enabled(wanted.is_some(), Button::new(text).min_size(vec2(28.0, 0.0)));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, wanted.is_some(), name));
        if response.on_hover_text(about).on_disabled_hover_text(about).clicked() {
            actions.extend(wanted);
        }
    }
}

fn pause(ui: &mut Ui, preferences: &mut Preferences) {
    let about = "Pause at the first frame whose agreement (F1 score) is below this";
    checkbox(ui, &mut preferences.pauses, "Pause when agreement falls below").on_hover_text(about);
    let number = DragValue::new(&mut preferences.pause_below).range(0.01..=1.0).speed(0.01).fixed_decimals(2);
    let response = ui.add_enabled(preferences.pauses, number).on_hover_text(about);
    let (pause, below) = (preferences.pauses, f64::from(preferences.pause_below));
    response.widget_info(|| WidgetInfo {
        label: Some("Pause below this agreement".into()),
        ..WidgetInfo::drag_value(pause, below)
    });
}

/// How much is stored.
pub fn kept(ui: &mut Ui, input: &PlotInput<'_>) {
    let ring = input.ring;
    let megabytes = |bytes: usize| (bytes as f64 / f64::from(1 << 20)).round();
    let (frames, used, limit) = (ring.len(), megabytes(ring.bytes()), megabytes(ring.limit()));
    let noun = if frames == 1 { "frame" } else { "frames" };
    let text = format!("{frames} {noun} buffered ({used:.0} of {limit:.0} MB)");
    let worst = ring.worst_kept().count();
    let mut about = format!(
        "Frames in the history: the newest (shaded on the plots) and the {worst} worst of the older ones (triangles). \
         The rest are discarded; their figures stay."
    );
    if input.missed > 0 {
        about += &format!("\n{} came too fast to be stored.", input.missed);
    }
    ui.add(Label::new(RichText::new(text).small().weak()).truncate()).on_hover_text(about);
}
