//! `twinsight models`: list, build, calibrate, quantize, export and verify models.

mod build;
mod calibrate;
mod installed;
mod quantize;
mod source_args;

use std::error::Error;
use std::process::ExitCode;

use clap::Subcommand;

use crate::model::Catalog;

pub(super) use build::build_ours;
pub(super) use installed::{origin, pinned};

/// List, build, calibrate, quantize, export and verify models.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List the models in the models folder
    List,
    /// Build the models from darknet weights: FP32, and INT8 where there is a calibration table
    Build(build::BuildArgs),
    /// Measure the range of every tensor over images, for INT8
    Calibrate(calibrate::CalibrateArgs),
    /// Build an INT8 model from a recipe, with the stock weights or your own
    Quantize(quantize::QuantizeArgs),
    /// Build the FP32 model of your own darknet weights
    Export(build::ExportArgs),
    /// Verify the models against their known checksums
    Verify,
}

/// Runs one of the commands on the installed models.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let good = run_in(&Catalog::find(), args)?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one of the commands on the models of `catalog`. `false`: the command did its work, and what it found is
/// bad (a sum differs, a table is missing); it has said so.
pub fn run_in(catalog: &Catalog, args: &Args) -> Result<bool, Box<dyn Error>> {
    match &args.command {
        ModelsCommand::List => installed::list(catalog),
        ModelsCommand::Build(args) => build::build(catalog, args),
        ModelsCommand::Calibrate(args) => calibrate::run(catalog, args).map(|()| true),
        ModelsCommand::Quantize(args) => quantize::run(catalog, args).map(|()| true),
        ModelsCommand::Export(args) => build::export(args).map(|()| true),
        ModelsCommand::Verify => installed::verify(catalog),
    }
}
