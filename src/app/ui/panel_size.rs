//! Sizes of panels that the user has dragged, from one run to the next.
//!
//! A size that nobody dragged is not kept: what comes and goes beside a panel squeezes it for a while, and in another
//! window it asks for another one.

use std::collections::BTreeMap;

use egui::containers::panel::PanelState;
use egui::{Context, Id, Pos2, Rect, Ui, accesskit, vec2};

/// Panels whose size is kept, and whether that is their height.
const PANELS: [(&str, bool); 5] =
    [("controls", false), ("detections", false), ("pairs", false), ("pair details", true), ("bottom", true)];

/// No panel is smaller, or larger, in points.
const SANE: std::ops::Range<f32> = 20.0..16_384.0;

/// Where the size is found that was dragged.
fn place(name: &str) -> Id {
    Id::unique(("panel size", name))
}

/// To be called before a panel of this name is shown in `ui`. Gives it the size that was dragged, however large it was in
/// the frame before; without one, what it asks for.
pub fn keep(ui: &Ui, name: &str) {
    let (id, size_at) = (ui.scope_id().with(name), place(name));
    let is_height = PANELS.contains(&(name, true));
    let handle = id.with("__resize");
    let released = ui.ctx().read_response(handle).is_some_and(|response| response.drag_stopped());
    let asked = ui.input(|input| {
        [accesskit::Action::Increment, accesskit::Action::Decrement, accesskit::Action::SetValue]
            .into_iter()
            .any(|action| input.has_accesskit_action_request(handle, action))
    });
    let released_at = size_at.with("released");
    let was_released = ui.data(|data| data.get_temp::<bool>(released_at)).unwrap_or_default();
    // The panel itself finds its new size, and within its limits: it is known once it has been shown.
    let state = PanelState::load(ui, id).filter(|_| was_released);
    let dragged = state.map(|state| if is_height { state.size().y } else { state.size().x });
    ui.data_mut(|data| {
        data.insert_temp(released_at, released || asked);
        if let Some(dragged) = dragged {
            data.insert_temp(size_at, dragged);
        }
        match data.get_temp::<f32>(size_at) {
            Some(size) => {
                let outer_rect = Rect::from_min_size(Pos2::ZERO, vec2(size, size));
                data.insert_persisted(id, PanelState { outer_rect });
            }
            None => data.remove::<PanelState>(id),
        }
    });
}

/// Gives panels that were not shown yet their sizes; each keeps to its own limits. What makes no sense is left out.
pub fn restore(ctx: &Context, sizes: &BTreeMap<String, f32>) {
    for (name, _) in PANELS {
        let Some(size) = sizes.get(name).filter(|size| SANE.contains(size)) else { continue };
        ctx.data_mut(|data| data.insert_temp(place(name), *size));
    }
}

