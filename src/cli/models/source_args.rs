//! Which network a model is made of, and what is said of the file.

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::output::escape::on_a_line;
use crate::cli::output::stdout::{OutputError, out};
use crate::model::{Catalog, ModelName};
use crate::workshop::{FloatModel, ModelFile, WorkshopError};

/// Which network; the defaults are the files that set-up fetched.
#[derive(Debug, Default, clap::Args)]
pub struct SourceArgs {
    /// Darknet cfg of another network of the family
    #[arg(long, value_name = "FILE", requires = "weights")]
    cfg: Option<PathBuf>,
    /// Weights for the cfg
    #[arg(long, value_name = "FILE", requires = "cfg")]
    weights: Option<PathBuf>,
    /// Class names, one per line [default for 80 classes: COCO's]
    #[arg(long, value_name = "FILE", requires = "cfg")]
    names: Option<PathBuf>,
    /// Float ONNX model to use instead of cfg and weights, from Twinsight or another program
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

    /// The files that are read.
    pub fn files(&self, catalog: &Catalog) -> Vec<PathBuf> {
        if let Some(model) = &self.onnx {
            return catalog.files(&ModelName::File(model.clone()));
        }
        let ours = ["yolov4-tiny.cfg", "yolov4-tiny.weights"].map(|file| catalog.download(file));
        let [cfg, weights] = ours;
        let cfg = self.cfg.clone().unwrap_or(cfg);
        let weights = self.weights.clone().unwrap_or(weights);
        [cfg, weights].into_iter().chain(self.names.clone()).collect()
    }

    pub fn is_ours(&self) -> bool {
        self.cfg.is_none() && self.onnx.is_none()
    }
}

/// Says what file was made.
pub fn made(name: &str, ModelFile { bytes, sha256, .. }: &ModelFile, started: Instant) -> Result<(), OutputError> {
    let milliseconds = started.elapsed().as_millis();
    let name = on_a_line(name);
    out!("{name:<34}  {:>10} bytes  sha256 {sha256}  {milliseconds:>5} ms", bytes.len())
}
