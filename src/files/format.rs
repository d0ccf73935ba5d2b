//! What kind of file something is, by its content.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::de::IgnoredAny;

/// A kind of file that the program writes, so that it replaces no other.
#[derive(Clone, Copy)]
pub struct FileFormat {
    /// As in "is not a CSV table of `compare`".
    pub name: &'static str,
    /// How many bytes, from the first, tell: of JSON all that a file of the kind may have.
    pub reads: u64,
    /// Whether a file that begins with these bytes is of the kind.
    pub is: fn(&[u8]) -> bool,
}

impl FileFormat {
    /// Of files that look like those of other programs: none is replaced but an empty one.
    pub const NEW: Self = Self { name: "empty", reads: 1, is: |_| false };

    /// Whether a file is of the kind, or empty.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(self.reads).read_to_end(&mut bytes));
        read.is_ok() && (bytes.is_empty() || (self.is)(&bytes))
    }
}

/// Whether the bytes are a JSON object with these keys.
pub fn has_keys(bytes: &[u8], keys: &[&str]) -> bool {
    let object: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_slice(bytes);
    object.is_ok_and(|object| keys.iter().all(|key| object.contains_key(*key)))
}
