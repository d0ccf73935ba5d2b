//! The detector's mathematics, using only the standard library.
//!
//! ```text
//! Frame (RGB8, w×h) ── Letterboxer ──▶ input [3, H, W] f32 ── a model ──▶ RawHeads
//!                                                                            │
//!           Detection (class, score, box in image pixels) ◀── NMS ◀── decode ┘
//! ```

mod blend;
mod candidate;
mod class_set;
mod classes;
mod decode;
mod form;
mod frame;
mod geometry;
mod letterbox;
mod nms;
mod postprocess;

pub use candidate::RawCandidate;
pub use class_set::ClassSet;
pub use classes::Classes;
pub use decode::{CandidateId, Decoder, sigmoid};
pub use form::{Form, FormError, Head, RawHeads};
pub use frame::{Frame, FrameError, MAX_PIXELS};
pub use geometry::{BBox, Letterbox, Size};
pub use letterbox::Letterboxer;
pub use nms::{MAX_DETECTIONS, Nms};
pub use postprocess::{Detection, Postprocessor, Thresholds};
