//! The one look of a checkbox: an empty box with an edge, or a filled one with a tick.

use egui::{
    Painter, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, WidgetText, vec2,
};

use super::palette::Scheme;
use super::theme;

/// Of the box, in points.
pub const SIDE: f32 = 15.0;

/// Between the box and its words.
const GAP: f32 = 7.0;

/// A checkbox and its words. Changes the value where it is clicked.
pub fn checkbox(ui: &mut Ui, checked: &mut bool, text: &str) -> Response {
    let room = ui.available_width() - SIDE - GAP;
    let words = WidgetText::from(text).into_galley(ui, None, room, TextStyle::Button);
    let size = vec2(SIDE + GAP + words.size().x, words.size().y.max(ui.spacing().interact_size.y));
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click());
    if response.clicked() {
        *checked = !*checked;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), *checked, text));
    if ui.is_rect_visible(rect) {
        let scheme = theme::scheme(ui);
        let mark = Rect::from_center_size(rect.left_center() + vec2(SIDE / 2.0, 0.0), vec2(SIDE, SIDE));
        paint(ui.painter(), mark, *checked, scheme);
        let colour = if response.hovered() { scheme.strong } else { scheme.text };
        let place = rect.left_center() + vec2(SIDE + GAP, -words.size().y / 2.0);
        ui.painter().galley(place, words, colour);
    }
    response
}

/// Paints the box alone, for rows that have their own words.
pub fn paint(painter: &Painter, rect: Rect, checked: bool, scheme: &Scheme) {
    if checked {
        painter.rect_filled(rect, 4.0, scheme.accent);
        let at = |x: f32, y: f32| rect.min + vec2(x, y) * rect.size();
        let points = vec![at(0.22, 0.52), at(0.42, 0.72), at(0.78, 0.30)];
        painter.add(Shape::line(points, Stroke::new(2.0, scheme.on_accent)));
    } else {
        painter.rect(rect, 4.0, scheme.field, Stroke::new(1.0, scheme.edge), StrokeKind::Inside);
    }
}

#[cfg(test)]
mod tests {
    use egui::accesskit::Toggled;
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT, Queryable};

    use super::*;
    use crate::app::ui::contrast::{OF_EDGES, contrast};
    use crate::app::ui::palette::{DARK, LIGHT};

    #[test]
    fn a_click_turns_it_over_and_says_so() {
        let mut harness = Harness::new_ui_state(|ui, on| _ = checkbox(ui, on, "Labels"), false);
        for wanted in [true, false] {
            harness.get_by_role_and_label(Role::CheckBox, "Labels").click();
            harness.run();
            assert_eq!(*harness.state(), wanted);
            let node = harness.get_by_role_and_label(Role::CheckBox, "Labels");
            assert_eq!(node.accesskit_node().toggled(), Some(if wanted { Toggled::True } else { Toggled::False }));
        }
    }

    #[test]
    fn both_states_stand_out() {
        for scheme in [&DARK, &LIGHT] {
            for ground in [scheme.panel, scheme.hovered] {
                assert!(contrast(scheme.accent, ground) >= OF_EDGES, "ticked on {ground:?}");
            }
            assert!(contrast(scheme.edge, scheme.panel) >= OF_EDGES && contrast(scheme.edge, scheme.field) >= OF_EDGES);
            assert!(contrast(scheme.on_accent, scheme.accent) >= OF_EDGES, "the tick");
        }
    }
}
