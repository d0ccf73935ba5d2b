//! Models in ONNX Runtime: what they compute, and what is beside their files.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod arithmetic;
mod sidecar;
#[path = "../support/golden.rs"]
mod golden;
#[path = "../support/installed.rs"]
mod installed;
#[path = "../support/program.rs"]
mod program;
