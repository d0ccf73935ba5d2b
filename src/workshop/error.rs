//! What can go wrong while making a model, by cause.

use std::path::{Path, PathBuf};

use super::calibration::{GridKind, Method};
use super::darknet::{CfgError, WeightsError};
use super::import::ImportError;
use crate::detect::Size;
use crate::files::{ReadError, WriteCause, WriteError};
use crate::model::ModelError;

/// Why a calibration table cannot be read, or belongs to another network. The message follows the table's name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    #[error("cannot be read: {0}")]
    Json(String),
    #[error("has format {found}; this Twinsight reads format {known}")]
    Format { found: u32, known: u32 },
    #[error("has {0}")]
    Method(String),
    #[error("was made with the method {table}, but the recipe {recipe} needs {wanted}")]
    OtherMethod { table: Method, recipe: String, wanted: Method },
    #[error("was made for {table} grids, but the recipe {recipe} needs one for {wanted} grids")]
    OtherGrids { table: GridKind, recipe: String, wanted: GridKind },
    #[error("was made with {table} as the slope of leaky ReLUs, but {wanted} is needed")]
    OtherSlope { table: String, wanted: String },
    #[error("gives {tensor} the invalid range {min} to {max}")]
    Range { tensor: String, min: f32, max: f32 },
    #[error("has no range for the tensor {tensor}: it is of another network, or a part of it is missing")]
    NoRange { tensor: String },
    #[error("was made for other weights (sha256 {table}; these have {weights})")]
    OtherWeights { table: String, weights: String },
    #[error("was made for an input of {table}, but the cfg has {cfg}")]
    OtherInput { table: Size, cfg: Size },
}

/// What is wrong with a recipe. The message follows the recipe's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    #[error("cannot be read: {0}")]
    Json(String),
    #[error(
        "has the name {name:?}; a name has 1 to {most} letters, digits, - and _, because it goes into a file's name"
    )]
    Name { name: String, most: usize },
    #[error("has {key} {value}; use {least} to {most}")]
    Bits { key: &'static str, value: u32, least: u32, most: u32 },
    #[error("has the name {0} of a built-in recipe but different content; rename it")]
    Taken(String),
}

/// Why a model was not made. Each message says what happened, to what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    #[error("cannot read {}: {cause}{}", path.display(), hint(cause))]
    Read { path: PathBuf, cause: ReadError },
    #[error("{}, {cause}", path.display())]
    Cfg { path: PathBuf, cause: Box<CfgError> },
    #[error("{}, {cause}", path.display())]
    Weights { path: PathBuf, cause: WeightsError },
    #[error("{} {cause}", path.display())]
    Import { path: PathBuf, cause: ImportError },
    #[error(
        "{} outputs {found}, but {wanted} is expected; describe the model in {}",
        path.display(),
        sidecar.display()
    )]
    Heads { path: PathBuf, found: String, wanted: String, sidecar: PathBuf },
    #[error("the cfg has {classes} classes, and only COCO's 80 names are known; pass a file with --names")]
    NamesNeeded { classes: usize },
    #[error("{} has {names} names, but the cfg has {classes} classes; give one name per line", path.display())]
    NameCount { path: PathBuf, names: usize, classes: usize },
    #[error("{} is not text in UTF-8 (line {line}); save it as UTF-8", path.display())]
    NamesText { path: PathBuf, line: usize },
    #[error("the calibration table {} {cause}; create one with `twinsight models calibrate`", path.display())]
    Table { path: PathBuf, cause: TableError },
    #[error("there is no recipe {name}; built in are {known}; give your own file by its path, e.g. mine.json")]
    NoRecipe { name: String, known: String },
    #[error("the recipe {} {cause}", path.display())]
    Recipe { path: PathBuf, cause: RecipeError },
    #[error("the recipe {recipe} names the node {pattern}, which the network does not have; its nodes are {nodes}")]
    NoNode { recipe: String, pattern: String, nodes: String },
    #[error(
        "the recipe {recipe} lists {node} in float_output, but it is not a 1×1 convolution; list it in float instead"
    )]
    NoFloatOutput { recipe: String, node: String },
    #[error(
        "this network has not been calibrated: {} is missing; pass images with --images DIR, or a table of the method \
         \"{method}\" with --table FILE",
        path.display()
    )]
    NothingMeasured { method: Method, path: PathBuf },
    #[error("the float model did not run: {0}")]
    Run(String),
    #[error("with {picture}, the tensor {tensor} has non-finite values: the weights cannot be calibrated")]
    NotFinite { picture: String, tensor: String },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl WorkshopError {
    /// For `map_err`: the file at `path` was not read.
    pub fn read(path: &Path) -> impl Fn(ReadError) -> Self {
        move |cause| Self::Read { path: path.to_owned(), cause }
    }

    /// For `map_err`: the file or the folder at `path` was not written.
    pub fn write(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |cause| Self::Write(WriteError { path: path.to_owned(), cause: WriteCause::Io(cause) })
    }
}

fn hint(cause: &ReadError) -> &'static str {
    match cause {
        ReadError::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            "; run `twinsight setup` if it is one of the files that set-up downloads"
        }
        _ => "",
    }
}
