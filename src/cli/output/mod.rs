//! Where results go, and in which form.

pub mod annotated_folder;
pub mod detections;
pub mod escape;
pub mod force;
pub mod html;
pub mod label_folder;
pub mod model_identity;
pub mod progress;
pub mod stdout;
pub mod trace_flag;
pub mod video_out;
