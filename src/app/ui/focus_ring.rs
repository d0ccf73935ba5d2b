//! The ring around the control that has the keyboard's focus: one for all controls, outside of them, so that it is seen
//! around those that are filled with the accent colour and around sliders too.

use egui::{Context, Id, Rect, Response, Stroke, StrokeKind, Ui};

use super::theme;

/// Between a control and its ring, in points.
const GAP: f32 = 2.0;
const WIDTH: f32 = 2.0;
const CORNER: f32 = 7.0;

/// Paints it. To be called once all panels are painted.
pub fn paint(ui: &Ui) {
    let ctx = ui.ctx();
    let focused = ctx.memory(|m| m.focused());
    let Some(control) = focused.and_then(|id| read(ctx, id)) else { return };
    let Some(ring) = ring(&control) else { return };
    let stroke = Stroke::new(WIDTH, theme::scheme(ui).accent);
    ctx.layer_painter(control.layer_id).rect_stroke(ring, CORNER, stroke, StrokeKind::Outside);
}

/// Where the control is. Reading a response may end the focus, as a click elsewhere does; but the control itself was asked
/// before, and a list may have given the focus to another row since.
fn read(ctx: &Context, id: Id) -> Option<Response> {
    let response = ctx.read_response(id);
    if !ctx.memory(|m| m.has_focus(id)) {
        ctx.memory_mut(|m| m.request_focus(id));
    }
    response
}

/// Around what is seen of a control; `None` where it is scrolled out of view.
fn ring(control: &Response) -> Option<Rect> {
    let seen = control.interact_rect;
    seen.is_positive().then(|| seen.expand(GAP))
}

#[cfg(test)]
mod tests {
    use egui::{ScrollArea, vec2};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::app::ui::palette::{DARK, LIGHT};

    /// The rings that are painted, in a window with a switch that is on and a slider far below it.
    fn rings(focus: &str) -> Vec<Rect> {
        let mut value = 0.5;
        let show = move |ui: &mut Ui| {
            ScrollArea::vertical().show(ui, |ui| {
                _ = ui.selectable_label(true, "on");
                ui.add_space(900.0);
                ui.add(egui::Slider::new(&mut value, 0.0..=1.0).text("far"));
            });
            paint(ui);
        };
        let mut harness = Harness::builder().with_size(vec2(200.0, 300.0)).build_ui(show);
        if !focus.is_empty() {
            harness.get_by_label(focus).focus();
        }
        harness.run_steps(3);
        let accent = match harness.ctx.theme() {
            egui::Theme::Dark => DARK.accent,
            egui::Theme::Light => LIGHT.accent,
        };
        let ring = |shape: &egui::epaint::ClippedShape| match &shape.shape {
            egui::Shape::Rect(r) if r.stroke == Stroke::new(WIDTH, accent) => Some(r.rect),
            _ => None,
        };
        harness.output().shapes.iter().filter_map(ring).collect()
    }

    #[test]
    fn a_ring_goes_round_the_control_with_the_focus_also_where_it_is_filled() {
        assert!(rings("").is_empty());
        let [ring] = rings("on")[..] else { panic!("one ring") };
        assert!(ring.width() > 10.0 && ring.top() < 40.0, "{ring:?}");
    }
}
