//! A file that is written whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::read::{SOCKET, kind};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", path.display())]
pub struct WriteError {
    /// As the user named it.
    pub path: PathBuf,
    pub cause: WriteCause,
}

/// The message follows the file's name.
#[derive(Debug, thiserror::Error)]
pub enum WriteCause {
    #[error("this command reads it; choose another file")]
    Input,
    #[error("another output goes to the same file; choose another file")]
    Twice,
    #[error("it exists and is not {0}; choose another file, or replace it with --force")]
    OtherKind(&'static str),
    #[error("it is a folder; add a file name")]
    Folder,
    #[error("it is a file; name a folder")]
    File,
    #[error("it holds other files than those of {0}; choose a new or an empty folder")]
    OtherFiles(&'static str),
    #[error("the folder is not empty; choose a new one")]
    NotEmpty,
    #[error("it is write-protected")]
    Protected,
    #[error("there is no folder {}; create it first", .0.display())]
    NoFolder(PathBuf),
    #[error(transparent)]
    Io(io::Error),
}

impl WriteCause {
    pub(super) fn missing_folder(path: &Path, cause: io::Error) -> Self {
        match path.parent() {
            Some(folder) if cause.kind() == io::ErrorKind::NotFound => Self::NoFolder(folder.to_owned()),
            _ => Self::Io(cause),
        }
    }
}

/// A file that may be written: [`Outputs`](super::Outputs) has checked it.
#[derive(Debug)]
pub struct OutputFile {
    named: PathBuf,
    /// Behind all links.
    target: PathBuf,
    to: Destination,
}

#[derive(Debug)]
enum Destination {
    /// Nothing is there yet.
    New,
    /// A file with these permissions, which stay.
    File(Permissions),
    /// A pipe or a device, as `/dev/null`: it is written to, and stays what it is.
    Stream,
}

impl OutputFile {
    /// A pipe or a device, or what the shell has opened for this process; `None` where it is neither.
    pub(super) fn stream(named: &Path) -> Result<Option<Self>, WriteError> {
        let Ok(about) = std::fs::metadata(named) else { return Ok(None) };
        if kind(about.file_type()) == SOCKET {
            let cause = WriteCause::Io(io::Error::other(format!("it is {SOCKET}")));
            return Err(WriteError { path: named.to_owned(), cause });
        }
        let is_stream = !(about.is_file() || about.is_dir()) || is_opened(named);
        Ok(is_stream.then(|| Self { named: named.to_owned(), target: named.to_owned(), to: Destination::Stream }))
    }

    pub(super) fn at(named: &Path, target: PathBuf) -> Result<Self, WriteError> {
        let failed = |cause| WriteError { path: named.to_owned(), cause };
        let to = match std::fs::metadata(&target) {
            Ok(about) if about.is_dir() => return Err(failed(WriteCause::Folder)),
            // It would be replaced all the same: only its folder must be writable for that.
            Ok(about) if about.permissions().readonly() => return Err(failed(WriteCause::Protected)),
            Ok(about) => Destination::File(about.permissions()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Destination::New,
            Err(cause) => return Err(failed(WriteCause::Io(cause))),
        };
        Ok(Self { named: named.to_owned(), target, to })
    }

    /// As the user named it.
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// Whether a file can be made in its folder.
    pub(super) fn check(&self) -> Result<(), WriteError> {
        self.beside().map(drop).map_err(|cause| self.failed(cause))
    }

    /// Writes it: beside its place, then renamed, so that nobody ever sees half of it, and what was there stays until
    /// all is written.
    pub fn write(&self, bytes: &[u8]) -> Result<(), WriteError> {
        let write = || {
            if matches!(self.to, Destination::Stream) {
                return self.open_stream()?.write_all(bytes);
            }
            let mut file = self.beside()?;
            file.write_all(bytes)?;
            if let Destination::File(permissions) = &self.to {
                file.as_file().set_permissions(permissions.clone())?;
            }
            file.as_file().sync_all()?;
            file.persist(&self.target)?;
            Ok(())
        };
        write().map_err(|cause| self.failed(cause))
    }

    /// Where it goes, and the permissions that stay; `None` = it is a pipe or a device.
    pub(super) fn place(&self) -> Option<(&Path, Option<&Permissions>)> {
        match &self.to {
            Destination::New => Some((&self.target, None)),
            Destination::File(permissions) => Some((&self.target, Some(permissions))),
            Destination::Stream => None,
        }
    }

    /// The pipe or the device, to be written to.
    pub(super) fn open_stream(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(&self.target)
    }

    /// A file of its own in the same folder, which removes itself.
    pub(super) fn beside(&self) -> io::Result<NamedTempFile> {
        let mut new = tempfile::Builder::new();
        new.prefix(".twinsight-").suffix(".part");
        // As any new file, and not only for the user's own eyes; the system takes its mask off.
        #[cfg(unix)]
        new.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The target is no folder, so that it lies in one.
        new.tempfile_in(self.target.parent().unwrap_or(Path::new("/"))).map_err(without_path)
    }

    pub(super) fn failed(&self, cause: io::Error) -> WriteError {
        WriteError { path: self.named.clone(), cause: WriteCause::Io(cause) }
    }
}

/// Whether a name stands for what a shell has opened, as `/dev/stdout` does. Other names below `/proc` and `/dev` lead to
/// files like any others: `/proc/self/cwd/notes.txt`.
fn is_opened(named: &Path) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = named.iter().map(|part| part.to_str().unwrap_or_default()).collect();
    match parts.as_slice() {
        ["/", "dev", "stdout" | "stderr"] => true,
        ["/", "dev", "fd", number] => is_number(number),
        ["/", "proc", process, "fd", number] => (*process == "self" || is_number(process)) && is_number(number),
        _ => false,
    }
}

/// The cause alone: the name of the file beside says nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|outer| outer.source()) {
        Some(cause) => io::Error::new(error.kind(), cause.to_string()),
        None => error,
    }
}
