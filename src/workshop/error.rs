//! What can go wrong while making a model, by cause.

use std::path::PathBuf;

use super::calibration::{Method, TableError};
use super::darknet::{CfgError, WeightsError};
use super::import::ImportError;
use super::quantize::QuantizeError;
use super::recipe::RecipeError;
use crate::model::ModelError;

/// Each message says what happened, to what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    #[error("cannot read {}: {cause}{}", path.display(), hint(cause))]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{} has {bytes} bytes, over the limit of {limit}; is it the right file?", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("{}, {cause}", path.display())]
    Cfg { path: PathBuf, cause: Box<CfgError> },
    #[error("{}, {cause}", path.display())]
    Weights { path: PathBuf, cause: WeightsError },
    #[error("{} {cause}", path.display())]
    Import { path: PathBuf, cause: ImportError },
    #[error(
        "{} puts out {found}, and what is known of it asks for {wanted}; describe it in {}",
        path.display(),
        sidecar.display()
    )]
    Heads { path: PathBuf, found: String, wanted: String, sidecar: PathBuf },
    #[error("the cfg has {classes} classes, and only the names of COCO's 80 are known; give a file with --names")]
    NamesNeeded { classes: usize },
    #[error("{} has {names} names, and the cfg has {classes} classes; give one name a line", path.display())]
    NameCount { path: PathBuf, names: usize, classes: usize },
    #[error("the calibration table {} {cause}; make one with `twinsight models calibrate`", path.display())]
    Table { path: PathBuf, cause: TableError },
    #[error("there is no recipe {name}; ours are {known}, and a file of your own is given by its path, as mine.json")]
    NoRecipe { name: String, known: String },
    #[error("the recipe {} {cause}", path.display())]
    Recipe { path: PathBuf, cause: RecipeError },
    #[error("the recipe {recipe} names the node {pattern}, and the network has none such; its nodes are {nodes}")]
    NoNode { recipe: String, pattern: String, nodes: String },
    #[error(
        "the recipe {recipe} asks for {node} to put out float, and it is no 1×1 convolution; name it in float instead"
    )]
    NoFloatOutput { recipe: String, node: String },
    #[error(
        "nothing is measured of this network: {} is missing; give pictures with --images DIR, or a table of the \
         method \"{method}\" with --table FILE",
        path.display()
    )]
    NothingMeasured { method: Method, path: PathBuf },
    #[error("{0}; make a table for this network with `twinsight models calibrate`")]
    Quantize(#[from] QuantizeError),
    #[error("no pictures (jpg, png, webp, bmp) in {}", dir.display())]
    NoPictures { dir: PathBuf },
    #[error("cannot read the picture {}: {cause}; take it away, or put a whole one in its place", path.display())]
    Picture { path: PathBuf, cause: String },
    #[error("the float model did not run: {0}")]
    Run(String),
    #[error("with {}, the tensor {tensor} has values that are not finite: the weights cannot be calibrated", path.display())]
    NotFinite { path: PathBuf, tensor: String },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("cannot write {}: {cause}", path.display())]
    Write { path: PathBuf, cause: std::io::Error },
}

fn hint(cause: &std::io::Error) -> &'static str {
    if cause.kind() == std::io::ErrorKind::NotFound {
        "; run `make setup` if it is one that set-up fetches"
    } else {
        ""
    }
}
