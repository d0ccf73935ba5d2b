//! Pictures as they were named, and where they are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A picture as it was given, and where it is.
pub(super) struct GivenPicture {
    pub given: PathBuf,
    /// Its folder behind all links, and its own name, which labels go by.
    pub whole: PathBuf,
}

impl GivenPicture {
    pub fn new(given: &Path) -> Self {
        let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        whole.extend(given.file_name());
        Self { given: given.to_owned(), whole }
    }

    pub fn folder(&self) -> &Path {
        self.whole.parent().unwrap_or(Path::new("."))
    }

    pub fn stem(&self) -> &OsStr {
        self.whole.file_stem().unwrap_or_default()
    }
}
