//! Everything that gives frames: pictures, videos, streams, cameras.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod album;
mod camera;
mod demo;
mod driver;
mod identity;
mod mode;
#[path = "../support/not_checked.rs"]
mod not_checked;
mod orientation;
mod pixels;
#[path = "../support/program.rs"]
mod program;
mod rtsp;
mod still;
mod stream;
mod video;
mod video_bad;
mod video_damage;
#[path = "../support/video_file.rs"]
mod video_file;
mod video_kinds;
mod video_sizes;
mod video_support;
