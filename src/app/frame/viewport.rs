//! Where the picture lies on the screen: fit, zoom and pan.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::detect::{BBox, Size};

/// The most screen pixels one image pixel may take: 800 %.
const MAX_ZOOM: f32 = 8.0;

/// What part of the picture a person looks at. `Default` fits the whole of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Viewport {
    /// `None` = fit.
    zoomed: Option<Zoomed>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Zoomed {
    /// Screen pixels per image pixel.
    zoom: f32,
    /// The image pixel in the middle of the area.
    centre: Pos2,
}

/// The area that a picture of some size is shown in.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// In points.
    pub rect: Rect,
    pub image: Size,
    pub pixels_per_point: f32,
}

/// From image pixels to points of the screen and back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UiFromImage {
    /// Points per image pixel.
    pub scale: f32,
    /// Where the image's upper left corner is, in points.
    pub origin: Pos2,
}

impl UiFromImage {
    pub fn pos(&self, image: Pos2) -> Pos2 {
        self.origin + image.to_vec2() * self.scale
    }

    pub fn rect(&self, bbox: &BBox) -> Rect {
        Rect::from_min_max(self.pos(pos2(bbox.x1, bbox.y1)), self.pos(pos2(bbox.x2, bbox.y2)))
    }

    /// The inverse of [`UiFromImage::pos`].
    pub fn image_from_ui(&self, ui: Pos2) -> Pos2 {
        ((ui - self.origin) / self.scale).to_pos2()
    }
}

impl Area {
    fn image_size(&self) -> Vec2 {
        vec2(self.image.width as f32, self.image.height as f32)
    }

    /// The zoom at which the whole picture just fits; of a tiny picture, the largest there is.
    fn fit(&self) -> f32 {
        let available = self.rect.size() * self.pixels_per_point;
        let image = self.image_size();
        (available.x / image.x).min(available.y / image.y).clamp(1e-3, MAX_ZOOM)
    }
}

impl Viewport {
    /// The transform that paints the picture.
    pub fn ui_from_image(&self, area: &Area) -> UiFromImage {
        let (zoom, centre) = match self.zoomed {
            None => (area.fit(), (area.image_size() / 2.0).to_pos2()),
            Some(z) => (z.zoom, kept_in_sight(z, area)),
        };
        let scale = zoom / area.pixels_per_point;
        UiFromImage { scale, origin: area.rect.center() - centre.to_vec2() * scale }
    }

    /// Screen pixels per image pixel.
    pub fn zoom(&self, area: &Area) -> f32 {
        self.zoomed.map_or_else(|| area.fit(), |z| z.zoom)
    }

    pub fn is_fit(&self) -> bool {
        self.zoomed.is_none()
    }

    pub fn fit(&mut self) {
        self.zoomed = None;
    }

    /// Multiplies the zoom; the image pixel under `pointer` stays under it. Going out ends at fit.
    pub fn zoom_by(&mut self, factor: f32, pointer: Pos2, area: &Area) {
        self.zoom_to(self.zoom(area) * factor, pointer, area);
    }

    /// Sets the zoom; the image pixel under `pointer` stays under it.
    pub fn zoom_to(&mut self, zoom: f32, pointer: Pos2, area: &Area) {
        let fixed = self.ui_from_image(area).image_from_ui(pointer);
        let (fit, least) = (area.fit(), area.fit().min(1.0));
        if zoom <= least && fit <= 1.0 {
            return self.fit();
        }
        let zoom = zoom.clamp(least, MAX_ZOOM);
        let scale = zoom / area.pixels_per_point;
        let centre = fixed + (area.rect.center() - pointer) / scale;
        self.zoomed = Some(Zoomed { zoom, centre });
    }

    /// Brings a part of the picture into sight. Where it is there already nothing moves; where it has room the zoom stays.
    pub fn bring_into_sight(&mut self, part: &BBox, area: &Area) {
        let Some(Zoomed { zoom, .. }) = self.zoomed else { return };
        // What is beyond the picture's edges cannot be seen at any place.
        let part = part.clipped_to(area.image).unwrap_or(*part);
        let shown = self.ui_from_image(area).rect(&part);
        if area.rect.expand(1.0).contains_rect(shown) {
            return;
        }
        if shown.width() <= area.rect.width() && shown.height() <= area.rect.height() {
            let centre = pos2((part.x1 + part.x2) / 2.0, (part.y1 + part.y2) / 2.0);
            self.zoomed = Some(Zoomed { zoom, centre });
        } else {
            self.look_at(&part, area);
        }
    }

    /// Shows a part of the picture so large that it takes a third of the area, within the limits of zoom.
    fn look_at(&mut self, part: &BBox, area: &Area) {
        let room = area.rect.size() * area.pixels_per_point / 3.0;
        let zoom = (room.x / part.width().max(1.0)).min(room.y / part.height().max(1.0));
        let zoom = zoom.clamp(area.fit(), MAX_ZOOM);
        let centre = pos2((part.x1 + part.x2) / 2.0, (part.y1 + part.y2) / 2.0);
        self.zoomed = (zoom > area.fit()).then_some(Zoomed { zoom, centre });
    }

    /// Moves the picture along with the pointer, by `delta` points.
    pub fn pan(&mut self, delta: Vec2, area: &Area) {
        if let Some(z) = &mut self.zoomed {
            z.centre = kept_in_sight(*z, area) - delta * area.pixels_per_point / z.zoom;
            z.centre = kept_in_sight(*z, area);
        }
    }
}

