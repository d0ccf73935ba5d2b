//! Sizes of panels that the user has dragged, from one run to the next.

use std::collections::BTreeMap;

use egui::containers::panel::PanelState;
use egui::{Context, Id, Pos2, Rect, Ui, vec2};

/// Panels whose size is kept, and whether that is their height.
const PANELS: [(&str, bool); 5] =
    [("controls", false), ("detections", false), ("pairs", false), ("pair details", true), ("bottom", true)];

/// No panel is smaller, or larger, in points.
const SANE: std::ops::Range<f32> = 20.0..16_384.0;

/// Where a panel's id is found, and the size that it starts with.
fn places(name: &str) -> [Id; 2] {
    [Id::unique(("panel id", name)), Id::unique(("panel size", name))]
}

/// To be called before a panel of this name is shown in `ui`.
pub fn keep(ui: &Ui, name: &str) {
    let id = ui.scope_id().with(name);
    let [id_at, size_at] = places(name);
    let is_new = PanelState::load(ui, id).is_none();
    ui.data_mut(|data| {
        data.insert_temp(id_at, id);
        if let Some(size) = data.get_temp::<f32>(size_at).filter(|_| is_new) {
            let outer_rect = Rect::from_min_size(Pos2::ZERO, vec2(size, size));
            data.insert_persisted(id, PanelState { outer_rect });
        }
    });
}

/// Gives panels that were not shown yet their sizes; each keeps to its own limits. What makes no sense is left out.
pub fn restore(ctx: &Context, sizes: &BTreeMap<String, f32>) {
    for (name, _) in PANELS {
        let Some(size) = sizes.get(name).filter(|size| SANE.contains(size)) else { continue };
        ctx.data_mut(|data| data.insert_temp(places(name)[1], *size));
    }
}

/// Notes the sizes of the panels that were shown.
pub fn observe(ctx: &Context, sizes: &mut BTreeMap<String, f32>) {
    for (name, is_height) in PANELS {
        let id = ctx.data(|data| data.get_temp::<Id>(places(name)[0]));
        let Some(state) = id.and_then(|id| PanelState::load(ctx, id)) else { continue };
        let size = if is_height { state.size().y } else { state.size().x };
        match sizes.get_mut(name) {
            _ if !SANE.contains(&size) => {}
            Some(known) => *known = size,
            None => _ = sizes.insert(name.into(), size),
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::Panel;
    use egui_kittest::Harness;

    use super::*;

    fn window(sizes: BTreeMap<String, f32>) -> BTreeMap<String, f32> {
        let mut first = true;
        let mut harness = Harness::new_ui(move |ui| {
            if std::mem::take(&mut first) {
                restore(ui.ctx(), &sizes);
            }
            keep(ui, "pair details");
            Panel::bottom("pair details").resizable(true).default_size(100.0).size_range(80.0..=300.0).show(ui, |ui| {
                ui.take_available_space();
            });
        });
        harness.run();
        let mut sizes = BTreeMap::new();
        observe(&harness.ctx, &mut sizes);
        sizes
    }

    #[test]
    fn a_panel_has_the_size_that_was_kept_within_its_limits() {
        let of = |size: f32| window([("pair details".to_owned(), size)].into())["pair details"];
        assert_eq!(window(BTreeMap::new())["pair details"], 100.0);
        assert_eq!(of(180.0), 180.0);
        assert_eq!(of(9000.0), 300.0);
        assert_eq!(of(f32::NAN), 100.0);
    }
}
