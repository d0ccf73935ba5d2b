//! A file that only grows, and knows its length.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the container's writer writes to. It never goes back: a pipe will do.
pub struct AppendedFile {
    file: File,
    length: Arc<AtomicU64>,
}

impl AppendedFile {
    /// A file that is empty. The other value is its length from then on.
    pub fn new(file: File) -> (Self, Arc<AtomicU64>) {
        let length = Arc::<AtomicU64>::default();
        (Self { file, length: Arc::clone(&length) }, length)
    }
}

impl Write for AppendedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for AppendedFile {
    /// Only asks where it is, which is its end.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) | SeekFrom::End(0) => Ok(self.length.load(Ordering::Relaxed)),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