/// The nearest centre at which the picture leaves no needless gap at an edge.
fn kept_in_sight(z: Zoomed, area: &Area) -> Pos2 {
    let half = area.rect.size() * area.pixels_per_point / z.zoom / 2.0;
    let axis = |centre: f32, half: f32, size: f32| {
        if half * 2.0 >= size { size / 2.0 } else { centre.clamp(half, size - half) }
    };
    let image = area.image_size();
    pos2(axis(z.centre.x, half.x, image.x), axis(z.centre.y, half.y, image.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area() -> Area {
        let rect = Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 600.0));
        Area { rect, image: Size::new(1280, 720), pixels_per_point: 2.0 }
    }

    #[test]
    fn fit_shows_the_whole_picture_in_the_middle() {
        let (area, view) = (area(), Viewport::default());
        let whole = view.ui_from_image(&area).rect(&BBox::new(0.0, 0.0, 1280.0, 720.0));
        assert!((whole.width() - 800.0).abs() < 0.01 && (whole.center() - area.rect.center()).length() < 0.01);
    }

    #[test]
    fn the_wheel_keeps_what_is_under_the_pointer() {
        let (area, mut view) = (area(), Viewport::default());
        let pointer = pos2(430.0, 380.0);
        let before = view.ui_from_image(&area).image_from_ui(pointer);
        for _ in 0..3 {
            view.zoom_by(1.5, pointer, &area);
            let after = view.ui_from_image(&area).image_from_ui(pointer);
            assert!((after - before).length() < 0.05, "{before:?} {after:?}");
        }
    }

    #[test]
    fn zoom_ends_at_800_percent_and_at_fit() {
        let (area, mut view) = (area(), Viewport::default());
        for _ in 0..40 {
            view.zoom_by(1.3, area.rect.center(), &area);
        }
        assert_eq!(view.zoom(&area), MAX_ZOOM);
        for _ in 0..40 {
            view.zoom_by(0.7, area.rect.center(), &area);
        }
        assert!(view.zoom(&area) <= 1.25 && (view.is_fit() || view.zoom(&area) == 1.0));
    }

    #[test]
    fn a_small_picture_zooms_from_one_to_one_in_steps() {
        let small = Area { image: Size::new(80, 60), ..area() };
        let mut view = Viewport::default();
        assert_eq!(view.zoom(&small), MAX_ZOOM, "it is not blown up to fill the window");
        let whole = view.ui_from_image(&small).rect(&BBox::new(0.0, 0.0, 80.0, 60.0));
        assert!((whole.center() - small.rect.center()).length() < 0.01, "{whole:?}");
        view.zoom_to(1.0, small.rect.center(), &small);
        view.zoom_by(1.25, small.rect.center(), &small);
        assert_eq!(view.zoom(&small), 1.25);
    }

    #[test]
    fn what_is_looked_at_is_whole_and_in_the_middle() {
        let (area, mut view) = (area(), Viewport::default());
        let part = BBox::new(600.0, 300.0, 700.0, 420.0);
        view.look_at(&part, &area);
        let shown = view.ui_from_image(&area).rect(&part);
        assert!((shown.center() - area.rect.center()).length() < 0.5 && (shown.height() - 200.0).abs() < 0.5);
        view.look_at(&BBox::new(0.0, 0.0, 1280.0, 700.0), &area);
        assert!(view.is_fit(), "a large box needs no zoom");
    }

    #[test]
    fn only_what_is_out_of_sight_moves_the_picture() {
        let (area, mut view) = (area(), Viewport::default());
        let [part, far, large] = [
            BBox::new(600.0, 300.0, 700.0, 420.0),
            // It reaches beyond the picture.
            BBox::new(-20.0, -10.0, 60.0, 80.0),
            BBox::new(0.0, 0.0, 1280.0, 700.0),
        ];
        for part in [&part, &far, &large] {
            view.bring_into_sight(part, &area);
            assert!(view.is_fit(), "the whole picture is in sight");
        }
        view.zoom_to(4.0, area.rect.center(), &area);
        let before = view;
        view.bring_into_sight(&part, &area);
        assert_eq!(view, before);
        for _ in 0..2 {
            view.bring_into_sight(&far, &area);
            assert_eq!(view.zoom(&area), 4.0);
            let corner = view.ui_from_image(&area).pos(Pos2::ZERO);
            assert!((corner - area.rect.min).length() < 0.01, "{corner:?}");
        }
        view.bring_into_sight(&large, &area);
        assert!(view.is_fit(), "it has no room at this zoom");
    }

    #[test]
    fn panning_stops_at_the_edge() {
        let (area, mut view) = (area(), Viewport::default());
        view.zoom_to(4.0, area.rect.center(), &area);
        view.pan(vec2(1e6, 1e6), &area);
        let corner = view.ui_from_image(&area).pos(Pos2::ZERO);
        assert!((corner - area.rect.min).length() < 0.01, "{corner:?}");
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        let (area, mut view) = (area(), Viewport::default());
        view.zoom_to(3.0, pos2(300.0, 200.0), &area);
        let transform = view.ui_from_image(&area);
        let place = pos2(123.4, 567.8);
        assert!((transform.image_from_ui(transform.pos(place)) - place).length() < 1e-2);
    }
}
