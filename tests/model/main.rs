//! Models in ONNX Runtime: what they compute, and what is beside their files.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod arithmetic;
mod engines;
#[path = "../support/golden.rs"]
mod golden;
mod parts;
#[path = "../support/program.rs"]
mod program;
mod sidecar;
