//! `models quantize`: an INT8 model after a recipe.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::PossibleValuesParser;

use super::calibrate::PictureArgs;
use super::source_args::{SourceArgs, made};
use crate::cli::output::escape::path_name;
use crate::cli::output::force::ForceFlag;
use crate::model::Catalog;
use crate::onnx::IntegerForm;
use crate::workshop::rebuild::BesideFiles;
use crate::workshop::{CalibrationTable, ModelFile, Recipe, WorkshopError};

// The model's form is what --format means here.
#[derive(Debug, clap::Args)]
#[command(mut_arg("format", |camera| camera.long("camera-format")))]
pub struct QuantizeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Recipe: card, tuned, safe, vitis-like, zynq, m7, or your own JSON file (the models folder has examples in recipes/)
    #[arg(long, value_name = "NAME|FILE", default_value = "tuned")]
    recipe: String,
    /// Also keep this node in float, e.g. layer_00_conv or head_*; repeatable
    #[arg(long, value_name = "NODE")]
    exclude: Vec<String>,
    /// Form of the model: qoperator, operators on bytes for ONNX Runtime, or qdq, float operators between QuantizeLinear
    /// and DequantizeLinear for OpenVINO, TensorRT and others [default: the recipe's]
    #[arg(long = "format", value_name = "FORM", value_parser = PossibleValuesParser::new(IntegerForm::FLAGS))]
    form: Option<String>,
    #[command(flatten)]
    pictures: PictureArgs,
    /// Calibration table to use instead of images
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "camera"])]
    table: Option<PathBuf>,
    /// ONNX file to write; its recipe and calibration table are written beside it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
}

pub fn run(catalog: &Catalog, args: &QuantizeArgs) -> Result<(), Box<dyn Error>> {
    // What is wrong with the recipe is told before anything takes long.
    let plain = Recipe::find(&args.recipe)?;
    // The parser takes these forms alone.
    let format = args.form.as_deref().and_then(IntegerForm::from_flag).unwrap_or(plain.format);
    let recipe = plain.clone().with_format(format).with_float(&args.exclude);
    let model = args.source.read(catalog)?;
    let ours = catalog.dir().join(model.table_name(&plain));
    let table = args.table.as_ref().or((!args.pictures.are_given()).then_some(&ours));
    let read = [args.source.files(catalog), args.pictures.files(), table.into_iter().cloned().collect()].concat();
    let read = read.iter().map(PathBuf::as_path).chain([Path::new(&args.recipe)]);
    let mut outputs = args.force.outputs().reads(read);
    let output = outputs.file(&args.output, &ModelFile::FILE)?;
    // A table is written as it was read.
    let beside = BesideFiles::unless(&mut outputs, &args.output, [recipe == plain, true])?;
    // A file's own name for the recipe says less than the file's.
    let named = |cause: WorkshopError| match &args.recipe {
        file if *file != plain.name => format!("{file}: {cause}"),
        _ => cause.to_string(),
    };
    model.check(&plain).map_err(named)?;
    model.check(&recipe).map_err(|cause| match cause {
        WorkshopError::NoNode { pattern, nodes, .. } => {
            format!("--exclude names the node {pattern}, which the network does not have; its nodes are {nodes}")
        }
        cause => cause.to_string(),
    })?;
    let started = Instant::now();
    let (table, path) = match (args.pictures.measure(catalog, &model.for_recipe(&recipe))?, &args.table) {
        (Some(calibrator), _) => (calibrator.table(recipe.ranges, recipe.grids()), PathBuf::from("of these images")),
        (None, Some(path)) => (CalibrationTable::read(path)?, path.clone()),
        (None, None) if ours.is_file() => (CalibrationTable::read(&ours)?, ours),
        (None, None) => return Err(WorkshopError::NothingMeasured { method: recipe.ranges, path: ours }.into()),
    };
    let file = model.quantized(&recipe, &table, &path)?;
    // The model last: one without its table could not be rebuilt.
    beside.write(&recipe, &table)?;
    output.write(&file.bytes)?;
    Ok(made(&path_name(&args.output), &file, started)?)
}
