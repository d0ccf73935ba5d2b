//! The window's size, and those of its panels.

use std::collections::BTreeMap;

use egui::{Context, ViewportBuilder};
use serde::{Deserialize, Serialize};

use crate::app::ui::panel_size;

/// The smallest window in which everything has its place, in points.
pub const LEAST: [f32; 2] = [760.0, 420.0];

/// More than any screen, in points.
const MOST: f32 = 16_384.0;

/// A window as it was left. Its size and place are in points without zoom: a window is made before its zoom is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowLayout {
    /// While it is not maximized; `None` = as large as the first time.
    pub size: Option<[f32; 2]>,
    /// Of its upper left corner; `None` = where the system puts it.
    pub position: Option<[f32; 2]>,
    pub maximized: bool,
    /// In points: widths and heights that were dragged.
    pub panels: BTreeMap<String, f32>,
}

impl WindowLayout {
    /// What makes no sense is left out.
    pub fn sane(self) -> Self {
        let size = self.size.filter(|size| size.iter().all(|side| (100.0..MOST).contains(side)));
        let sides = |[width, height]: [f32; 2]| [width.max(LEAST[0]), height.max(LEAST[1])];
        let position = self.position.filter(|place| place.iter().all(|at| at.abs() < MOST));
        Self { size: size.map(sides), position, maximized: self.maximized, panels: self.panels }
    }

    /// A window like this.
    pub fn build(&self, mut builder: ViewportBuilder) -> ViewportBuilder {
        if let Some(size) = self.size {
            builder = builder.with_inner_size(size);
        }
        if let Some(position) = self.position {
            builder = builder.with_position(position);
        }
        builder.with_maximized(self.maximized)
    }

    /// Gives the panels their sizes; each keeps to its own limits.
    pub fn restore_panels(&self, ctx: &Context) {
        panel_size::restore(ctx, &self.panels);
    }

    /// Takes the window as it is now.
    pub fn observe(&mut self, ctx: &Context) {
        let (states, outer, content) = ctx.input(|input| {
            let viewport = input.viewport();
            ([viewport.maximized, viewport.fullscreen, viewport.minimized], viewport.outer_rect, input.content_rect())
        });
        self.maximized = states[0] == Some(true);
        if !states.contains(&Some(true)) {
            let zoom = ctx.zoom_factor();
            self.size = Some((content.size() * zoom).into());
            self.position = outer.map(|rect| (rect.min * zoom).into());
        }
        panel_size::observe(ctx, &mut self.panels);
    }
}

#[cfg(test)]
mod tests {
    use egui::{Rect, ViewportId, pos2, vec2};
    use egui_kittest::Harness;

    use super::*;

    /// Otherwise a window with a zoom would shrink or grow from one start to the next.
    #[test]
    fn size_and_place_are_those_without_zoom() {
        let mut harness = Harness::builder().with_size(vec2(900.0, 500.0)).build_ui(|_| {});
        // At twice the zoom the same window has half as many points.
        let outer_rect = Some(Rect::from_min_size(pos2(20.0, 40.0), vec2(450.0, 250.0)));
        harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().outer_rect = outer_rect;
        harness.ctx.set_zoom_factor(2.0);
        harness.run_steps(3);
        let mut layout = WindowLayout::default();
        layout.observe(&harness.ctx);
        assert_eq!((layout.size, layout.position), (Some([900.0, 500.0]), Some([40.0, 80.0])));
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let of = |size: [f32; 2], position: [f32; 2]| {
            WindowLayout { size: Some(size), position: Some(position), ..WindowLayout::default() }.sane()
        };
        let good = of([900.0, 500.0], [-20.0, 40.0]);
        assert_eq!((good.size, good.position), (Some([900.0, 500.0]), Some([-20.0, 40.0])));
        for (size, kept) in
            [([f32::NAN, 500.0], None), ([1e30, 500.0], None), ([900.0, -5.0], None), ([700.0, 300.0], Some(LEAST))]
        {
            assert_eq!(of(size, [f32::NAN, 0.0]), WindowLayout { size: kept, ..WindowLayout::default() });
        }
    }
}
