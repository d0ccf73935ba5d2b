//! `models quantize`: an INT8 model after a recipe.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use super::calibrate::PictureArgs;
use super::source_args::{SourceArgs, made};
use crate::model::Catalog;
use crate::workshop::rebuild::write_beside;
use crate::workshop::{CalibrationTable, Recipe, WorkshopError};

#[derive(Debug, clap::Args)]
pub struct QuantizeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The recipe: card, tuned, or a JSON file of your own (models/recipes/ shows how)
    #[arg(long, value_name = "NAME|FILE", default_value = "tuned")]
    recipe: String,
    /// Leave this node in float too, as layer_00_conv or head_*; may be given several times
    #[arg(long, value_name = "NODE")]
    exclude: Vec<String>,
    #[command(flatten)]
    pictures: PictureArgs,
    /// A calibration table in place of pictures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "camera"])]
    table: Option<PathBuf>,
    /// The ONNX file to write. Its recipe and its calibration table are put beside it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(catalog: &Catalog, args: &QuantizeArgs) -> Result<(), Box<dyn Error>> {
    // What is wrong with the recipe is told before anything takes long.
    let plain = Recipe::find(&args.recipe)?;
    let recipe = plain.clone().with_float(&args.exclude);
    let model = args.source.read(catalog)?;
    model.check(&recipe)?;
    let started = Instant::now();
    let ours = catalog.dir().join(model.table_name(&plain));
    let (table, path) = match (args.pictures.measure(catalog, &model)?, &args.table) {
        (Some(calibrator), _) => (calibrator.table(recipe.ranges), PathBuf::from("of these pictures")),
        (None, Some(path)) => (CalibrationTable::read(path)?, path.clone()),
        (None, None) if ours.is_file() => (CalibrationTable::read(&ours)?, ours),
        (None, None) => return Err(WorkshopError::NothingMeasured { method: recipe.ranges, path: ours }.into()),
    };
    let file = model.quantized(&recipe, &table, &path)?;
    file.write_to(&args.output)?;
    // What it was made of, so that it can be rebuilt: in the window with a layer in float, or here.
    write_beside(&args.output, &recipe, &table)?;
    Ok(made(&args.output.to_string_lossy(), &file, started)?)
}
