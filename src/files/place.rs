//! Where a file is, whatever it is called.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// The most links from a name to its file, as on Linux.
const MAX_LINKS: usize = 40;

/// A file's place behind all links; two names of one file have the same.
pub struct Place {
    /// Absolute; the last part need not exist.
    pub path: PathBuf,
    /// Device and inode: a file may have several names without any link.
    id: Option<(u64, u64)>,
}

impl Place {
    /// Follows links, also one whose target does not exist yet. The folder must exist.
    pub fn of(path: &Path) -> io::Result<Self> {
        if let Ok(path) = path.canonicalize() {
            let id = std::fs::metadata(&path).ok().and_then(|about| id(&about));
            return Ok(Self { path, id });
        }
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.canonicalize()?,
                _ => Path::new(".").canonicalize()?,
            };
            match std::fs::read_link(&path) {
                Ok(target) => path = folder.join(target),
                Err(_) => {
                    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
                    return Ok(Self { path: folder.join(name), id: None });
                }
            }
        }
        Err(io::Error::other("too many links"))
    }
}

/// Files, as many as a folder may have, to be asked whether another is one of them.
#[derive(Default)]
pub struct Places {
    paths: HashSet<PathBuf>,
    ids: HashSet<(u64, u64)>,
}

impl Places {
    pub fn insert(&mut self, place: Place) {
        self.ids.extend(place.id);
        self.paths.insert(place.path);
    }

    /// Whether it is one of them, under whatever name.
    pub fn contains(&self, place: &Place) -> bool {
        self.paths.contains(&place.path) || place.id.is_some_and(|id| self.ids.contains(&id))
    }

    /// Whether one of them lies in this folder or below.
    pub fn is_any_in(&self, folder: &Place) -> bool {
        self.paths.iter().any(|path| path.starts_with(&folder.path))
    }
}

#[cfg(unix)]
fn id(about: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<(u64, u64)> {
    None
}
