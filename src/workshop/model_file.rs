//! Model files: those that are made here, and what any file says of itself.

use std::path::{Path, PathBuf};

use prost::Message;
use sha2::{Digest, Sha256};

use super::error::WorkshopError;
use super::files::{read_limited, write_whole};
use crate::model::hex;
use crate::model::metadata::Metadata;
use crate::onnx::{Integers, MetadataOnly};

const MAX_BYTES: u64 = 1 << 30;

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
    pub(super) fn new(file: String, bytes: Vec<u8>) -> Self {
        let sha256 = hex(&Sha256::digest(&bytes));
        Self { file, bytes, sha256 }
    }

    /// Writes the file into `dir`, which exists, and gives its path.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        let path = dir.join(&self.file);
        self.write_to(&path)?;
        Ok(path)
    }

    /// Writes it as another file, whole or not at all.
    pub fn write_to(&self, path: &Path) -> Result<(), WorkshopError> {
        write_whole(path, &self.bytes)
    }
}

/// Reads a model's file.
pub(super) fn read_model(path: &Path) -> Result<Vec<u8>, WorkshopError> {
    read_limited(path, MAX_BYTES).map_err(WorkshopError::read(path))
}

/// What a model says of itself: `None` where it has no metadata of ours, or none that can be read.
pub(super) fn metadata(bytes: &[u8]) -> Option<Metadata> {
    let props = MetadataOnly::decode(bytes).unwrap_or_default().metadata_props;
    let get = |key: &str| props.iter().find(|p| p.key == key).map(|p| p.value.clone());
    Metadata::from_props(get).unwrap_or_default()
}

/// A model file's size in bytes, its sha256 in hexadecimal, and what it says of itself: `None` where it has no metadata of
/// ours, or none that can be read.
pub fn read_metadata(path: &Path) -> Result<(u64, String, Option<Metadata>), WorkshopError> {
    let bytes = read_model(path)?;
    Ok((bytes.len() as u64, hex(&Sha256::digest(&bytes)), metadata(&bytes)))
}

/// What a model file says of its integer arithmetic; `None`: it is a float model, or none.
pub fn read_integers(path: &Path) -> Result<Option<Integers>, WorkshopError> {
    Ok(Integers::of(&read_model(path)?))
}
