//! `twinsight models`: list, build, calibrate, quantize, export and verify models.

mod build;
mod calibrate;
mod installed;
mod quantize;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Subcommand;

use super::output::stdout::{OutputError, out};
use crate::model::Catalog;
use crate::workshop::{FloatModel, ModelFile, WorkshopError};

pub(super) use installed::{origin, pinned};

/// List, build, calibrate, quantize, export and verify models.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the models in the models folder
    List,
    /// Make the models from darknet's weights: FP32, and INT8 where there is a calibration table
    Build(build::BuildArgs),
    /// Measure the range of every tensor over pictures, for INT8
    Calibrate(calibrate::CalibrateArgs),
    /// Make an INT8 model after a recipe, of the stock weights or of your own
    Quantize(quantize::QuantizeArgs),
    /// Make the FP32 model of darknet weights of your own
    Export(build::ExportArgs),
    /// Compare the models with their pinned sums
    Verify,
}

/// Which network; the defaults are the files that set-up fetched.
#[derive(Debug, clap::Args)]
struct SourceArgs {
    /// The darknet cfg of another network of the family
    #[arg(long, value_name = "FILE", requires = "weights")]
    cfg: Option<PathBuf>,
    /// Its weights
    #[arg(long, value_name = "FILE", requires = "cfg")]
    weights: Option<PathBuf>,
    /// Its class names, one a line; COCO's where there are 80 classes
    #[arg(long, value_name = "FILE", requires = "cfg")]
    names: Option<PathBuf>,
    /// In place of cfg and weights: a float model in ONNX, of this program or of another
    #[arg(long, value_name = "FILE", conflicts_with = "cfg")]
    onnx: Option<PathBuf>,
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
        Command::List => installed::list(catalog),
        Command::Build(args) => build::build(catalog, args),
        Command::Calibrate(args) => calibrate::run(catalog, args).map(|()| true),
        Command::Quantize(args) => quantize::run(catalog, args).map(|()| true),
        Command::Export(args) => build::export(args).map(|()| true),
        Command::Verify => installed::verify(catalog),
    }
}

impl SourceArgs {
    fn read(&self, catalog: &Catalog) -> Result<FloatModel, WorkshopError> {
        if let Some(model) = &self.onnx {
            return FloatModel::read_model(model);
        }
        let or_ours = |given: &Option<PathBuf>, file| given.clone().unwrap_or_else(|| catalog.download(file));
        let cfg = or_ours(&self.cfg, "yolov4-tiny.cfg");
        FloatModel::read(&cfg, &or_ours(&self.weights, "yolov4-tiny.weights"), self.names.as_deref())
    }

    fn is_ours(&self) -> bool {
        self.cfg.is_none() && self.onnx.is_none()
    }
}

/// Says what file was made.
fn made(name: &str, ModelFile { bytes, sha256, .. }: &ModelFile, started: Instant) -> Result<(), OutputError> {
    let milliseconds = started.elapsed().as_millis();
    out!("{name:<34}  {:>10} bytes  sha256 {sha256}  {milliseconds:>5} ms", bytes.len())
}
