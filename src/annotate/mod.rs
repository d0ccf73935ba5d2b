//! Detections on a picture: colours of classes and verdicts, label placement, drawing without a window.

mod colour;
mod font;
mod labels;
mod line;
mod look;
mod paint;
mod panes;
mod png;
mod verdict_marks;

pub use colour::{FLIP, GAINED, INK, LOST, MATCHED, class_rgb};
pub use labels::{UnplacedLabel, place};
pub use line::{PlaceInPair, strokes};
pub use look::Look;
pub use paint::{Mark, class_marks, paint, paint_marks};
pub use panes::{MarkPanes, PanePainter, paint_names};
pub use png::{ANNOTATED_PNG, PNG, png};
pub use verdict_marks::verdict_marks;
