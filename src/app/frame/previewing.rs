//! Shows the picture that was asked for before any model has looked at it: without boxes, and never one under another's
//! name.

use std::sync::Arc;

use egui::{Align2, Color32, Context, Rect, Role, Sense, TextStyle, TextureId, Ui, WidgetInfo, pos2, vec2};

use super::FrameView;
use super::boxes::Boxes;
use super::chip::Chip;
use super::picture::{Layer, Panes, Picture};
use super::preview::Preview;
use crate::app::ui::theme;
use crate::app::view::View;
use crate::detect::Frame;
use crate::source::SourceRequest;

/// What stands on it.
const DETECTING: &str = "detecting…";
const LOADING: &str = "loading…";

impl FrameView {
    /// Another picture was asked for: nothing of the one before stays in sight. `None`: what was there stays until the
    /// new source's first frame.
    pub fn set_expected(&mut self, preview: Option<Preview>) {
        self.preview = preview;
        if self.preview.is_none() {
            return;
        }
        self.current.clear();
        if !std::mem::take(&mut self.keeps_zoom) {
            self.viewport.fit();
        }
    }

    /// The picture that was asked for, as long as not all of it is there.
    pub fn awaited(&self) -> Option<&SourceRequest> {
        self.preview.as_ref().filter(|preview| !preview.is_whole).map(|preview| &preview.request)
    }

    /// Shows the picture that was asked for, or for the time being its thumbnail.
    pub fn show_preview(&mut self, ctx: &Context, picture: Arc<Frame>, is_whole: bool) {
        let Some(preview) = &mut self.preview else { return };
        if !is_whole && preview.picture.is_some() {
            return;
        }
        (preview.picture, preview.is_whole) = (Some(Arc::clone(&picture)), is_whole);
        self.texture.set_grey(false);
        self.upload_frame(ctx, &picture, true);
    }

    /// Paints it into all of `ui`.
    pub(super) fn preview_ui(&mut self, ui: &mut Ui, view: View, bar_follows: bool) {
        let Some(preview) = &self.preview else { return };
        let Some(size) = preview.whole_size() else { return stand_in(ui, preview, self.texture.id()) };
        let layer = || {
            let boxes = Boxes { marks: &[], highlighted: None, chosen: None, labels: false };
            Layer { boxes, truth: &[], badge: String::new() }
        };
        let panes = match view {
            View::Single | View::Overlay => Panes::One(layer()),
            View::Split => {
                self.split_bar.follows = bar_follows;
                Panes::Split([layer(), layer()], &mut self.split_bar)
            }
            View::SideBySide => Panes::Beside([layer(), layer()]),
        };
        let picture = Picture {
            texture: &self.texture,
            name: &preview.name,
            size,
            panes,
            is_live: true,
            points: false,
            remarks: vec![DETECTING.to_owned()],
            legend: None,
        };
        self.area = Some(picture.show(ui, &mut self.viewport).area);
    }
}

/// The thumbnail in the picture's place, as large as that; or the name alone.
fn stand_in(ui: &mut Ui, preview: &Preview, texture: Option<TextureId>) {
    let whole = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(whole, Sense::hover());
    let painter = ui.painter().with_clip_rect(whole);
    let mut remark = LOADING;
    if let Some((picture, texture)) = preview.picture.as_ref().zip(texture) {
        let size = vec2(picture.width() as f32, picture.height() as f32);
        let place = Align2::CENTER_CENTER.anchor_size(whole.center(), size * (whole.size() / size).min_elem());
        painter.image(texture, place, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
        remark = DETECTING;
    } else {
        let font = TextStyle::Heading.resolve(ui.style());
        painter.text(whole.center(), Align2::CENTER_CENTER, &preview.name, font, theme::scheme(ui).weak);
    }
    let corner = whole.left_bottom() + vec2(10.0, -10.0);
    Chip::new(&painter, remark, f32::INFINITY, Align2::LEFT_BOTTOM, corner).paint();
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(preview.name.clone()),
        ..WidgetInfo::labeled(Role::Image, true, format!("Picture: {remark}"))
    });
}
