//! The engine over sources, models and a clock that the tests move.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

#[cfg(target_os = "linux")]
#[path = "../support/alone.rs"]
mod alone;
mod camera;
mod change;
mod examiner;
mod failure;
mod flow;
mod mailbox;
mod support;
#[cfg(target_os = "linux")]
mod threads;
