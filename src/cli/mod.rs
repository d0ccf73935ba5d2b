//! The command line: what can be asked, and the commands without a window.
//!
//! Exit codes: 0 done, 1 failed (the message says why), 2 wrong usage, 130 stopped by Ctrl+C with what was done so far,
//! 141 the reader of the output left before the end.

#![deny(clippy::print_stdout, reason = "it panics when the reader of a pipe leaves: use out!")]

mod arithmetic_flags;
mod bench;
pub mod cameras;
pub mod card;
pub mod compare;
pub mod detect;
mod doctor;
pub mod eval;
mod input;
mod interrupt;
pub mod layers;
pub mod models;
mod output;
mod statistics;
mod view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use output::stdout::{READER_LEFT, reader_left};
pub use view::{ViewArgs, ViewName};

/// See what an object detector sees, in FP32 and in INT8.
#[derive(Debug, Parser)]
#[command(name = "twinsight", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// `twinsight` alone opens the window, so that it takes the window's flags.
    #[command(flatten)]
    view: ViewArgs,
}

impl Arguments {
    /// The command; without one, the window.
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::View(self.view))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the window (this is what `twinsight` alone does)
    View(ViewArgs),
    /// Detect objects in pictures, videos, streams, or frames of a camera
    Detect(detect::DetectArgs),
    /// Compare two models on the same pictures or frames: what became of every box, and why
    Compare(compare::CompareArgs),
    /// Measure average precision against COCO annotations, and what a model loses to another
    Eval(eval::EvalArgs),
    /// Write the card of models: what they are, and the figures that were measured
    Card(card::CardArgs),
    /// List cameras and their modes
    Cameras(cameras::CamerasArgs),
    /// Measure every stage and model on this machine
    Bench(bench::BenchArgs),
    /// Tell which layers of an INT8 model hurt
    Layers(layers::LayersArgs),
    /// Tell what is installed, and what stands in the way
    Doctor,
    /// List, build, calibrate and verify models
    Models(models::Args),
}

/// Runs a command that needs no window.
pub fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::View(_) => Err("the window is opened by the program, not by this library".into()),
        Command::Detect(args) => detect::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Card(args) => card::run(&args),
        Command::Cameras(args) => cameras::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Bench(args) => bench::run(&args),
        Command::Layers(args) => layers::run(&args),
        Command::Doctor => doctor::run(),
        Command::Models(args) => models::run(&args),
    }
}
