//! Where it goes.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Makes a folder that was not there: the first of `stem`, `stem 2`, … In one step, so that no two runs share one.
pub fn new_folder(within: &Path, stem: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(within)?;
    let numbered = |number: u32| within.join(if number == 1 { stem.to_owned() } else { format!("{stem} {number}") });
    let made = (1..u32::MAX).map(numbered).find_map(|path| match std::fs::create_dir(&path) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => None,
        done => Some(done.map(|()| path)),
    });
    made.unwrap_or_else(|| Err(ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_or_a_file_that_is_there_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let within = dir.path().join("pictures");
        for name in ["harvest", "harvest 2", "harvest 4"] {
            assert_eq!(new_folder(&within, "harvest").unwrap(), within.join(name));
            std::fs::write(within.join("harvest 3"), "notes").unwrap();
        }
        assert!(new_folder(&within.join("harvest 3"), "harvest").is_err(), "a file holds no folder");
    }
}
