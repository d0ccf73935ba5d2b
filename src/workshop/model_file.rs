//! Model files: those that are made here, and what any file says of itself.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::WorkshopError;
use super::progress::Stopped;
use crate::files::{FileFormat, Outputs};
use crate::model::metadata::Metadata;
use crate::model::{ModelInfo, hex, read_model};
use crate::onnx::{Integers, metadata_of};

/// A model file in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name, without a folder.
    pub file: String,
    /// Of the file: a serialized ONNX model.
    pub bytes: Vec<u8>,
    /// In hexadecimal.
    pub sha256: String,
}

impl ModelFile {
    /// The file's kind.
    pub const FILE: FileFormat = FileFormat { name: "an ONNX model", reads: 3, is: is_onnx };

    pub(super) fn new(file: String, bytes: Vec<u8>) -> Self {
        let sha256 = hex(&Sha256::digest(&bytes));
        Self { file, bytes, sha256 }
    }

    /// Writes the file into `dir`, which exists, where it may replace an older model. Gives its path.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        let path = dir.join(&self.file);
        Outputs::default().file(&path, &Self::FILE)?.write(&self.bytes)?;
        Ok(path)
    }
}

/// Protobuf writes fields in the order of their numbers: first, the version of the format, which is a small one; then
/// another field of a model.
fn is_onnx(bytes: &[u8]) -> bool {
    const VERSION: u8 = 1 << 3;
    matches!(bytes, [VERSION, 1..=32, next, ..] if (2..=25).contains(&(next >> 3)))
}

/// What a model says of itself: `None` where it has no metadata of ours, or none that can be read.
pub(super) fn metadata(bytes: &[u8]) -> Option<Metadata> {
    Metadata::from_props(metadata_of(bytes)).unwrap_or_default()
}

/// A model file's size in bytes, its sha256 in hexadecimal, and what it says of itself: `None` where it has no metadata of
/// ours, or none that can be read.
pub fn read_metadata(path: &Path) -> Result<(u64, String, Option<Metadata>), WorkshopError> {
    let bytes = read_model(path)?;
    Ok((bytes.len() as u64, hex(&Sha256::digest(&bytes)), metadata(&bytes)))
}

/// A model's file, unchanged since it was loaded.
pub(super) fn unchanged(model: &ModelInfo) -> Result<Vec<u8>, Stopped> {
    let path = model.path.display();
    let bytes = read_model(&model.path).map_err(Stopped::failed)?;
    if hex(&Sha256::digest(&bytes)) == model.sha256 {
        return Ok(bytes);
    }
    Err(Stopped::Failed(format!("{path} has changed since it was loaded; select another model, then this one again.")))
}

/// What a model file says of its integer arithmetic; `None`: it is a float model, or none.
pub fn read_integers(path: &Path) -> Result<Option<Integers>, WorkshopError> {
    Ok(Integers::of(&read_model(path)?))
}
