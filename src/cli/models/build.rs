//! `models build` and `models export`: from darknet's files to model files.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::source_args::{SourceArgs, made};
use crate::cli::output::escape::path_name;
use crate::cli::output::force::ForceFlag;
use crate::cli::output::stdout::out;
use crate::files::Outputs;
use crate::model::Catalog;
use crate::workshop::{CalibrationTable, FloatModel, ModelFile, Recipe, WorkshopError};

#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Calibration table to use instead of the network's own in the models folder; its method selects the recipe
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Write the models to this folder [default: the models folder]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Darknet cfg
    #[arg(long, value_name = "FILE")]
    cfg: PathBuf,
    /// Weights for the cfg
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Class names, one per line; optional for COCO's 80 classes
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// ONNX file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
}

/// `false`: of our own network a table is missing.
pub fn build(catalog: &Catalog, args: &BuildArgs) -> Result<bool, Box<dyn Error>> {
    let dir = args.output.as_deref().unwrap_or(catalog.dir());
    let started = Instant::now();
    let model = args.source.read(catalog)?;
    let recipes = Recipe::built();
    let tables = recipes.iter().map(|recipe| catalog.dir().join(model.table_name(recipe)));
    let read = [args.source.files(catalog), args.table.clone().map_or_else(|| tables.collect(), |table| vec![table])];
    let mut outputs = args.force.outputs().reads(read.iter().flatten().map(PathBuf::as_path));
    let mut write = |file: &ModelFile, started| report(file, dir, &mut outputs, started);
    write(&model.float(), started)?;

    if let Some(path) = &args.table {
        let table = CalibrationTable::read(path)?;
        // A table that fits none of our recipes is told so by the first.
        let recipe = recipes.iter().find(|r| r.ranges == table.method).unwrap_or(&recipes[0]);
        write(&model.quantized(recipe, &table, path)?, Instant::now())?;
        return Ok(true);
    }
    let mut complete = true;
    for recipe in &recipes {
        let path = catalog.dir().join(model.table_name(recipe));
        if !path.is_file() {
            let name = &recipe.name;
            out!(
                "INT8 {name} not built: {} is missing; create it with `twinsight models calibrate`, then build again",
                path.display()
            )?;
            complete = false;
            continue;
        }
        let started = Instant::now();
        let table = CalibrationTable::read(&path)?;
        write(&model.quantized(recipe, &table, &path)?, started)?;
    }
    // Of our own network the tables always are there, unless something took them away.
    Ok(complete || !args.source.is_ours())
}

pub fn export(args: &ExportArgs) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let read = [&args.cfg, &args.weights].into_iter().chain(&args.names);
    let mut outputs = args.force.outputs().reads(read.map(PathBuf::as_path));
    let output = outputs.file(&args.output, &ModelFile::FILE)?;
    let file = FloatModel::read(&args.cfg, &args.weights, args.names.as_deref())?.float();
    output.write(&file.bytes)?;
    Ok(made(&path_name(&args.output), &file, started)?)
}

fn report(file: &ModelFile, dir: &Path, outputs: &mut Outputs, started: Instant) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir).map_err(WorkshopError::write(dir))?;
    outputs.file(&dir.join(&file.file), &ModelFile::FILE)?.write(&file.bytes)?;
    Ok(made(&file.file, file, started)?)
}
