//! A name that no file has yet.

use std::path::{Path, PathBuf};

/// `path` with an ending ("png"), and a number where that is there already: the first of `a.png`, `a-2.png`, … that is
/// free.
pub fn free_name(path: &Path, ending: &str) -> PathBuf {
    let name = path.as_os_str();
    let numbered = |number: u32| {
        let mut name = name.to_owned();
        name.push(if number == 1 { format!(".{ending}") } else { format!("-{number}.{ending}") });
        PathBuf::from(name)
    };
    // A link that leads nowhere is something, too.
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    (1..u32::MAX).map(numbered).find(is_free).unwrap_or_else(|| numbered(u32::MAX))
}
