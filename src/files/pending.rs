//! A file that another program writes, whole or not at all.

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::output::{OutputFile, WriteError};

/// Lies beside its place until it is whole; removes itself otherwise.
#[derive(Debug)]
pub struct PendingFile {
    output: OutputFile,
    target: PathBuf,
    permissions: Option<Permissions>,
    part: TempPath,
}

impl PendingFile {
    /// Makes an empty file beside its place. A pipe or a device has none.
    pub fn create(output: OutputFile) -> Result<Self, WriteError> {
        let Some((target, permissions)) = output.place() else {
            return Err(output.failed(io::Error::other("it is a pipe or a device; name a file")));
        };
        let (target, permissions) = (target.to_owned(), permissions.cloned());
        let part = output.beside().map_err(|cause| output.failed(cause))?.into_temp_path();
        Ok(Self { output, target, permissions, part })
    }

    /// As the user named it.
    pub fn path(&self) -> &Path {
        self.output.path()
    }

    /// The file to write to; its folder is behind all links.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Puts it into its place. What was there stays until then.
    pub fn finish(self) -> Result<(), WriteError> {
        let Self { output, target, permissions, part } = self;
        let finish = move || -> io::Result<()> {
            OpenOptions::new().append(true).open(&part)?.sync_all()?;
            if let Some(permissions) = permissions {
                std::fs::set_permissions(&part, permissions)?;
            }
            part.persist(target)?;
            Ok(())
        };
        finish().map_err(|cause| output.failed(cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileFormat, Outputs};

    const ANY: FileFormat = FileFormat { name: "a test", reads: 1, is: |_| true };

    #[test]
    fn what_was_there_stays_until_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "older").unwrap();
        for (is_whole, expected) in [(false, "older"), (true, "newer")] {
            let file = PendingFile::create(Outputs::default().file(&path, &ANY).unwrap()).unwrap();
            std::fs::write(file.part(), "newer").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "older");
            if is_whole {
                file.finish().unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }
}
