//! `twinsight golden`: test vectors for a chip, and what a board made of them.

mod check;
mod headline;
mod html;
mod pack;
mod table;
mod text;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Write every tensor of an INT8 model for a chip's test bench, and check what a board dumped
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct GoldenArgs {
    #[command(subcommand)]
    command: Option<GoldenCommand>,
    #[command(flatten)]
    pack: pack::PackArgs,
}

#[derive(Debug, Subcommand)]
enum GoldenCommand {
    /// Compare a board's tensors with a golden pack: the first wrong layer, the kind of fault, and the boxes
    Check(check::CheckArgs),
}

/// Exits with 1 where a board's tensors differ, or a picture could not be read.
pub fn run(args: &GoldenArgs) -> Result<ExitCode, Box<dyn Error>> {
    match &args.command {
        Some(GoldenCommand::Check(check)) => check::run(check),
        None => pack::run(&args.pack),
    }
}
