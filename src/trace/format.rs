//! Trace files among others.

use crate::files::FileFormat;

/// How each begins.
pub(super) const BEGINNING: &str = "[\n{\"name\":\"process_name\",\"ph\":\"M\",";

/// The name of the process in it.
pub(super) const PROCESS: &str = "\"name\":\"Twinsight\"";

/// A trace that the program wrote.
pub const TRACE: FileFormat = FileFormat { name: "a trace that Twinsight wrote", reads: 256, is: is_ours };

fn is_ours(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGINNING.as_bytes()) && bytes.windows(PROCESS.len()).any(|window| window == PROCESS.as_bytes())
}
