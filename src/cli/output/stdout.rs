//! Standard output, whose reader may leave at any time, as `head` does; and standard error.

use std::error::Error;
use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use super::escape::{on_a_line, visible};

/// Why nothing more can be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(#[from] std::io::Error);

/// Prints one line, or several at once. In one write: a reader at the other end of a pipe never sees half of it.
pub fn line(text: Arguments<'_>) -> Result<(), OutputError> {
    let text = format!("{text}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(visible(&text).as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a file that the program made, as it is.
pub fn file(bytes: &[u8]) -> Result<(), OutputError> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Tells a message on standard error, on one line. That it cannot be told, nobody can be told.
pub fn message(text: Arguments<'_>) {
    let text = text.to_string();
    let line = format!("twinsight: {}\n", on_a_line(text.trim_end()));
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
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

/// As `eprintln!`, for a message: see [`message`].
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::output::stdout::message(format_args!($($text)*)) };
}
pub(crate) use tell;
