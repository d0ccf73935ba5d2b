//! The picture in the middle, with its boxes and remarks.

use egui::{Align2, Color32, FontId, Pos2, Rect, Sense, Ui, pos2, vec2};

use super::boxes::{Boxes, pointed_at};
use super::palette::{BEHIND_REMARK, ON_PICTURE, STALE};
use super::texture::FrameTexture;
use super::viewport::{Area, Viewport};
use crate::detect::Size;

/// The picture as it is shown now.
pub struct Picture<'a> {
    pub texture: &'a FrameTexture,
    pub size: Size,
    pub boxes: Boxes<'a>,
    /// A remark that must stay in sight: "demo: no camera found".
    pub note: Option<&'a str>,
    /// Why the picture is not live, where it is not: the picture is then greyed.
    pub stale: Option<String>,
}

impl Picture<'_> {
    /// Paints into all that is left of `ui`. Gives the area, and the index of the box under the pointer.
    pub fn show(&self, ui: &mut Ui, viewport: &mut Viewport) -> (Area, Option<usize>) {
        let rect = ui.available_rect_before_wrap();
        let area = Area { rect, image: self.size, pixels_per_point: ui.ctx().pixels_per_point() };
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Picture"));
        navigate(ui, &response, viewport, &area);
        let transform = viewport.ui_from_image(&area);

        let painter = ui.painter().with_clip_rect(rect);
        if let Some(texture) = self.texture.id() {
            let corner = pos2(self.size.width as f32, self.size.height as f32);
            let whole = Rect::from_min_max(transform.pos(Pos2::ZERO), transform.pos(corner));
            let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            painter.image(texture, whole, uv, Color32::WHITE);
            let visible = painter.with_clip_rect(whole.intersect(rect));
            self.boxes.paint(&visible, &transform);
            if self.stale.is_some() {
                painter.rect_filled(whole, 0.0, STALE);
            }
            self.remarks(&visible);
        }
        let pointer = response.hover_pos().map(|p| transform.image_from_ui(p));
        (area, pointer.and_then(|p| pointed_at(self.boxes.detections, p)))
    }

    fn remarks(&self, painter: &egui::Painter) {
        let mut bottom = painter.clip_rect().left_bottom() + vec2(10.0, -10.0);
        for remark in self.note.into_iter().chain(self.stale.as_deref()) {
            let galley = painter.layout_no_wrap(remark.to_owned(), FontId::proportional(13.0), ON_PICTURE);
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
        // One notch of most wheels is 40 to 60 points: a quarter more or less.
        let factor = pinch * (wheel / 200.0).exp();
        if (factor - 1.0).abs() > 1e-4 {
            viewport.zoom_by(factor, pointer, area);
        }
    }
}

/// What stands in the picture's place while there is none.
pub fn placeholder(ui: &mut Ui, title: &str, text: &str, busy: bool, contents: impl FnOnce(&mut Ui)) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.set_max_width(520.0);
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
