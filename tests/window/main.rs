//! The window without a display, asked for its widgets by label.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod album;
mod camera;
#[cfg(target_os = "linux")]
mod camera_real;
mod compare;
mod controls;
mod layers;
mod model;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/small_network.rs"]
mod small_network;
mod support;
mod video;
#[path = "../support/video_file.rs"]
mod video_file;
