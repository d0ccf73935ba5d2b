//! The section with what can be saved while frames come.

use std::time::Duration;

use egui::{Button, Role, Ui, WidgetInfo};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, SavingAction};

/// What runs now.
#[derive(Clone, Copy, Debug, Default)]
pub struct SavingState {
    /// For how long a video has been saved.
    pub video: Option<Duration>,
    /// How many frames the harvest has kept.
    pub harvest: Option<u64>,
    /// A harvest needs two models.
    pub compares: bool,
}

impl SavingState {
    /// What stays on the picture while something runs: "saving a video, 0:12 · harvest, 3 kept".
    pub fn remark(&self) -> Option<String> {
        let video = self.video.map(|age| format!("saving a video, {}", clock(age)));
        let harvest = self.harvest.map(|kept| format!("harvest, {kept} kept"));
        let both: Vec<String> = [video, harvest].into_iter().flatten().collect();
        (!both.is_empty()).then(|| both.join(" · "))
    }
}

fn clock(age: Duration) -> String {
    format!("{}:{:02}", age.as_secs() / 60, age.as_secs() % 60)
}

/// The buttons.
pub fn show(ui: &mut Ui, state: &SavingState, actions: &mut Vec<Action>) {
    let video = state.video.map(|age| format!("⏹  Stop video ({})", clock(age)));
    let what = "Save what is seen as a video with its boxes, at this pace, into your videos folder, for up to an hour or 8 GB; \
                needs ffmpeg";
    button(ui, video.as_deref(), ["Save video", "Stop video"], what, SavingAction::ToggleVideo, true, actions);
    let harvest = state.harvest.map(|kept| format!("⏹  Stop harvest ({kept} kept)"));
    let can = state.compares || state.harvest.is_some();
    let what = if can {
        "Keep each frame on which A and B disagree as a picture with labels, without near-duplicates, in your pictures folder; \
         up to 10,000 frames or 8 GB"
    } else {
        "A harvest keeps frames on which two models disagree: press 2, 3 or 4 to compare two"
    };
    button(ui, harvest.as_deref(), ["Harvest", "Stop harvest"], what, SavingAction::ToggleHarvest, can, actions);
}

/// `running`: its text while it runs. `names`: for screen readers, while it does not run and while it does.
fn button(
    ui: &mut Ui,
    running: Option<&str>,
    names: [&str; 2],
    what: &str,
    action: SavingAction,
    can: bool,
    actions: &mut Vec<Action>,
) {
    let action = Action::Saving(action);
    let name = names[usize::from(running.is_some())];
    let button = Button::new(running.unwrap_or(name)).selected(running.is_some());
    let response = ui.add_enabled(can, button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, can, running.is_some(), name));
    let hover = hint(ui.ctx(), what, &action);
    if response.on_hover_text(hover.as_str()).on_disabled_hover_text(hover.as_str()).clicked() {
        actions.push(action);
    }
}
