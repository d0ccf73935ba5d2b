//! The picture in the middle of the window: the current frame, how it is shown, and its boxes.
//!
//! ```text
//! Observation ─▶ current (boxes, verdicts) ─▶ marks ─▶ canvas ─▶ picture, boxes
//!      └───────▶ texture ──────────────────────────────▲   └───▶ export (copied, saved)
//! before it: preview (the picture without boxes) ──────┘
//! ```

pub mod annotated;
mod boxes;
pub mod canvas;
mod chip;
pub mod current;
pub mod export;
mod legend;
pub mod marks;
mod picture;
pub mod preview;
mod previewing;
mod readout;
mod split_bar;
mod texture;
mod truth_marks;
mod viewport;

use std::sync::Arc;
use std::time::Duration;

use egui::Context;

use super::action::PictureAction;
use super::view::{Side, View};
use annotated::{AnnotatedPanes, AnnotatedPicture};
use current::CurrentFrame;
use marks::{BoxFilter, BoxMark};
use preview::Preview;
use split_bar::SplitBar;
use texture::FrameTexture;
use truth_marks::TruthMark;
use viewport::{Area, Viewport};

use crate::detect::{BBox, Frame};
use crate::engine::Observation;

/// From this zoom on, single pixels are looked at.
const SEE_PIXELS: f32 = 3.0;

/// The current frame, and how it is shown.
#[derive(Default)]
pub struct FrameView {
    pub current: CurrentFrame,
    /// What stands in the picture's place until the current frame comes.
    preview: Option<Preview>,
    texture: FrameTexture,
    viewport: Viewport,
    /// Where the picture was painted last.
    area: Option<Area>,
    split_bar: SplitBar,
    /// Buffers of what is drawn, A's and B's.
    marks: [Vec<BoxMark>; 2],
    /// What is known to be there, with what A misses, and B; or both in the first.
    truth_marks: [Vec<TruthMark>; 2],
    /// The next source's first picture is shown at the current zoom.
    keeps_zoom: bool,
    /// The current frame is new from the engine, and is counted when it is painted.
    is_unpainted: bool,
}

/// How large the picture is shown.
#[derive(Clone, Copy)]
pub struct Zoom {
    pub per_cent: f32,
    pub fit: bool,
}

impl FrameView {
    /// Shows another observation; its boxes come with the next [`CurrentFrame::compute`]. `is_new`: it comes from the
    /// engine, and counts as shown once it is painted.
    pub fn show(&mut self, ctx: &Context, observation: Arc<Observation>, is_new: bool) {
        // It has brought the zoom along.
        let previewed = self.preview.take().is_some();
        let before = self.current.observation();
        let other_source = before.is_none_or(|b| b.source_generation != observation.source_generation);
        if other_source && !previewed && !std::mem::take(&mut self.keeps_zoom) {
            self.viewport.fit();
        }
        let other_frame = before.is_none_or(|b| !Arc::ptr_eq(&b.frame, &observation.frame));
        if other_frame {
            self.upload(ctx, &observation);
            self.is_unpainted |= is_new;
        }
        self.current.set(observation);
    }

    /// Whether the next source's first picture is shown at the current zoom.
    pub fn set_keeps_zoom(&mut self, keeps_zoom: bool) {
        self.keeps_zoom = keeps_zoom;
    }

    /// The observation whose frame is painted now for the first time, and its age. A hidden window takes observations
    /// too, and paints none.
    pub fn take_unpainted(&mut self) -> Option<(&Observation, Duration)> {
        let is_unpainted = std::mem::take(&mut self.is_unpainted);
        let observation = self.current.observation().filter(|_| is_unpainted)?;
        Some((observation, observation.times.captured.elapsed()))
    }

    /// Brings an observation's frame to the graphics card.
    fn upload(&mut self, ctx: &Context, observation: &Observation) {
        self.upload_frame(ctx, &observation.frame, observation.description.nominal_rate.is_none());
    }

    /// `still`: it is looked at for longer than an instant.
    fn upload_frame(&mut self, ctx: &Context, frame: &Frame, still: bool) {
        let pixels = self.area.is_some_and(|a| self.viewport.zoom(&a) >= SEE_PIXELS);
        self.texture.set(ctx, frame, still, pixels);
    }

