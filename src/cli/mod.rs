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
mod detector_pair;
mod doctor;
pub mod eval;
mod frame_stages;
pub mod golden;
pub mod harvest;
mod input;
pub mod layers;
mod manual;
pub mod models;
mod output;
mod pack_heads;
mod pair_flags;
mod processor;
pub mod record;
pub mod replay;
mod setup;
mod statistics;
mod threshold_flags;
mod unknown_word;
mod view;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use output::escape::visible;
pub use output::stdout::{READER_LEFT, reader_left};
pub use view::{ViewArgs, ViewName};

/// Compare an object detector in FP32 and INT8, frame by frame.
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
    /// Those that the program was started with. What is wrong with them is told, and ends it.
    pub fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| unknown_word::with_suggestion(error, &Self::command_line()).exit())
    }

    /// The command; without one, the window.
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::View(self.view))
    }

    /// All that can be asked, for those who write it down.
    fn command_line() -> clap::Command {
        <Self as CommandFactory>::command()
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the window (the default without a command)
    View(ViewArgs),
    /// Detect objects in images, videos, streams or camera frames
    Detect(detect::DetectArgs),
    /// Compare two models on the same images or frames: match every box and explain differences
    Compare(compare::CompareArgs),
    /// Keep the frames on which two models disagree, with labels, as a data set
    Harvest(harvest::HarvestArgs),
    /// Measure AP against annotations, where it is lost, and the loss between models
    Eval(eval::EvalArgs),
    /// Write a model card: what the models are, and their measured figures
    Card(card::CardArgs),
    /// List cameras and their modes
    Cameras(cameras::CamerasArgs),
    /// Measure the speed of every stage and model on this machine
    Bench(bench::BenchArgs),
    /// Show which layers cause quantization error
    Layers(layers::LayersArgs),
    /// Write every tensor of an INT8 model for a chip's test bench, and check what a board dumped
    Golden(golden::GoldenArgs),
    /// Record frames with the raw heads of two models
    Record(record::RecordArgs),
    /// Replay a recording, through the same or other models and thresholds, and compare with expected boxes
    Replay(replay::ReplayArgs),
    /// Download ONNX Runtime and the weights, and build the models
    Setup(setup::SetupArgs),
    /// Check the installation
    Doctor,
    /// List, build, calibrate and verify models
    Models(models::Args),
    /// Print the completion script of a shell
    Completions(manual::CompletionsArgs),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(manual::ManArgs),
    /// Print the reference of all commands as Markdown
    #[command(hide = true)]
    Reference,
}

/// Tells why a command ended.
pub fn tell_error(error: &(dyn std::error::Error + 'static)) {
    output::stdout::message(format_args!("{error}"));
}

/// Runs a command that needs no window.
pub fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::View(_) => Err("the program opens the window, not this library".into()),
        Command::Detect(args) => detect::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Harvest(args) => harvest::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Card(args) => card::run(&args),
        Command::Cameras(args) => cameras::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Bench(args) => bench::run(&args),
        Command::Layers(args) => layers::run(&args),
        Command::Golden(args) => golden::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Setup(args) => setup::run(&args),
        Command::Doctor => doctor::run(),
        Command::Models(args) => models::run(&args),
        Command::Completions(args) => manual::completions(&args, Arguments::command_line).map(|()| ExitCode::SUCCESS),
        Command::Man(args) => manual::man(&args, Arguments::command_line).map(|()| ExitCode::SUCCESS),
        Command::Reference => manual::reference(Arguments::command_line).map(|()| ExitCode::SUCCESS),
    }
}
