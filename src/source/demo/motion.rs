//! The camera work of the demo: which part of a photo is seen at which frame.

use crate::detect::Size;

/// Frames for which one photo is shown: eight seconds at 30/s.
pub const SHOT: u64 = 240;

/// The part of a canvas that fills the frame, in canvas pixels. It lies within the canvas and has its shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// One end of a shot: how near, and at what, as a fraction of the canvas.
struct ShotEnd {
    zoom: f64,
    x: f64,
    y: f64,
}

/// Far and near for a photo that fills its canvas. Near is still far enough to keep people at its sides in view.
const WIDE: [ShotEnd; 2] = [ShotEnd { zoom: 1.05, x: 0.48, y: 0.5 }, ShotEnd { zoom: 1.3, x: 0.52, y: 0.42 }];

/// Far and near for a photo with a border at its sides, most of which the zoom leaves out.
const FRAMED: [ShotEnd; 2] = [ShotEnd { zoom: 1.1, x: 0.5, y: 0.5 }, ShotEnd { zoom: 1.5, x: 0.5, y: 0.54 }];

/// What is seen at frame `step` of a shot (0 to [`SHOT`] − 1) of a canvas of this size.
pub fn window(step: u64, backwards: bool, framed: bool, canvas: Size) -> Crop {
    let progress = step as f64 / (SHOT - 1) as f64;
    let progress = if backwards { 1.0 - progress } else { progress };
    // Starts and ends at rest.
    let eased = (1.0 - (progress * std::f64::consts::PI).cos()) / 2.0;
    let [far, near] = if framed { &FRAMED } else { &WIDE };
    let between = |from: f64, to: f64| from + (to - from) * eased;
    let zoom = between(far.zoom, near.zoom);
    let (canvas_width, canvas_height) = (f64::from(canvas.width), f64::from(canvas.height));
    let (width, height) = (canvas_width / zoom, canvas_height / zoom);
    Crop {
        x: (between(far.x, near.x) * canvas_width - width / 2.0).clamp(0.0, canvas_width - width),
        y: (between(far.y, near.y) * canvas_height - height / 2.0).clamp(0.0, canvas_height - height),
        width,
        height,
    }
}
