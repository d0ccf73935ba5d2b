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
use crate::workshop::{CalibrationTable, FloatModel, LeakySlope, ModelFile, Recipe, WorkshopError};

#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Calibration table to use instead of the network's own in the models folder; its method selects the recipe
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Build only the INT8 model of this recipe, and FP32 if the recipe has a leaky_slope; repeatable [default: FP32,
    /// and the INT8 models of card, tuned and safe]
    #[arg(long, value_name = "NAME|FILE")]
    recipe: Vec<String>,
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
    /// Slope of all leaky ReLUs below 0, instead of the network's own, as a fraction, e.g. 26/256
    #[arg(long, value_name = "N/D")]
    leaky_slope: Option<LeakySlope>,
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
    let mut recipes = args.recipe.iter().map(|recipe| Recipe::find(recipe)).collect::<Result<Vec<_>, _>>()?;
    let model = args.source.read(catalog)?;
    let table =
        args.table.as_deref().map(|path| Ok::<_, WorkshopError>((CalibrationTable::read(path)?, path))).transpose()?;
    if recipes.is_empty() {
        recipes = Recipe::built().into();
        if let Some((table, _)) = &table {
            // A table that fits none of our recipes is told so by the first.
            let fitting = recipes.iter().position(|recipe| recipe.ranges == table.method).unwrap_or(0);
            recipes = vec![recipes.swap_remove(fitting)];
        }
    }
    let path = |recipe: &Recipe| args.table.clone().unwrap_or_else(|| catalog.dir().join(model.table_name(recipe)));
    let files = args.recipe.iter().map(PathBuf::from);
    let read = args.source.files(catalog).into_iter().chain(recipes.iter().map(path)).chain(files).collect::<Vec<_>>();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let mut write = |file: &ModelFile, started| report(file, dir, &mut outputs, started);
    if args.recipe.is_empty() {
        write(&model.float(), started)?;
    }
    let mut complete = true;
    for recipe in &recipes {
        let started = Instant::now();
        if !args.recipe.is_empty() && recipe.leaky_slope.is_some() {
            // What its INT8 model is compared with.
            write(&model.for_recipe(recipe).float(), started)?;
        }
        let path = path(recipe);
        if table.is_none() && !path.is_file() {
            let name = &recipe.name;
            out!(
                "INT8 {name} not built: {} is missing; create it with `twinsight models calibrate`, then build again",
                path.display()
            )?;
            complete = false;
            continue;
        }
        let file = match &table {
            Some((table, path)) => model.quantized(recipe, table, path)?,
            None => model.quantized(recipe, &CalibrationTable::read(&path)?, &path)?,
        };
        write(&file, started)?;
    }
    // Of our own network the tables always are there, unless something took them away.
    Ok(complete || !args.source.is_ours())
}

/// Builds those of our own models whose files are named, from what set-up brings.
pub fn build_ours(catalog: &Catalog, files: &[String]) -> Result<(), Box<dyn Error>> {
    let source = SourceArgs::default();
    let started = Instant::now();
    let model = source.read(catalog)?;
    let read = source.files(catalog);
    let mut outputs = Outputs::default().reads(read.iter().map(PathBuf::as_path));
    let mut write = |file: &ModelFile, started| match files.contains(&file.file) {
        true => report(file, catalog.dir(), &mut outputs, started),
        false => Ok(()),
    };
    write(&model.float(), started)?;
    for recipe in Recipe::built() {
        let started = Instant::now();
        let path = catalog.dir().join(model.table_name(&recipe));
        write(&model.quantized(&recipe, &CalibrationTable::read(&path)?, &path)?, started)?;
    }
    Ok(())
}

pub fn export(args: &ExportArgs) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let read = [&args.cfg, &args.weights].into_iter().chain(&args.names);
    let mut outputs = args.force.outputs().reads(read.map(PathBuf::as_path));
    let output = outputs.file(&args.output, &ModelFile::FILE)?;
    let model = FloatModel::read(&args.cfg, &args.weights, args.names.as_deref())?;
    let file = args.leaky_slope.map_or_else(|| model.float(), |slope| model.clone().with_leaky_slope(slope).float());
    output.write(&file.bytes)?;
    Ok(made(&path_name(&args.output), &file, started)?)
}

fn report(file: &ModelFile, dir: &Path, outputs: &mut Outputs, started: Instant) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir).map_err(WorkshopError::write(dir))?;
    outputs.file(&dir.join(&file.file), &ModelFile::FILE)?.write(&file.bytes)?;
    Ok(made(&file.file, file, started)?)
}
