//! Everything that gives frames: pictures, videos, streams, cameras.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod album;
mod camera;
mod demo;
mod driver;
mod identity;
mod mode;
mod orientation;
mod pixels;
mod rtsp;
mod still;
mod stream;
mod video;
mod video_bad;
mod video_support;
#[path = "../support/video_file.rs"]
mod video_file;
