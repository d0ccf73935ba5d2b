//! What `twinsight bench --json` says of models.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{ReadError, decoded, read_limited};

/// The most bytes that are read.
const MAX_BYTES: u64 = 1 << 20;

/// Latency of models on one machine. Other keys of the JSON are not read.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct BenchReport {
    /// Version of ONNX Runtime.
    pub runtime: String,
    pub threads: usize,
    /// `None`: it was measured before this was told.
    #[serde(default)]
    pub processor: Option<BenchProcessor>,
    pub stages: Vec<BenchStage>,
}

/// The processor that measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct BenchProcessor {
    /// As the system names it.
    pub name: String,
    /// The instruction set that makes INT8 fast, as "AVX-512 VNNI"; `None`: it has none that is known.
    pub dot_product: Option<String>,
}

impl std::fmt::Display for BenchProcessor {
    /// "Xeon … with AVX-512 VNNI"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.dot_product {
            Some(feature) => write!(f, "{} with {feature}", self.name),
            None => write!(f, "{} without VNNI or another integer dot product", self.name),
        }
    }
}

/// One stage of the way of a frame, in milliseconds.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct BenchStage {
    /// As "inference FP32".
    pub name: String,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub runs: usize,
}

/// Why a measurement cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("cannot read the measurement {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error("{} is not a measurement: {cause}; create one with `twinsight bench --json > FILE`", path.display())]
    Form { path: PathBuf, cause: serde_json::Error },
}

impl BenchReport {
    /// Reads what `twinsight bench --json` printed.
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(|cause| BenchError::Read { path: path.to_owned(), cause })?;
        // What PowerShell redirects to a file is in UTF-16.
        let text = decoded(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned());
        serde_json::from_str(&text).map_err(|cause| BenchError::Form { path: path.to_owned(), cause })
    }

    /// One inference of the model of this name.
    pub fn inference(&self, model: &str) -> Option<&BenchStage> {
        self.stages.iter().find(|stage| stage.name.strip_prefix("inference ") == Some(model))
    }
}
