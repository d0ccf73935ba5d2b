//! A folder for what is on its way.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A folder that one process has at a time. It is empty at first, and removed at the end.
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
    /// Beside the folder; it stays, so that all processes lock the same one.
    _lock: File,
}

impl ScratchFolder {
    /// Makes the folder `path`, in one that exists; what an interrupted process left there is removed. Fails with
    /// [`io::ErrorKind::ResourceBusy`] while another process has it.
    pub fn new(path: &Path) -> io::Result<Self> {
        let lock = OpenOptions::new().append(true).create(true).open(path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        match std::fs::remove_dir_all(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => std::fs::create_dir(path)?,
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What stays is removed by the next process.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_it_and_finds_it_empty() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".scratch");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("left"), "by an interrupted process").unwrap();
        let first = ScratchFolder::new(&path).unwrap();
        assert_eq!(std::fs::read_dir(first.path()).unwrap().count(), 0);
        assert_eq!(ScratchFolder::new(&path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        std::fs::write(path.join("wheel"), "here").unwrap();
        drop(first);
        assert!(!path.exists());
        ScratchFolder::new(&path).unwrap();
    }
}
