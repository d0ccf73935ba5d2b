//! Standard output, whose reader may leave at any time, as `head` does.

use std::error::Error;
use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Why nothing more can be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(#[from] std::io::Error);

/// Prints one line, or several at once. In one write: a reader at the other end of a pipe never sees half of it.
pub fn line(text: Arguments<'_>) -> Result<(), OutputError> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{text}\n").as_bytes())?;
    Ok(out.flush()?)
}

/// The exit code when the reader has left: as of a program that SIGPIPE ends, which 0 would pass off as all done.
pub const READER_LEFT: u8 = 128 + 13;

/// Whether a command ended only because nobody reads its output any more. There is nothing to tell then.
pub fn reader_left(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<OutputError>().is_some_and(|e| e.0.kind() == ErrorKind::BrokenPipe)
}

/// As `println!`, which panics when the reader has left; this gives an [`OutputError`].
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::output::stdout::line(format_args!($($text)*)) };
}
pub(crate) use out;
