//! `twinsight card`: the model card of the installed models.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::input;
use super::output::force::ForceFlag;
use super::output::stdout::out;
use super::unknown_word::model_flag;
use crate::model::{Catalog, ModelName, ModelRequest};
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
    #[arg(long, value_name = "MODEL", num_args = 1.., value_parser = model_flag)]
    model: Vec<String>,
    /// Write the card to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command.
pub fn run(args: &CardArgs) -> Result<ExitCode, Box<dyn Error>> {
    let names: Vec<ModelName> = args.model.iter().map(|name| ModelName::from_flag(name)).collect();
    let catalog = Catalog::find();
    let mut card = Card::read(&catalog, &names)?;
    let names = if names.is_empty() { catalog.installed() } else { names };
    let requests: Vec<ModelRequest> = names.into_iter().map(ModelRequest::from).collect();
    let read = [&args.eval, &args.bench].into_iter().flatten().cloned().chain(input::model_files(&catalog, &requests));
    let read: Vec<PathBuf> = read.collect();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let file = args.output.as_deref().map(|file| outputs.file(file, &Card::FILE)).transpose()?;
    if let Some(file) = &args.eval {
        card = card.with_evaluation(EvalReport::read(file)?)?;
    }
    if let Some(file) = &args.bench {
        card = card.with_bench(BenchReport::read(file)?);
    }
    let text = card.to_markdown();
    match file {
        Some(file) => file.write(text.as_bytes())?,
        None => out!("{}", text.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}
