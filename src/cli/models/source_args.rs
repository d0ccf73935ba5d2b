//! Which network a model is made of, and what is said of the file.

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::output::stdout::{OutputError, out};
use crate::model::Catalog;
use crate::workshop::{FloatModel, ModelFile, WorkshopError};

/// Which network; the defaults are the files that set-up fetched.
#[derive(Debug, clap::Args)]
pub struct SourceArgs {
    /// The darknet cfg of another network of the family
    #[arg(long, value_name = "FILE", requires = "weights")]
    cfg: Option<PathBuf>,
    /// Its weights
    #[arg(long, value_name = "FILE", requires = "cfg")]
    weights: Option<PathBuf>,
    /// Its class names, one a line; COCO's where there are 80 classes
    #[arg(long, value_name = "FILE", requires = "cfg")]
    names: Option<PathBuf>,
    /// In place of cfg and weights: a float model in ONNX, of this program or of another
    #[arg(long, value_name = "FILE", conflicts_with = "cfg")]
    onnx: Option<PathBuf>,
}

impl SourceArgs {
    pub fn read(&self, catalog: &Catalog) -> Result<FloatModel, WorkshopError> {
        if let Some(model) = &self.onnx {
            return FloatModel::read_model(model);
        }
        let or_ours = |given: &Option<PathBuf>, file| given.clone().unwrap_or_else(|| catalog.download(file));
        let cfg = or_ours(&self.cfg, "yolov4-tiny.cfg");
        FloatModel::read(&cfg, &or_ours(&self.weights, "yolov4-tiny.weights"), self.names.as_deref())
    }

    pub fn is_ours(&self) -> bool {
        self.cfg.is_none() && self.onnx.is_none()
    }
}

/// Says what file was made.
pub fn made(name: &str, ModelFile { bytes, sha256, .. }: &ModelFile, started: Instant) -> Result<(), OutputError> {
    let milliseconds = started.elapsed().as_millis();
    out!("{name:<34}  {:>10} bytes  sha256 {sha256}  {milliseconds:>5} ms", bytes.len())
}