/// Notes the sizes that were dragged.
pub fn observe(ctx: &Context, sizes: &mut BTreeMap<String, f32>) {
    for (name, _) in PANELS {
        let Some(size) = ctx.data(|data| data.get_temp::<f32>(place(name))) else { continue };
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

    /// A window whose height a panel shares with what squeezes it.
    struct Squeezed {
        restored: BTreeMap<String, f32>,
        /// Room that something else takes.
        taken: f32,
        /// The panel's.
        rect: Rect,
    }

    fn window(sizes: BTreeMap<String, f32>) -> Harness<'static, Squeezed> {
        let show = |ui: &mut Ui, shared: &mut Squeezed| {
            restore(ui.ctx(), &std::mem::take(&mut shared.restored));
            let room = 300.0 - shared.taken;
            keep(ui, "pair details");
            let panel = Panel::bottom("pair details").resizable(true).default_size(200.0).size_range(80.0..=room);
            let shown = panel.show(ui, |ui| ui.take_available_space());
            shared.rect = shown.response.rect;
        };
        let shared = Squeezed { restored: sizes, taken: 0.0, rect: Rect::NOTHING };
        let mut harness = Harness::builder().with_size(vec2(400.0, 400.0)).build_ui_state(show, shared);
        harness.run_steps(3);
        harness
    }

    fn height(harness: &mut Harness<'static, Squeezed>, taken: f32) -> f32 {
        harness.state_mut().taken = taken;
        harness.run_steps(3);
        harness.state().rect.height()
    }

    fn kept(harness: &Harness<'static, Squeezed>) -> Option<f32> {
        let mut sizes = BTreeMap::new();
        observe(&harness.ctx, &mut sizes);
        sizes.get("pair details").copied()
    }

    #[test]
    fn a_panel_has_the_size_that_was_kept_within_its_limits() {
        let of = |size: f32| window([("pair details".to_owned(), size)].into()).state().rect.height();
        assert_eq!(window(BTreeMap::new()).state().rect.height(), 200.0);
        assert_eq!(of(180.0), 180.0);
        assert_eq!(of(9000.0), 300.0);
        assert_eq!(of(f32::NAN), 200.0);
    }

    /// A panel at the side that asks for a quarter of its window. Gives its place to the harness.
    fn side(ui: &mut Ui, rect: &mut Rect) {
        keep(ui, "controls");
        let quarter = ui.ctx().content_rect().width() / 4.0;
        let panel = Panel::left("controls").default_size(quarter).size_range(50.0..=400.0);
        *rect = panel.show(ui, |ui| ui.take_available_space()).response.rect;
    }

    #[test]
    fn a_width_follows_its_window_until_it_is_dragged() {
        let (large, small) = (vec2(800.0, 400.0), vec2(400.0, 400.0));
        let mut harness = Harness::builder().with_size(large).build_ui_state(side, Rect::NOTHING);
        harness.run_steps(3);
        let before = harness.state().width();
        harness.set_size(small);
        harness.run_steps(3);
        assert_eq!([before, harness.state().width()], [200.0, 100.0]);
        let kept = |harness: &Harness<'_, Rect>| {
            let mut sizes = BTreeMap::new();
            observe(&harness.ctx, &mut sizes);
            sizes.get("controls").copied()
        };
        assert_eq!(kept(&harness), None, "nobody dragged it");

        let edge = harness.state().right_center();
        harness.hover_at(edge);
        harness.run_steps(2);
        harness.drag_at(edge);
        harness.run_steps(2);
        for right in [20.0, 40.0, 60.0] {
            harness.hover_at(edge + vec2(right, 0.0));
            harness.run_steps(1);
        }
        harness.drop_at(edge + vec2(60.0, 0.0));
        harness.run_steps(4);
        let dragged = harness.state().width();
        assert!((dragged - 160.0).abs() < 8.0, "{dragged}");
        harness.set_size(large);
        harness.run_steps(3);
        assert_eq!((harness.state().width(), kept(&harness)), (dragged, Some(dragged)));
    }

    #[test]
    fn a_panel_that_was_squeezed_gets_its_height_back_and_only_a_dragged_one_is_kept() {
        let mut harness = window(BTreeMap::new());
        assert_eq!([180.0, 0.0].map(|taken| height(&mut harness, taken)), [120.0, 200.0]);
        assert_eq!(kept(&harness), None, "nobody dragged it");

        let edge = harness.state().rect.center_top();
        harness.hover_at(edge);
        harness.run_steps(2);
        harness.drag_at(edge);
        harness.run_steps(2);
        for up in [20.0, 40.0, 60.0] {
            harness.hover_at(edge - vec2(0.0, up));
            harness.run_steps(1);
        }
        harness.drop_at(edge - vec2(0.0, 60.0));
        harness.run_steps(4);
        let dragged = harness.state().rect.height();
        assert!((dragged - 260.0).abs() < 8.0, "{dragged}");
        assert_eq!(kept(&harness), Some(dragged));
        assert_eq!([180.0, 0.0].map(|taken| height(&mut harness, taken)), [120.0, dragged]);
        assert_eq!(kept(&harness), Some(dragged));
    }
}
