//! The real program: what it prints, and how it ends.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod bench;
mod compare;
mod compare_truth;
mod detect;
mod detect_coco;
mod detect_photos;
mod detections;
mod eval;
mod external_data;
mod golden;
mod harvest;
mod labels;
mod manual;
mod model;
mod names;
#[path = "../support/not_checked.rs"]
mod not_checked;
mod outputs;
#[path = "../support/photos.rs"]
mod photos;
#[path = "../support/program.rs"]
mod program;
mod qdq;
mod readme;
mod record;
#[path = "../support/run.rs"]
mod run;
mod runtime;
mod setup;
#[path = "../support/small_network.rs"]
mod small_network;
mod trace;
mod video;
#[path = "../support/video_file.rs"]
mod video_file;
mod video_out;
mod view;
