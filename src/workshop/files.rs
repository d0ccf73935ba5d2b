//! Reads files up to a limit, and writes files whole or not at all.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{ReadError, WorkshopError};

/// Reads a file of at most `limit` bytes. A larger one is refused before memory is taken for it.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::other("it is not a file").into());
    }
    if about.len() > limit {
        return Err(ReadError::TooLarge { bytes: about.len(), limit });
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    // One byte more than the limit: a pipe does not tell its length.
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > limit => Err(ReadError::TooLarge { bytes: length, limit }),
        _ => Ok(bytes),
    }
}

/// A file's bytes without the byte order mark that editors on Windows write before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Writes a file beside its place and renames it, so that nobody ever sees half of it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WorkshopError> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|cause| {
        // What was written is of no use; that it cannot be removed says nothing new.
        let _ = std::fs::remove_file(&part);
        WorkshopError::Write { path: path.to_owned(), cause }
    })
}
