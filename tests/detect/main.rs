//! The detection core, against goldens and on random input.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

#[path = "../support/between.rs"]
mod between;
mod goldens;
mod properties;
