//! INT8 models in integer arithmetic.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

#[path = "../support/between.rs"]
mod between;
mod case;
mod chip;
mod exact_multiplier;
mod executor;
#[path = "../support/golden.rs"]
mod golden;
mod multiplier;
mod plan;
mod profile;
mod qdq;
mod support;
