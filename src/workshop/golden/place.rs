//! Which pack a path names.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::manifest::{FORMAT, MANIFEST};
use super::pack::read_manifest;

/// How far into a manifest its first field is looked for, in bytes.
const START: u64 = 1024;

/// A pack, and one of its pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackPlace {
    pub dir: PathBuf,
    /// `None`: its first one.
    pub picture: Option<String>,
}

impl PackPlace {
    /// Of a pack's folder, its manifest, or the folder of one of its pictures; `None`: the path names none of these.
    /// Whether the pack is whole is told when it is opened.
    pub fn of(path: &Path) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
        if !path.is_dir() {
            let dir = path.parent().filter(|dir| is_manifest && is_pack(dir))?;
            return Some(Self { dir: dir.to_owned(), picture: None });
        }
        if is_pack(&path) {
            return Some(Self { dir: path, picture: None });
        }
        let dir = path.parent().filter(|dir| is_pack(dir))?;
        let name = path.file_name()?.to_str()?;
        let is_picture = read_manifest(dir).ok()?.pictures.iter().any(|picture| picture.name == name);
        is_picture.then(|| Self { dir: dir.to_owned(), picture: Some(name.to_owned()) })
    }

    /// The path that names it.
    pub fn path(&self) -> PathBuf {
        self.picture.as_ref().map_or_else(|| self.dir.clone(), |name| self.dir.join(name))
    }
}

/// Whether a folder's manifest begins as that of a pack.
fn is_pack(dir: &Path) -> bool {
    let path = dir.join(MANIFEST);
    // Asked before it is opened, because opening a pipe waits for its writer.
    if !path.is_file() {
        return false;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.is_ok() && start.windows(FORMAT.len()).any(|part| part == FORMAT.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_known_by_its_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(path("pack/constants")).unwrap();
        std::fs::create_dir_all(path("other")).unwrap();
        std::fs::write(path("pack/manifest.json"), format!("{{\"format\": \"{FORMAT}\", \"version\": 9}}")).unwrap();
        std::fs::write(path("other/manifest.json"), "{\"name\": \"an extension\"}").unwrap();
        // Too new to be read: that is told when it is opened.
        let place = PackPlace { dir: path("pack"), picture: None };
        for name in ["pack", "pack/manifest.json"] {
            assert_eq!(PackPlace::of(&path(name)), Some(place.clone()), "{name}");
        }
        for name in ["other", "other/manifest.json", "pack/constants", "pack/gone", "gone/manifest.json", "."] {
            assert_eq!(PackPlace::of(&path(name)), None, "{name}");
        }
        assert_eq!(place.path(), path("pack"));
    }
}
