//! Making, measuring and evaluating models.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod build;
mod coverage;
mod custom;
mod darknet;
mod errors;
mod evaluate;
mod exporters;
mod labels;
mod layers;
mod models;
#[path = "../support/photos.rs"]
mod photos;
#[path = "../support/program.rs"]
mod program;
mod rebuild;
mod recipe;
#[path = "../support/run.rs"]
mod run;
#[path = "../support/small_network.rs"]
mod small_network;
mod stock;
