//! The bar of the split view: A left of it, B right of it.

use egui::{CursorIcon, Key, Modifiers, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::ui::palette::{HALO, ON_PICTURE};

/// How far from the bar a person still takes hold of it, in points.
const GRIP: f32 = 8.0;
/// The divider stays visible.
const ENDS: std::ops::RangeInclusive<f32> = 0.02..=0.98;
/// One press of an arrow key.
const STEP: f32 = 0.02;

/// Where the bar stands.
#[derive(Clone, Copy, Debug)]
pub struct SplitBar {
    /// Part of the width that is left of it, 0..=1.
    at: f32,
    /// It goes where the pointer goes.
    pub follows: bool,
}

impl Default for SplitBar {
    fn default() -> Self {
        Self { at: 0.5, follows: false }
    }
}

impl SplitBar {
    /// What lies left and right of it.
    pub fn parts(&self, whole: Rect) -> [Rect; 2] {
        let x = self.x(whole);
        [whole.with_max_x(x), whole.with_min_x(x)]
    }

    fn x(&self, whole: Rect) -> f32 {
        whole.left() + whole.width() * self.at
    }

    /// Dragged, moved with the arrow keys while it has the focus, or following the pointer.
    pub fn interact(&mut self, ui: &Ui, whole: Rect, pointer: Option<Pos2>) {
        let grip = Rect::from_center_size(pos2(self.x(whole), whole.center().y), vec2(2.0 * GRIP, whole.height()));
        let response = ui.interact(grip, ui.scope_id().with("split bar"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Divider"));
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        }
        let held = response.dragged().then(|| response.interact_pointer_pos()).flatten();
        let over = response.hover_pos().or(pointer).filter(|_| self.follows);
        if let Some(to) = held.or(over) {
            self.at = (to.x - whole.left()) / whole.width().max(1.0);
        }
        if response.has_focus() {
            let arrows = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
            ui.memory_mut(|m| m.set_focus_lock_filter(response.id, arrows));
            let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            self.at += STEP * (f32::from(pressed(Key::ArrowRight)) - f32::from(pressed(Key::ArrowLeft)));
        }
        self.at = self.at.clamp(*ENDS.start(), *ENDS.end());
        response.on_hover_text("Drag: A's boxes on the left, B's on the right");
    }

    pub fn paint(&self, ui: &Ui, whole: Rect) {
        let line = Rect::from_center_size(pos2(self.x(whole), whole.center().y), vec2(2.0, whole.height()));
        let focused = ui.memory(|m| m.has_focus(ui.scope_id().with("split bar")));
        let painter = ui.painter().with_clip_rect(whole);
        painter.rect_filled(line.expand2(vec2(1.0, 0.0)), 0.0, HALO);
        painter.rect_filled(line, 0.0, ON_PICTURE);
        let radius = if focused { 10.0 } else { 8.0 };
        painter.circle_filled(line.center(), radius + 1.5, HALO);
        painter.circle_filled(line.center(), radius, ON_PICTURE);
        for side in [-1.0, 1.0] {
            let tip = line.center() + vec2(5.5 * side, 0.0);
            let back = |y: f32| line.center() + vec2(2.0 * side, y);
            painter.add(egui::Shape::convex_polygon(vec![tip, back(-3.5), back(3.5)], HALO, egui::Stroke::NONE));
        }
    }
}
