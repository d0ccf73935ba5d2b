//! Reads files up to a limit.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// Why a file was not read. The message follows the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    #[error("it has {bytes} bytes, more than the limit of {limit}; is it the right file?")]
    TooLarge { bytes: u64, limit: u64 },
}

/// Reads a file of at most `limit` bytes. A larger one is refused before memory is taken for it; so are devices, which
/// have no end, and pipes whose other end nobody may ever open.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() && !is_of_a_shell(path, &about) {
        return Err(ReadError::NotAFile(kind(about.file_type())));
    }
    if about.len() > limit {
        return Err(ReadError::TooLarge { bytes: about.len(), limit });
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    // One byte more than the limit: a pipe does not tell its length, and a file may grow.
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > limit => Err(ReadError::TooLarge { bytes: length, limit }),
        _ => Ok(bytes),
    }
}

/// A pipe that a shell opened for this process, as in `--names <(sed … list)`.
fn is_of_a_shell(path: &Path, about: &Metadata) -> bool {
    kind(about.file_type()) == PIPE && ["/dev", "/proc"].iter().any(|system| path.starts_with(system))
}

const PIPE: &str = "a pipe";
pub(super) const SOCKET: &str = "a socket";

/// What it is that is not a file.
pub(super) fn kind(of: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if of.is_fifo() {
            return PIPE;
        }
        if of.is_socket() {
            return SOCKET;
        }
    }
    if of.is_dir() { "a folder" } else { "a device" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_no_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read_limited(&file, 5).unwrap(), b"12345");
        assert!(matches!(read_limited(&file, 4), Err(ReadError::TooLarge { bytes: 5, limit: 4 })));
        assert!(matches!(read_limited(dir.path(), 4), Err(ReadError::NotAFile("a folder"))));
        assert!(matches!(read_limited(&dir.path().join("b"), 4), Err(ReadError::Io(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_and_named_pipes_are_refused_and_pipes_of_a_shell_are_read() {
        use std::os::fd::AsRawFd as _;
        assert!(matches!(read_limited(Path::new("/dev/zero"), 4), Err(ReadError::NotAFile("a device"))));
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(read_limited(&pipe, 4), Err(ReadError::NotAFile(PIPE))));
        let (reader, mut writer) = io::pipe().unwrap();
        io::Write::write_all(&mut writer, b"names").unwrap();
        drop(writer);
        let shell = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(read_limited(Path::new(&shell), 9).unwrap(), b"names");
    }
}
