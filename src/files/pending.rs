//! A file that another program writes, whole or not at all.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::free::free_name;
use super::output::{OutputFile, WriteError};
use super::rename::rename_new;

/// Lies beside its place until it is whole; removes itself otherwise.
#[derive(Debug)]
pub struct PendingFile {
    output: OutputFile,
    target: PathBuf,
    /// `None` = nothing was there.
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

    /// Puts it into its place, and gives that. What was there stays until then. Another program may take long: what came
    /// there meanwhile was never checked and stays, and this gets the next free name.
    pub fn finish(self) -> Result<PathBuf, WriteError> {
        let Self { output, target, permissions, part } = self;
        let finish = || -> io::Result<PathBuf> {
            OpenOptions::new().append(true).open(&part)?.sync_all()?;
            if let Some(permissions) = permissions {
                std::fs::set_permissions(&part, permissions)?;
                part.persist(target)?;
                return Ok(output.path().to_owned());
            }
            match rename_new(&part, &target) {
                Ok(()) => Ok(output.path().to_owned()),
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => to_free_name(&part, &target),
                Err(cause) => Err(cause),
            }
        };
        finish().map_err(|cause| output.failed(cause))
    }
}

/// Gives a file the first free name like one that is taken, and gives that.
fn to_free_name(part: &Path, taken: &Path) -> io::Result<PathBuf> {
    let ending = taken.extension().unwrap_or_default().to_string_lossy();
    loop {
        let free = free_name(&taken.with_extension(""), &ending);
        match rename_new(part, &free) {
            Ok(()) => return Ok(free),
            // Somebody was faster.
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
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
            } else {
                drop(file);
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_came_there_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("v1.2.mp4");
        let pending = |text: &str| {
            let file = PendingFile::create(Outputs::default().file(&path, &ANY).unwrap()).unwrap();
            std::fs::write(file.part(), text).unwrap();
            file
        };
        let all = ["first", "second", "third"].map(pending);
        let places = all.map(|file| file.finish().unwrap());
        let names = places.each_ref().map(|place| place.file_name().unwrap().to_str().unwrap());
        assert_eq!(names, ["v1.2.mp4", "v1.2-2.mp4", "v1.2-3.mp4"]);
        assert_eq!(places.map(|place| std::fs::read_to_string(place).unwrap()), ["first", "second", "third"]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}
