//! Detections on a picture: colours of classes and verdicts, label placement, drawing without a window.

mod colour;
mod font;
mod labels;
mod paint;

pub use colour::{FLIP, GAINED, INK, LOST, MATCHED, class_rgb};
pub use labels::{Wanted, place};
pub use paint::{Mark, paint, paint_marks};

/// "person 0.91"
pub fn label_text(class: &str, score: f32) -> String {
    format!("{class} {score:.2}")
}
