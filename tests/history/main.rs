//! What the window remembers, without an engine.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod measure;
mod recorder;
mod ring;
mod support;
mod threads;
mod timeline;
#[path = "../support/alone.rs"]
mod alone;
