//! Verdicts and their explanations, on pictures and on random input.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

#[path = "../support/between.rs"]
mod between;
#[path = "../support/not_checked.rs"]
mod not_checked;
mod pictures;
mod properties;
mod support;
