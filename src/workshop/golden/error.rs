//! What can go wrong with golden packs, by cause.

use std::path::PathBuf;

use crate::files::{ReadError, WriteError};
use crate::integer::IntegerError;

/// Each message says what happened, to what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    #[error("{}: {cause}", path.display())]
    Integer { path: PathBuf, cause: IntegerError },
    #[error("{}: {why}", path.display())]
    Model { path: PathBuf, why: String },
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error(
        "{} is not a golden pack: {why}; write one with `twinsight golden IMAGE -o DIR`",
        path.display()
    )]
    NoPack { path: PathBuf, why: String },
    #[error("the golden pack {} is damaged: {why}; write it again with `twinsight golden`", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("the golden pack {} has no picture {name}; choose one with --picture: {known}", path.display())]
    NoPicture { path: PathBuf, name: String, known: String },
    #[error("the golden pack {} has {} pictures; choose one with --picture: {known}", path.display(), count)]
    ManyPictures { path: PathBuf, count: usize, known: String },
    #[error("--map names the tensor {tensor}, which the pack does not have; did you mean {near}?")]
    NoTensor { tensor: String, near: String },
    #[error("{}: no file there belongs to a tensor of the pack; name files as the pack does, or use --map TENSOR=FILE", path.display())]
    NothingFound { path: PathBuf },
    #[error("{0} has the name of no tensor of the pack; say which it is with --map TENSOR={0}", path.display())]
    UnknownFile { path: PathBuf },
    #[error(
        "{}: there is no dump of {tensors}; dump every raw head of the pack, as it is or before it is dequantized, and \
         name its file as the pack does", path.display()
    )]
    NoHeads { path: PathBuf, tensors: String },
    #[error(
        "{}: the boxes cannot be computed from {tensor}: {why}; dump it again (`twinsight golden check` tells more)",
        path.display()
    )]
    BadHead { path: PathBuf, tensor: String, why: String },
    #[error(
        "{}: there is no folder {picture}; the pack has several pictures, so put each one's dumps into a folder of its \
         name", path.display()
    )]
    NoFolder { path: PathBuf, picture: String },
    #[error(transparent)]
    Write(#[from] WriteError),
}
