//! Detections on a picture: colours of classes and verdicts, label placement, drawing without a window.

mod colour;
mod font;
mod labels;
mod paint;
mod png;
mod verdict_marks;

pub use colour::{FLIP, GAINED, INK, LOST, MATCHED, class_rgb};
pub use labels::{UnplacedLabel, place};
pub use paint::{Mark, paint, paint_marks};
pub use png::{ANNOTATED_PNG, PNG, png};
pub use verdict_marks::verdict_marks;