    /// The name of the picture that is shown, or about to be.
    pub fn shown_name(&self) -> Option<&str> {
        let observed = self.current.observation().map(|observation| observation.description.name.as_str());
        observed.or_else(|| self.preview.as_ref().map(|preview| preview.name.as_str()))
    }

    /// Whether a picture is shown, with or without boxes, or about to be.
    pub fn has_picture(&self) -> bool {
        self.current.observation().is_some() || self.preview.is_some()
    }

    /// `None` while nothing is painted.
    pub fn zoom(&self) -> Option<Zoom> {
        let area = self.area.filter(|_| self.has_picture())?;
        Some(Zoom { per_cent: self.viewport.zoom(&area) * 100.0, fit: self.viewport.is_fit() })
    }

    /// Zooms as asked; copying, saving and labels are the shell's.
    pub fn apply(&mut self, action: PictureAction) {
        let Some(area) = self.area else { return };
        let (view, centre) = (&mut self.viewport, area.rect.center());
        match action {
            PictureAction::Fit => view.fit(),
            PictureAction::ActualSize => view.zoom_to(1.0, centre, &area),
            PictureAction::ZoomIn => view.zoom_by(1.25, centre, &area),
            PictureAction::ZoomOut => view.zoom_by(0.8, centre, &area),
            PictureAction::Copy
            | PictureAction::Save
            | PictureAction::ToggleLabels
            | PictureAction::ToggleLegend
            | PictureAction::ToggleTruth => {}
        }
    }

    /// Brings the boxes of a verdict into sight.
    pub fn bring_into_sight(&mut self, verdict: usize) {
        let Some((comparison, area)) = self.current.comparison().zip(self.area) else { return };
        let Some(verdict) = comparison.verdicts().get(verdict) else { return };
        let boxes = [verdict.a().map(|i| comparison.a()[i].bbox), verdict.b().map(|j| comparison.b()[j].bbox)];
        if let Some(all) = boxes.into_iter().flatten().reduce(|x: BBox, y| x.hull(&y)) {
            self.viewport.bring_into_sight(&all, &area);
        }
    }

    /// Makes the marks of a view; of the single one, those of `alone`. `compared`: with the lines of their verdicts.
    fn draw(&mut self, view: View, alone: Side, compared: bool, filter: &BoxFilter<'_>) {
        let [of_first, of_second] = &mut self.truth_marks;
        match view {
            View::Overlay => truth_marks::of_objects(&self.current, filter, &Side::BOTH, compared, of_first),
            View::Single => truth_marks::of_objects(&self.current, filter, &[alone], compared, of_first),
            View::Split | View::SideBySide => {
                truth_marks::of_objects(&self.current, filter, &[Side::A], compared, of_first);
                truth_marks::of_objects(&self.current, filter, &[Side::B], compared, of_second);
            }
        }
        let [first, second] = &mut self.marks;
        match (view, self.current.comparison(), self.current.classes()) {
            (View::Overlay, Some(comparison), Some(classes)) => {
                marks::of_both(comparison, self.current.judged(), classes, filter, first);
            }
            (View::Split | View::SideBySide, ..) => {
                marks::of_side(&self.current, Side::A, filter, compared, first);
                marks::of_side(&self.current, Side::B, filter, compared, second);
            }
            (View::Single | View::Overlay, ..) => marks::of_side(&self.current, alone, filter, compared, first),
        }
    }

    /// The picture with the boxes of the view, as they are shown now; `None` = there is no picture.
    pub fn annotated(&mut self, view: View, labels: bool, filter: &BoxFilter<'_>) -> Option<AnnotatedPicture> {
        let observation = self.current.observation()?.clone();
        // A side that is shown alone while its key is held is not the view.
        self.draw(view, Side::A, view.compares(), filter);
        let [a, b] = self.marks.each_ref().map(|marks| marks.iter().map(|m| annotated::mark(m, labels)).collect());
        let column = self.area.map_or(0, |area| {
            let bar = self.split_bar.parts(area.rect)[0].right_center();
            self.viewport.ui_from_image(&area).image_from_ui(bar).x.max(0.0).round() as u32
        });
        let panes = match view {
            View::Single | View::Overlay => AnnotatedPanes::One(a),
            View::Split => AnnotatedPanes::Split([a, b], column),
            View::SideBySide => AnnotatedPanes::Beside([a, b]),
        };
        let name = annotated::file_stem(&observation.description.name);
        Some(AnnotatedPicture { frame: Arc::clone(&observation.frame), panes, name })
    }
}
