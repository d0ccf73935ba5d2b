//! Making, measuring and evaluating models.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod build;
mod chips;
mod clipping;
mod coverage;
mod custom;
#[path = "../support/dark_network.rs"]
mod dark_network;
mod darknet;
mod differing_bytes;
mod errors;
mod evaluate;
mod exporters;
#[path = "../support/golden.rs"]
#[expect(dead_code, reason = "only the picture and the sums of tensors are needed")]
mod golden;
mod golden_faults;
mod golden_heads;
mod golden_packs;
mod golden_support;
mod labels;
mod layers;
mod models;
#[path = "../support/not_checked.rs"]
mod not_checked;
#[path = "../support/photos.rs"]
mod photos;
#[path = "../support/program.rs"]
mod program;
mod qdq;
mod rebuild;
mod recipe;
#[path = "../support/run.rs"]
mod run;
#[path = "../support/small_network.rs"]
mod small_network;
mod stock;
