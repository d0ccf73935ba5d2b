//! A folder for files that come one by one.

use std::path::Path;

use super::output::{WriteCause, WriteError};

/// Makes a folder, which must be new or empty.
pub fn empty_folder(dir: &Path) -> Result<(), WriteError> {
    let failed = |cause| WriteError { path: dir.to_owned(), cause };
    let io = |cause| failed(WriteCause::Io(cause));
    std::fs::create_dir_all(dir).map_err(io)?;
    match std::fs::read_dir(dir).map_err(io)?.next() {
        None => Ok(()),
        Some(_) => Err(failed(WriteCause::NotEmpty)),
    }
}
