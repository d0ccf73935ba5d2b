//! The real program: what it prints, and how it ends.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod bench;
mod compare;
mod detect;
mod detect_coco;
mod detect_photos;
mod detections;
mod eval;
mod model;
mod runtime;
mod video;
mod view;
#[path = "../support/installed.rs"]
mod installed;
#[path = "../support/photos.rs"]
mod photos;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/video_file.rs"]
mod video_file;
