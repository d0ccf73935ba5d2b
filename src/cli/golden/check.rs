//! `golden check GOLDEN --against DIR`: compares a board's tensors with a pack.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::html::html;
use super::text::text;
use crate::cli::compare::report::{ComparedModels, PictureReport};
use crate::cli::input::files_below;
use crate::cli::output::force::ForceFlag;
use crate::cli::output::html::PAGE;
use crate::cli::output::stdout::out;
use crate::detect::{Size, Thresholds};
use crate::model::{EngineInfo, InferenceEngine, ModelInfo, Precision};
use crate::workshop::golden::{CheckRequest, CheckedTensor, GoldenPack, OutcomeCounts, check};

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Golden pack: a folder that `twinsight golden` wrote
    #[arg(value_name = "GOLDEN_DIR")]
    golden: PathBuf,
    /// Folder of the board's dumps, named as in the pack, with any of its formats; or one dump
    #[arg(long, value_name = "DIR|FILE")]
    against: PathBuf,
    /// File of a tensor whose name is another one; repeatable
    #[arg(long, value_name = "TENSOR=FILE", value_parser = mapped)]
    map: Vec<(String, PathBuf)>,
    /// Picture of the pack, if it has several
    #[arg(long, value_name = "NAME")]
    picture: Option<String>,
    /// List the tensors that are exact, too
    #[arg(long, conflicts_with = "json")]
    all: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write an HTML page with all layers and the boxes of both
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

fn mapped(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((tensor, file)) if !tensor.is_empty() && !file.is_empty() => Ok((tensor.into(), file.into())),
        _ => Err("write TENSOR=FILE".into()),
    }
}

/// Exits with 1 where anything differs.
pub fn run(args: &CheckArgs) -> Result<ExitCode, Box<dyn Error>> {
    let read = [&args.golden, &args.against].into_iter().chain(args.map.iter().map(|(_, file)| file));
    let inside = files_below([&args.golden, &args.against]);
    let mut outputs = args.force.outputs().reads(read.chain(&inside).map(PathBuf::as_path));
    let page = args.html.as_deref().map(|file| outputs.file(file, &PAGE)).transpose()?;
    let pack = GoldenPack::open(&args.golden)?;
    let picture = pack.picture(args.picture.as_deref())?;
    let request = CheckRequest { against: &args.against, picture: Some(&picture.name), map: &args.map };
    let found = check(&pack, &request)?;
    let form = pack.manifest.detector.form()?;
    let model = |name: &str| ModelInfo {
        name: name.to_owned(),
        path: args.golden.clone(),
        sha256: pack.manifest.model.sha256.clone(),
        precision: Precision::Int8,
        recipe: None,
        arithmetic: None,
        engine: EngineInfo { engine: InferenceEngine::Integer, kernel: None, why: None },
        form: form.clone(),
    };
    let (golden, board) = (model("golden"), model("board"));
    let models = ComparedModels { a: &golden, b: &board, thresholds: Thresholds::LIVE };
    let size = Size::new(picture.width, picture.height);
    let boxes = PictureReport::new(picture.file.clone(), PathBuf::from(&picture.file), size, &found.boxes, &models);
    if args.json {
        let report = JsonReport {
            picture: &picture.name,
            model_sha256: &pack.manifest.model.sha256,
            arithmetic: pack.manifest.arithmetic.name(),
            exact: found.is_exact(),
            counts: found.counts(),
            first_wrong: found.first_wrong().map(|tensor| tensor.tensor.as_str()),
            tensors: &found.tensors,
            unknown_files: &found.unknown,
            heads_dumped: found.heads_dumped,
            boxes: &boxes,
        };
        out!("{}", serde_json::to_string(&report)?)?;
    } else {
        out!("{}", text(&found, &boxes, args.all).trim_end())?;
    }
    if let Some(page) = page {
        page.write(html(&pack, picture, &found, &boxes).as_bytes())?;
    }
    Ok(if found.is_exact() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Serialize)]
struct JsonReport<'a> {
    picture: &'a str,
    model_sha256: &'a str,
    arithmetic: &'a str,
    exact: bool,
    counts: OutcomeCounts,
    /// A tensor.
    first_wrong: Option<&'a str>,
    tensors: &'a [CheckedTensor],
    unknown_files: &'a [String],
    /// Whether the boxes are those of heads that were dumped.
    heads_dumped: bool,
    boxes: &'a PictureReport<'a>,
}
