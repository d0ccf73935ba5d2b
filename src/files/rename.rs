//! Another name for a file.

use std::io::{self, ErrorKind};
use std::path::Path;

/// Gives a file another name on the same disk. Fails with [`ErrorKind::AlreadyExists`] where that name is taken: nothing
/// is replaced.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from).inspect_err(|_| {
            // It keeps the name that it had.
            let _ = std::fs::remove_file(to);
        }),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Err(cause),
        Err(_) if to.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        // A disk whose files have one name each.
        Err(_) => std::fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| dir.path().join(name));
        std::fs::write(&a, "a").unwrap();
        std::fs::write(&b, "b").unwrap();
        assert_eq!(rename_new(&a, &b).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap()), (b"a".into(), b"b".into()));
        rename_new(&a, &c).unwrap();
        assert!(!a.exists() && std::fs::read(&c).unwrap() == b"a");
        assert!(rename_new(&a, &dir.path().join("d")).is_err(), "there is no such file");
    }
}
