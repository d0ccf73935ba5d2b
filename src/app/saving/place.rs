//! Where it goes.

use std::path::{Path, PathBuf};

/// A folder that is not there yet: the first of `stem`, `stem 2`, …
pub fn free_folder(within: &Path, stem: &str) -> PathBuf {
    let numbered = |number: u32| within.join(if number == 1 { stem.to_owned() } else { format!("{stem} {number}") });
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    (1..u32::MAX).map(numbered).find(is_free).unwrap_or_else(|| numbered(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["harvest", "harvest 2", "harvest 3"] {
            let free = free_folder(dir.path(), "harvest");
            assert_eq!(free, dir.path().join(name));
            std::fs::create_dir(free).unwrap();
        }
    }
}
