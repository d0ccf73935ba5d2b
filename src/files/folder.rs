//! A folder that is written whole or not at all.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::output::{WriteCause, WriteError};

/// A kind of folder that the program writes, so that it replaces no other.
#[derive(Clone, Copy)]
pub struct FolderFormat {
    /// As in "holds other files than those of a golden pack".
    pub name: &'static str,
    /// The files of such a folder, relative to it; `None`: it is not of the kind.
    pub files: fn(&Path) -> Option<Vec<PathBuf>>,
}

/// A folder that may be written: [`Outputs`](super::Outputs) has checked it.
pub struct OutputFolder {
    named: PathBuf,
    /// Behind all links.
    target: PathBuf,
    format: FolderFormat,
    /// Beside its place, until it is whole; removes itself.
    part: Option<TempDir>,
}

/// How deep folders of the program go.
const MAX_DEPTH: usize = 4;

impl OutputFolder {
    pub(super) fn at(named: &Path, target: PathBuf, format: FolderFormat) -> Result<Self, WriteError> {
        let folder = Self { named: named.to_owned(), target, format, part: None };
        folder.check().map_err(|cause| folder.failed(cause))?;
        // Whether something can be made beside it; it is gone at once.
        folder.beside().map_err(|cause| folder.failed(WriteCause::Io(cause)))?;
        Ok(folder)
    }

    /// As the user named it.
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// Writes one file of it; `file` is relative to the folder. Nobody sees it there before [`OutputFolder::finish`].
    pub fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let mut write = || {
            if self.part.is_none() {
                self.part = Some(self.beside()?);
            }
            let path = self.part.as_ref().ok_or(io::ErrorKind::NotFound)?.path().join(file);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, bytes)
        };
        write().map_err(|cause| self.failed(WriteCause::Io(cause)))
    }

    /// Puts the folder into its place. What was there, an older folder of the kind, is gone after that and not before.
    pub fn finish(mut self) -> Result<(), WriteError> {
        // Some time has passed since.
        self.check().map_err(|cause| self.failed(cause))?;
        let Some(part) = self.part.take() else { return Ok(()) };
        let replace = || -> io::Result<()> {
            if !self.target.is_dir() {
                return std::fs::rename(part.path(), &self.target);
            }
            // The older one is removed with the folder that it is moved to.
            let beside = self.beside()?;
            let older = beside.path().join("older");
            std::fs::rename(&self.target, &older)?;
            let done = std::fs::rename(part.path(), &self.target);
            if let Err(cause) = &done
                && std::fs::rename(&older, &self.target).is_err()
            {
                // It stays where it is.
                let _ = beside.keep();
                return Err(io::Error::other(format!("{cause}; what was there is now {}", older.display())));
            }
            done
        };
        replace().map_err(|cause| self.failed(WriteCause::Io(cause)))
    }

    /// Whether it is new, empty, or of the kind with nothing else in it.
    fn check(&self) -> Result<(), WriteCause> {
        let about = match std::fs::metadata(&self.target) {
            Ok(about) => about,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(WriteCause::Io(cause)),
        };
        if !about.is_dir() {
            return Err(WriteCause::File);
        }
        let mut found = Vec::new();
        list(&self.target, Path::new(""), MAX_DEPTH, &mut found).map_err(WriteCause::Io)?;
        if found.is_empty() {
            return Ok(());
        }
        let ours: HashSet<PathBuf> = (self.format.files)(&self.target).unwrap_or_default().into_iter().collect();
        if found.iter().all(|file| ours.contains(file)) {
            Ok(())
        } else {
            Err(WriteCause::OtherFiles(self.format.name))
        }
    }

    fn beside(&self) -> io::Result<TempDir> {
        let mut new = tempfile::Builder::new();
        new.prefix(".twinsight-").suffix(".part");
        // As any new folder; the system takes its mask off.
        #[cfg(unix)]
        new.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        new.tempdir_in(self.target.parent().unwrap_or(Path::new("/")))
    }

    fn failed(&self, cause: WriteCause) -> WriteError {
        WriteError { path: self.named.clone(), cause }
    }
}

/// All that is not a folder, by its path below `base`. What lies too deep counts as a file.
fn list(base: &Path, below: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(base.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() && depth > 0 {
            list(base, &path, depth - 1, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Outputs;

    const KIND: FolderFormat = FolderFormat {
        name: "a test",
        files: |dir| dir.join("list").exists().then(|| ["list", "in/a"].map(PathBuf::from).to_vec()),
    };

    fn write(path: &Path) -> Result<(), WriteError> {
        let mut folder = Outputs::default().folder(path, &KIND)?;
        folder.write("list", b"new")?;
        folder.write("in/a", b"new")?;
        folder.finish()
    }

    #[test]
    fn only_new_empty_and_own_folders_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack");
        for round in 0..3 {
            write(&path).unwrap();
            assert_eq!(std::fs::read(path.join("in/a")).unwrap(), b"new");
            std::fs::write(path.join("in/a"), "old").unwrap();
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "{round}");
        }
        std::fs::write(path.join("in/notes"), "mine").unwrap();
        assert!(matches!(write(&path).unwrap_err().cause, WriteCause::OtherFiles("a test")));
        assert_eq!(std::fs::read(path.join("in/a")).unwrap(), b"old");
        std::fs::create_dir(dir.path().join("empty")).unwrap();
        write(&dir.path().join("empty")).unwrap();
        assert!(matches!(write(&path.join("list")).unwrap_err().cause, WriteCause::File));
        let reads = Outputs::default().reads([path.join("in/a").as_path()]).folder(&path, &KIND);
        assert!(matches!(reads.err().unwrap().cause, WriteCause::Input));
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Outputs::default().folder(&dir.path().join("pack"), &KIND).unwrap();
        folder.write("list", b"half").unwrap();
        drop(folder);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
