//! The picture in the middle: one, one with a bar through it, or two side by side, with boxes and remarks.

use egui::{Align2, Color32, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::frame::boxes::{Boxes, pointed_at};
use crate::app::frame::chip::Chip;
use crate::app::frame::split_bar::SplitBar;
use crate::app::frame::texture::FrameTexture;
use crate::app::frame::truth_marks::{self, TruthAttention, TruthMark};
use crate::app::frame::viewport::{Area, UiFromImage, Viewport};
use crate::app::ui::palette::STALE;
use crate::detect::Size;

/// Points between two pictures.
const GAP: f32 = 2.0;

/// What lies over the picture: boxes, and in the corner whose they are.
pub struct Layer<'a> {
    pub boxes: Boxes<'a>,
    /// What is known to be there, under the boxes.
    pub truth: &'a [TruthMark],
    /// "A · FP32 · 12 boxes"; empty = nothing to tell apart.
    pub badge: String,
}

/// How the layers lie.
pub enum Panes<'a> {
    One(Layer<'a>),
    /// The first left of the bar, the second right of it.
    Split([Layer<'a>; 2], &'a mut SplitBar),
    /// On a picture each, under one zoom.
    Beside([Layer<'a>; 2]),
}

/// The picture as it is shown now.
pub struct Picture<'a> {
    pub texture: &'a FrameTexture,
    /// The picture's own: a file's name, a camera's.
    pub name: &'a str,
    pub size: Size,
    pub panes: Panes<'a>,
    /// Whether a pointer over a box lights it up.
    pub points: bool,
    /// False: the picture is greyed.
    pub is_live: bool,
    /// Remarks that must stay visible: "demo: no camera found", "stalled…".
    pub remarks: Vec<String>,
    /// Where the legend will be painted.
    pub legend: Option<Rect>,
}

/// What a person did on the picture.
pub struct PictureResponse {
    /// Of one picture; both have the same size.
    pub area: Area,
    /// The target of the box under the pointer.
    pub pointed: Option<usize>,
    /// Clicked: on this target, or beside all boxes.
    pub chosen: Option<Option<usize>>,
}

impl Picture<'_> {
    /// Paints into all that is left of `ui`.
    pub fn show(mut self, ui: &mut Ui, viewport: &mut Viewport) -> PictureResponse {
        let whole = ui.available_rect_before_wrap();
        let id = ui.scope_id().with("picture");
        ui.allocate_rect(whole, Sense::hover());
        let pixels_per_point = ui.ctx().pixels_per_point();
        let image = self.size;
        let area = |rect| Area { rect, image, pixels_per_point };

        let (left, right) = whole.split_left_right_at_fraction(0.5);
        let beside = [left.with_max_x(left.max.x - GAP / 2.0), right.with_min_x(right.min.x + GAP / 2.0)];
        let rects = if let Panes::Beside(_) = self.panes { &beside[..] } else { std::slice::from_ref(&whole) };
        let responses: Vec<Response> = (rects.iter().enumerate())
            .map(|(i, rect)| ui.interact(*rect, id.with(i), Sense::click_and_drag()))
            .collect();
        for (response, rect) in responses.iter().zip(rects) {
            navigate(ui, response, viewport, &area(*rect));
        }
        if let Panes::Split(_, bar) = &mut self.panes {
            bar.interact(ui, whole, responses[0].hover_pos());
        }
        // Only now, so that all of them move as one.
        let transforms: Vec<UiFromImage> = rects.iter().map(|rect| viewport.ui_from_image(&area(*rect))).collect();

        // Each layer's picture, and the part of it that the layer covers.
        let parts = match &self.panes {
            Panes::One(_) => [(0, whole), (0, Rect::NOTHING)],
            Panes::Split(_, bar) => bar.parts(whole).map(|part| (0, part)),
            Panes::Beside(_) => [(0, beside[0]), (1, beside[1])],
        };
        let layers: &mut [Layer<'_>] = match &mut self.panes {
            Panes::One(layer) => std::slice::from_mut(layer),
            Panes::Split(layers, _) | Panes::Beside(layers) => layers,
        };
        let points = self.points;
        let pointed = layers.iter().zip(parts).find_map(|(layer, (i, part))| {
            let pointer = responses[i].hover_pos().filter(|p| points && part.contains(*p))?;
            pointed_at(layer.boxes.marks, transforms[i].image_from_ui(pointer))
        });
        let chosen = responses.iter().any(|r| r.clicked() && !r.double_clicked()).then_some(pointed);
        for layer in layers.iter_mut() {
            layer.boxes.highlighted = pointed.or(layer.boxes.highlighted);
        }

        if let Some(texture) = self.texture.id() {
            let corner = pos2(image.width as f32, image.height as f32);
            let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            let painted = |i: usize| Rect::from_min_max(transforms[i].pos(Pos2::ZERO), transforms[i].pos(corner));
            for (i, rect) in rects.iter().enumerate() {
                ui.painter().with_clip_rect(*rect).image(texture, painted(i), uv, Color32::WHITE);
            }
            let mut chips = Vec::new();
            for (n, (layer, (i, part))) in layers.iter().zip(parts).enumerate() {
                // On one picture the second's lies on the right, away from the first's.
                let outer = if n == 1 && i == 0 { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
                chips.extend(badge(&ui.painter().with_clip_rect(part), outer, &layer.badge));
            }
            let clip = ui.painter().with_clip_rect(painted(0).intersect(rects[0]));
            remarks(&clip, &self.remarks, self.legend, &mut chips);
            let chips_and_legend: Vec<Rect> = chips.iter().map(|chip| chip.rect).chain(self.legend).collect();
            for (layer, (i, part)) in layers.iter().zip(parts) {
                let painter = ui.painter().with_clip_rect(painted(i).intersect(part));
                let attention = TruthAttention {
                    pointer: responses[i].hover_pos().filter(|pos| points && part.contains(*pos)),
                    targets: [layer.boxes.highlighted, layer.boxes.chosen],
                };
                let labels = layer.boxes.labels;
                let mut written = truth_marks::paint(layer.truth, &painter, &transforms[i], labels, attention);
                written.extend_from_slice(&chips_and_legend);
                layer.boxes.paint(&painter, &transforms[i], &written);
            }
            if !self.is_live {
                let veil = |(i, rect): (usize, &Rect)| {
                    _ = ui.painter().with_clip_rect(*rect).rect_filled(painted(i), 0.0, STALE)
                };
                rects.iter().enumerate().for_each(veil);
            }
            chips.into_iter().for_each(Chip::paint);
        }
        if let Panes::Split(_, bar) = &self.panes {
            bar.paint(ui, whole);
        }
        let names = self.names();
        for (response, name) in responses.iter().zip(&names) {
            response.widget_info(|| WidgetInfo {
                current_text_value: Some(self.name.to_owned()),
                ..WidgetInfo::labeled(Role::Image, true, name)
            });
        }
        PictureResponse { area: area(rects[0]), pointed, chosen }
    }

    /// For screen readers: each picture, whose boxes it has, and what is written on it.
    fn names(&self) -> [String; 2] {
        let (first, second, badges) = match &self.panes {
            Panes::One(layer) => ("Picture", "", [vec![&layer.badge], Vec::new()]),
            Panes::Split([a, b], _) => ("Picture", "", [vec![&a.badge, &b.badge], Vec::new()]),
            Panes::Beside([a, b]) => ("Picture A", "Picture B", [vec![&a.badge], vec![&b.badge]]),
        };
        let [of_first, of_second] = badges;
        [(first, of_first), (second, of_second)].map(|(name, badges)| {
            let written = badges.into_iter().chain(&self.remarks).map(String::as_str).filter(|text| !text.is_empty());
            std::iter::once(name).chain(written).collect::<Vec<_>>().join(": ")
        })
    }
}

/// One above the other, from the lower left corner, and above the legend where both have no room side by side.
fn remarks(painter: &egui::Painter, texts: &[String], legend: Option<Rect>, chips: &mut Vec<Chip>) {
    let mut bottom = painter.clip_rect().left_bottom() + vec2(10.0, -10.0);
    let width = (painter.clip_rect().width() - 40.0).max(60.0);
    for text in texts {
        let at = |bottom| Chip::new(painter, text, width, Align2::LEFT_BOTTOM, bottom);
        let mut chip = at(bottom);
        if let Some(legend) = legend.filter(|legend| legend.expand(4.0).intersects(chip.rect)) {
            bottom.y = legend.top() - 6.0;
            chip = at(bottom);
        }
        bottom.y = chip.rect.top() - 6.0;
        chips.push(chip);
    }
}

/// Whose boxes these are, in a corner of their part of the window: beside the picture where there is room.
fn badge(painter: &egui::Painter, corner: Align2, text: &str) -> Option<Chip> {
    let part = painter.clip_rect();
    let seen = !text.is_empty() && part.is_positive();
    seen.then(|| Chip::new(painter, text, f32::INFINITY, corner, corner.pos_in_rect(&part.shrink(10.0))))
}

/// Wheel and pinch zoom, drag pans, a double click fits.
fn navigate(ui: &Ui, response: &Response, viewport: &mut Viewport, area: &Area) {
    if response.double_clicked() {
        viewport.fit();
    }
    if response.dragged() {
        viewport.pan(response.drag_delta(), area);
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
    if let Some(pointer) = response.hover_pos() {
        let (wheel, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        // One notch of most wheels is 50 to 70 points: a sixth more or less.
        let factor = pinch * (wheel / 400.0).exp();
        if (factor - 1.0).abs() > 1e-4 {
            viewport.zoom_by(factor, pointer, area);
        }
    }
}

/// About as high as what stands in the picture's place, in points.
const PLACEHOLDER: f32 = 240.0;

/// What stands in the picture's place while there is none.
pub fn placeholder(ui: &mut Ui, title: &str, text: &str, busy: bool, contents: impl FnOnce(&mut Ui)) {
    // What has no room in a small window can be scrolled to.
    let above = (ui.available_height() * 0.36).min((ui.available_height() - PLACEHOLDER) / 2.0).max(12.0);
    let area = egui::ScrollArea::vertical().id_salt("placeholder").auto_shrink([false, false]).min_scrolled_height(0.0);
    area.show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width((ui.available_width() - 24.0).min(520.0));
            ui.add_space(above);
            if busy {
                ui.add(egui::Spinner::new().size(28.0));
                ui.add_space(8.0);
            }
            ui.label(egui::RichText::new(title).heading());
            ui.add_space(4.0);
            ui.label(egui::RichText::new(text).weak());
            ui.add_space(14.0);
            contents(ui);
        });
    });
}
