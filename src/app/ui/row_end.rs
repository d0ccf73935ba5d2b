//! A row with an end. What stands at its right is laid out from left to right as well, so that the keyboard goes through
//! the row as it is read: in a layout from right to left, Tab would go backwards.

use egui::{Align, Layout, Rect, Ui, UiBuilder};

/// Shows `rest` in what `end` leaves of the row, and then `end` at its right. How wide that is, the pass before tells; what
/// comes and goes in one of the two changes no id in the other. `name` is the row's within `ui`.
pub fn show<R, E>(ui: &mut Ui, name: &str, rest: impl FnOnce(&mut Ui) -> R, end: impl FnOnce(&mut Ui) -> E) -> (R, E) {
    let id = ui.scope_id().with(("row with an end", name));
    let known = ui.data(|d| d.get_temp::<f32>(id));
    let whole = ui.available_rect_before_wrap();
    let from = (whole.right() - known.unwrap_or_default()).max(whole.left());
    let until = (from - ui.spacing().item_spacing.x).max(whole.left());
    let part = |name: &str, place: Rect| {
        let layout = Layout::left_to_right(Align::Center);
        UiBuilder::new().scope_id(id.with(name)).max_rect(place).layout(layout)
    };
    let rest = ui.scope_builder(part("rest", whole.with_max_x(until)), rest).inner;
    // As wide as the whole: it may have become wider.
    let place = Rect::from_min_size(whole.with_min_x(from).min, whole.size());
    let end = ui.scope_builder(part("end", place), end);
    let width = end.response.rect.width().ceil();
    if known != Some(width) {
        ui.data_mut(|d| d.insert_temp(id, width));
        ui.ctx().request_discard("the end of a row has another width");
    }
    (rest, end.inner)
}

#[cfg(test)]
mod tests {
    use egui::{Key, vec2};
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT, Queryable};

    use super::*;

    #[test]
    fn the_end_is_at_the_right_and_tab_goes_through_the_row_as_it_is_read() {
        let row = |ui: &mut Ui, wide: &mut bool| {
            ui.horizontal(|ui| {
                let rest = |ui: &mut Ui| _ = ui.button("rest");
                show(ui, "row", rest, |ui| {
                    let first = if *wide { "the first of two" } else { "first" };
                    _ = ui.button(first);
                    _ = ui.button("last");
                })
            });
        };
        let mut harness = Harness::builder().with_size(vec2(400.0, 60.0)).build_ui_state(row, false);
        harness.run();
        let right = harness.get_by_label("last").rect().right();
        assert!((385.0..=400.0).contains(&right), "{right}");
        for name in ["rest", "first", "last"] {
            harness.key_press(Key::Tab);
            harness.run();
            assert!(harness.get_by_label(name).accesskit_node().is_focused(), "{name}");
        }
        *harness.state_mut() = true;
        harness.run();
        let wider = harness.get_by_label("last").rect();
        assert!((wider.right() - right).abs() < 1.5, "{wider:?}");
        assert!(harness.get_by_label("the first of two").rect().right() <= wider.left(), "{wider:?}");
    }
}
