//! The picture in the middle, with its boxes and remarks.

use egui::{Align2, Color32, FontId, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::boxes::{Boxes, pointed_at};
use super::palette::{BEHIND_REMARK, ON_PICTURE, STALE};
use super::texture::FrameTexture;
use super::viewport::{Area, Viewport};
use crate::detect::Size;

/// The picture as it is shown now.
pub struct Picture<'a> {
    pub texture: &'a FrameTexture,
    pub size: Size,
    /// `None` where no model works.
    pub boxes: Option<Boxes<'a>>,
    /// Whether a pointer over a box lights it up.
    pub points: bool,
    /// False: the picture is greyed.
    pub is_live: bool,
    /// What must stay in sight: "demo: no camera found", "stalled …".
    pub remarks: Vec<String>,
}

impl Picture<'_> {
    /// Paints into all that is left of `ui`. Gives the area, and the index of the box under the pointer.
    pub fn show(mut self, ui: &mut Ui, viewport: &mut Viewport) -> (Area, Option<usize>) {
        let rect = ui.available_rect_before_wrap();
        let area = Area { rect, image: self.size, pixels_per_point: ui.ctx().pixels_per_point() };
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        navigate(ui, &response, viewport, &area);
        let transform = viewport.ui_from_image(&area);

        let pointer = response.hover_pos().filter(|_| self.points).map(|p| transform.image_from_ui(p));
        let pointed = pointer.zip(self.boxes.as_ref()).and_then(|(p, boxes)| pointed_at(boxes.detections, p));
        if let Some(boxes) = &mut self.boxes {
            boxes.highlighted = boxes.highlighted.or(pointed);
        }

        let painter = ui.painter().with_clip_rect(rect);
        if let Some(texture) = self.texture.id() {
            let corner = pos2(self.size.width as f32, self.size.height as f32);
            let whole = Rect::from_min_max(transform.pos(Pos2::ZERO), transform.pos(corner));
            let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            painter.image(texture, whole, uv, Color32::WHITE);
            let visible = painter.with_clip_rect(whole.intersect(rect));
            if let Some(boxes) = &self.boxes {
                boxes.paint(&visible, &transform);
            }
            if !self.is_live {
                painter.rect_filled(whole, 0.0, STALE);
            }
            self.paint_remarks(&visible);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, self.name()));
        (area, pointed)
    }

    /// For screen readers: the picture, and what is written on it.
    fn name(&self) -> String {
        std::iter::once("Picture").chain(self.remarks.iter().map(String::as_str)).collect::<Vec<_>>().join(": ")
    }

    fn paint_remarks(&self, painter: &egui::Painter) {
        let mut bottom = painter.clip_rect().left_bottom() + vec2(10.0, -10.0);
        let width = (painter.clip_rect().width() - 40.0).max(60.0);
        for remark in &self.remarks {
            let galley = painter.layout(remark.clone(), FontId::proportional(13.0), ON_PICTURE, width);
            let ground = Align2::LEFT_BOTTOM.anchor_size(bottom, galley.size() + vec2(18.0, 10.0));
            painter.rect_filled(ground, 6.0, BEHIND_REMARK);
            painter.galley(ground.min + vec2(9.0, 5.0), galley, ON_PICTURE);
            bottom.y = ground.top() - 6.0;
        }
    }
}

/// Wheel and pinch zoom, drag pans, a double click fits.
fn navigate(ui: &Ui, response: &egui::Response, viewport: &mut Viewport, area: &Area) {
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

/// What stands in the picture's place while there is none.
pub fn placeholder(ui: &mut Ui, title: &str, text: &str, busy: bool, contents: impl FnOnce(&mut Ui)) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.set_max_width((ui.available_width() - 24.0).min(520.0));
        ui.add_space((height * 0.36).max(20.0));
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
}
