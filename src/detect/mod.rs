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
mod detection;
mod form;
mod frame;
mod geometry;
mod letterbox;
mod letterboxes;
mod nms;
mod postprocess;
mod ranked;

pub use candidate::RawCandidate;
pub use class_set::ClassSet;
pub use classes::Classes;
pub use decode::{Decoder, sigmoid};
pub use detection::{CandidateId, Detection};
pub use form::{Form, FormError, Head, RawHeads};
pub use frame::{Frame, FrameError, MAX_PIXELS};
pub use geometry::{BBox, Letterbox, Size};
pub use letterbox::Letterboxer;
pub use letterboxes::Letterboxes;
pub use nms::{MAX_DETECTIONS, Nms, is_full};
pub use postprocess::{Postprocessor, Thresholds};
pub use ranked::RankedCandidates;
