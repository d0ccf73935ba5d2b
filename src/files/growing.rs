//! A file that grows while a command runs: what was written stays, whatever ends the command.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::output::{OutputFile, WriteError};

/// Is at its place from the start.
#[derive(Debug)]
pub struct GrowingFile {
    output: OutputFile,
    file: File,
}

impl GrowingFile {
    /// Puts an empty file into the place of what was there when `output` was checked, in one step. What has come there
    /// since stays, and it fails. A pipe or a device is opened.
    pub fn create(output: OutputFile) -> Result<Self, WriteError> {
        let create = || -> io::Result<File> {
            let Some((target, permissions)) = output.place() else { return output.open_stream() };
            let file = output.beside()?;
            let Some(permissions) = permissions else { return persist_new(file, target) };
            file.as_file().set_permissions(permissions.clone())?;
            Ok(file.persist(target)?)
        };
        let file = create().map_err(|cause| output.failed(cause))?;
        Ok(Self { output, file })
    }

    /// As the user named it.
    pub fn path(&self) -> &Path {
        self.output.path()
    }

    /// The file itself, which is empty, for a writer of its own.
    pub fn into_file(self) -> File {
        self.file
    }

    /// Adds to its end, in one write where the system can.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(bytes).map_err(|cause| self.output.failed(cause))
    }
}

/// Gives it its name, unless something has that name by now: a camera may take its time between the check and the first
/// frame, and two windows may start in the same second.
fn persist_new(file: NamedTempFile, target: &Path) -> io::Result<File> {
    match file.persist_noclobber(target) {
        // A disk whose files have one name each, and whose driver cannot rename without replacing.
        Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists && target.symlink_metadata().is_err() => {
            Ok(failed.file.persist(target)?)
        }
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => {
            Err(io::Error::new(ErrorKind::AlreadyExists, "another program made it meanwhile; choose another file"))
        }
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileFormat, Outputs};

    const ANY: FileFormat = FileFormat { name: "a test", reads: 1, is: |_| true };

    #[test]
    fn what_was_written_is_there_at_once_and_what_was_there_before_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "older and longer").unwrap();
        let mut file = GrowingFile::create(Outputs::default().file(&path, &ANY).unwrap()).unwrap();
        for (part, whole) in [("one", "one"), ("two", "onetwo")] {
            file.append(part.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(file.path()).unwrap(), whole);
        }
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "onetwo");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_came_after_the_check_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let output = Outputs::default().file(&path, &ANY).unwrap();
        std::fs::write(&path, "another program's").unwrap();
        let error = GrowingFile::create(output).unwrap_err().to_string();
        let expected = format!("{}: another program made it meanwhile; choose another file", path.display());
        assert!(error.ends_with(&expected), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "another program's");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }
}
