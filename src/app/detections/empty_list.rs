//! A list without rows: why there are none, and the way out.

use egui::{Align, Button, FontId, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PairsAction, ThresholdsAction};
use crate::app::ui::theme;
use crate::detect::Thresholds;

/// What brings rows back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    ResetThresholds,
    ShowAllClasses,
    ShowAllVerdicts,
}

impl WayOut {
    /// Where no box passes the thresholds: none where these are the defaults already.
    pub fn of_thresholds(thresholds: &[Thresholds]) -> &'static [Self] {
        let changed = thresholds.iter().any(|t| *t != Thresholds::LIVE);
        if changed { &[Self::ResetThresholds] } else { &[] }
    }

    pub fn action(self) -> Action {
        match self {
            Self::ResetThresholds => Action::Thresholds(ThresholdsAction::Reset),
            Self::ShowAllClasses => Action::Pairs(PairsAction::ShowAllClasses),
            Self::ShowAllVerdicts => Action::Pairs(PairsAction::ShowAllVerdicts),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::ResetThresholds => "Reset thresholds",
            Self::ShowAllClasses => "Show all classes",
            Self::ShowAllVerdicts => "Show all verdicts",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::ResetThresholds => "Set score threshold and NMS IoU to their defaults",
            Self::ShowAllClasses => "Show boxes of all classes",
            Self::ShowAllVerdicts => "Show matched, lost, gained and class changed boxes",
        }
    }
}

/// Shows it in the middle of `rect`, which is where the rows would be.
pub fn show(ui: &mut Ui, rect: Rect, why: &str, ways: &[WayOut], actions: &mut Vec<Action>) {
    let place = rect.shrink2(vec2(8.0, 4.0));
    let font = FontId::proportional(13.5);
    let text = ui.painter().layout(why.to_owned(), font, theme::scheme(ui).weak, place.width());
    let gap = ui.spacing().item_spacing.y.max(6.0);
    let height = text.size().y + ways.len() as f32 * (ui.spacing().interact_size.y + gap);
    let top = (place.center().y - height / 2.0).max(place.top());
    let builder = UiBuilder::new().max_rect(place.with_min_y(top)).layout(Layout::top_down(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.y = gap;
        ui.label(RichText::new(why).weak());
        for way in ways {
            if ui.add(Button::new(way.label())).on_hover_text(hint(ui.ctx(), way.what(), &way.action())).clicked() {
                actions.push(way.action());
            }
        }
    });
}
