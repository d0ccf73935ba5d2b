//! Why frames cannot be kept.

use crate::files::WriteError;

/// Each message says what is wrong with which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum HarvestError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot encode {file} as PNG: {cause}")]
    Encode { file: String, cause: png::EncodingError },
    #[error("cannot write the harvest as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
