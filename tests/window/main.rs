//! The window without a display, asked for its widgets by label.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod album;
mod album_history;
mod bottom;
mod camera;
#[cfg(target_os = "linux")]
mod camera_real;
mod clipboard;
mod clipping;
mod compare;
mod compare_all;
mod computed_as;
mod controls;
#[path = "../support/dark_network.rs"]
mod dark_network;
mod details;
mod golden;
mod help;
mod keyboard;
mod layers;
mod leafing;
mod legend;
mod lists;
mod model;
mod model_files;
#[path = "../support/not_checked.rs"]
mod not_checked;
#[path = "../support/program.rs"]
mod program;
mod recent;
mod recording;
mod saving;
mod side_panel;
#[path = "../support/small_network.rs"]
mod small_network;
mod status;
mod stream;
mod support;
mod threshold_match;
mod toolbar;
mod truth;
mod video;
#[path = "../support/video_file.rs"]
mod video_file;
