//! What can go wrong while making a model, by cause.

use std::path::PathBuf;

use super::calibration::TableError;
use super::darknet::{CfgError, WeightsError};
use super::quantize::QuantizeError;
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
    #[error("the cfg has {classes} classes, and only the names of COCO's 80 are known; give a file with --names")]
    NamesNeeded { classes: usize },
    #[error("{} has {names} names, and the cfg has {classes} classes; give one name a line", path.display())]
    NameCount { path: PathBuf, names: usize, classes: usize },
    #[error("the calibration table {} {cause}; make one with `twinsight models calibrate`", path.display())]
    Table { path: PathBuf, cause: TableError },
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
