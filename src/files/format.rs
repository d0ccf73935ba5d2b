//! What kind of file something is, by its content.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;

use super::read::read_limited;

/// A kind of file that the program writes, so that it replaces no other.
#[derive(Clone, Copy)]
pub struct FileFormat {
    /// As in "is not a CSV table of `compare`".
    pub name: &'static str,
    /// The most bytes that a file of the kind has.
    pub limit: u64,
    /// Whether a file's bytes are of the kind.
    pub is: fn(&[u8]) -> bool,
}

impl FileFormat {
    /// Whether a file is of the kind, or empty.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        read_limited(path, self.limit).is_ok_and(|bytes| bytes.is_empty() || (self.is)(&bytes))
    }
}

/// Whether the bytes are a JSON object with these keys.
pub fn has_keys(bytes: &[u8], keys: &[&str]) -> bool {
    let object: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_slice(bytes);
    object.is_ok_and(|object| keys.iter().all(|key| object.contains_key(*key)))
}
