//! The panel at the bottom: the history or the layers, one of them in front, so that the picture keeps its room.

use egui::{Button, Panel, Role, ScrollArea, Ui, WidgetInfo};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, HistoryAction, LayersAction};
use crate::app::ui::{panel_size, row_end};

/// The largest part of the window's height that the panel takes. Of what is left between the bars, the picture keeps
/// half in any case.
const MOST: f32 = 0.45;

/// The part of the window's height that the picture has besides, until the panel is dragged: in a small window the panel
/// is low, and what it shows scrolls.
const PICTURE: f32 = 0.5;

/// Its height the first time, and the smallest one, in points.
const FIRST: f32 = 300.0;
const LEAST: f32 = 96.0;

/// What the panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BottomTab {
    History,
    Layers,
}

/// The panel, before it is shown. `strips`: how much of the room in `ui` will go to bars above it.
pub fn panel(ui: &Ui, strips: f32) -> Panel {
    panel_size::keep(ui, "bottom");
    let (window, between) = (ui.ctx().content_rect().height(), ui.available_rect_before_wrap().height());
    let most = (window * MOST).min((between - strips).max(0.0) / 2.0).floor();
    let first = FIRST.min((between - window * PICTURE).floor()).max(LEAST).min(most);
    Panel::bottom("bottom").resizable(true).default_size(first).size_range(LEAST.min(most)..=most)
}

impl BottomTab {
    pub const ALL: [Self; 2] = [Self::History, Self::Layers];

    fn label(self) -> &'static str {
        match self {
            Self::History => "History",
            Self::Layers => "Layers",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::History => "Agreement and latency over time, and the frames behind them",
            Self::Layers => "Quantization error per layer of B, and its effect on the boxes",
        }
    }

    /// Brings the tab to the front, or closes the panel where it is there already.
    fn toggle(self) -> Action {
        match self {
            Self::History => Action::History(HistoryAction::TogglePanel),
            Self::Layers => Action::Layers(LayersAction::TogglePanel),
        }
    }

    /// The panel's first row, with this tab in front: the tabs, what is the tab's own, and a cross. `end` stands at the
    /// right, and `middle` in what that leaves.
    pub fn row(
        self,
        ui: &mut Ui,
        actions: &mut Vec<Action>,
        middle: impl FnOnce(&mut Ui),
        end: impl FnOnce(&mut Ui, &mut Vec<Action>),
    ) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for tab in Self::ALL {
                let chosen = tab == self;
                let response = ui.add(Button::selectable(chosen, tab.label()));
                response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, format!("{} tab", tab.label())));
                if response.on_hover_text(hint(ui.ctx(), tab.about(), &tab.toggle())).clicked() && !chosen {
                    actions.push(tab.toggle());
                }
            }
            ui.add_space(6.0);
            row_end::show(ui, "tabs", middle, |ui| {
                end(ui, actions);
                let close = ui.add(Button::new("✖").small().frame(false));
                let name = format!("Close {}", self.label().to_lowercase());
                close.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if close.on_hover_text(hint(ui.ctx(), "Close", &self.toggle())).clicked() {
                    actions.push(self.toggle());
                }
            });
        });
    }
}

/// Gives `contents` all the height that is left, but no less than `least`: below that they scroll.
pub fn scrolled(ui: &mut Ui, least: f32, contents: impl FnOnce(&mut Ui)) {
    let height = ui.available_height().max(least);
    ScrollArea::vertical().id_salt("bottom").auto_shrink(false).min_scrolled_height(0.0).show(ui, |ui| {
        ui.set_max_height(height);
        contents(ui);
    });
}
