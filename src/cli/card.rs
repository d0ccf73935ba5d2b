//! `twinsight card`: the model card of the installed models.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::stdout::{out, write_file};
use crate::model::{Catalog, ModelName};
use crate::workshop::card::{BenchReport, Card};
use crate::workshop::evaluate::EvalReport;

#[derive(Args, Debug)]
pub struct CardArgs {
    /// Accuracy, as written by `twinsight eval --json FILE`; without it the card says "not measured"
    #[arg(long, value_name = "FILE")]
    eval: Option<PathBuf>,
    /// Latency, as printed by `twinsight bench --json`
    #[arg(long, value_name = "FILE")]
    bench: Option<PathBuf>,
    /// Models: fp32, int8, tuned, safe, or ONNX files of one network [default: the installed ones that set-up builds]
    #[arg(long, value_name = "MODEL", num_args = 1..)]
    model: Vec<String>,
    /// Write the card to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &CardArgs) -> Result<ExitCode, Box<dyn Error>> {
    let names: Vec<ModelName> = args.model.iter().map(|name| ModelName::from_flag(name)).collect();
    let mut card = Card::read(&Catalog::find(), &names)?;
    if let Some(file) = &args.eval {
        card = card.with_evaluation(EvalReport::read(file)?)?;
    }
    if let Some(file) = &args.bench {
        card = card.with_bench(BenchReport::read(file)?);
    }
    let text = card.to_markdown();
    match &args.output {
        Some(file) => write_file(file, &text)?,
        None => out!("{}", text.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}
