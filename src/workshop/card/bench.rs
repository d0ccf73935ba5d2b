//! What `twinsight bench --json` says of models.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The most bytes that are read.
const MAX_BYTES: u64 = 1 << 20;

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Bench {
    /// Version of ONNX Runtime.
    pub runtime: String,
    pub threads: usize,
    pub stages: Vec<Stage>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Stage {
    pub name: String,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub runs: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("cannot read the measurement {}: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{} has {bytes} bytes, over the limit of {MAX_BYTES}; is it the right file?", path.display())]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("{} is no measurement: {cause}; make one with `twinsight bench --json > FILE`", path.display())]
    Form { path: PathBuf, cause: serde_json::Error },
}

impl Bench {
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        let failed = |cause| BenchError::Read { path: path.to_owned(), cause };
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            return Err(failed(std::io::Error::other("it is not a file")));
        }
        if about.len() > MAX_BYTES {
            return Err(BenchError::TooLarge { path: path.to_owned(), bytes: about.len() });
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(|cause| BenchError::Form { path: path.to_owned(), cause })
    }

    /// One inference of the model of this name.
    pub fn inference(&self, model: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name.strip_prefix("inference ") == Some(model))
    }
}
