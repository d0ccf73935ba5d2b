//! What the window remembers, without an engine.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

#[cfg(target_os = "linux")]
#[path = "../support/alone.rs"]
mod alone;
mod measure;
mod recorder;
mod ring;
mod support;
#[cfg(target_os = "linux")]
mod threads;
mod timeline;
