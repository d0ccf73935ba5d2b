//! A folder of annotated pictures.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::annotate::{ANNOTATED_PNG, png};
use crate::detect::Frame;
use crate::files::{Outputs, WriteCause, WriteError};

/// Saves pictures as PNG, each under a name of its own.
pub struct AnnotatedFolder {
    dir: PathBuf,
    outputs: Outputs,
    used: HashSet<OsString>,
}

impl AnnotatedFolder {
    /// A folder that is made with the first picture. `outputs` knows what is read, which stays as it is. Nobody has to
    /// force anything here: where another file has the name, a number helps.
    pub fn new(dir: &Path, outputs: Outputs) -> Self {
        Self { dir: dir.to_owned(), outputs: outputs.without_force(), used: HashSet::new() }
    }

    /// Saves a frame under the name of `source`, ending in `.png`. It replaces no picture but one with boxes from an
    /// earlier run; where another has the name, it gets a number.
    pub fn save(&mut self, source: &Path, frame: &Frame) -> Result<(), WriteError> {
        let failed = |path: &Path, cause| WriteError { path: path.to_owned(), cause: WriteCause::Io(cause) };
        std::fs::create_dir_all(&self.dir).map_err(|cause| failed(&self.dir, cause))?;
        // In its own bytes, also where they are not UTF-8.
        let stem = source.file_stem().unwrap_or(OsStr::new("picture"));
        let named = |end: &str| {
            let mut name = stem.to_owned();
            name.push(end);
            name
        };
        let numbered = (2..).map(|n| named(&format!("-{n}.png")));
        let mut names = std::iter::once(named(".png")).chain(numbered);
        let file = loop {
            // The chain never ends.
            let name = names.next().unwrap_or_default();
            if self.used.insert(name.clone()) {
                match self.outputs.file(&self.dir.join(name), &ANNOTATED_PNG) {
                    Err(WriteError {
                        cause: WriteCause::Input | WriteCause::OtherKind(_) | WriteCause::Folder,
                        ..
                    }) => {}
                    file => break file?,
                }
            }
        };
        file.write(&png(frame).map_err(|cause| failed(file.path(), io::Error::other(cause)))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;

    fn names(dir: &Path) -> Vec<String> {
        let names = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn pictures_of_one_name_do_not_overwrite_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let into = dir.path().join("new/folder");
        // The second run replaces the pictures of the first.
        for _ in 0..2 {
            let mut folder = AnnotatedFolder::new(&into, Outputs::default());
            for source in ["a/bus.jpg", "b/bus.png", "c/dog.jpg"] {
                folder.save(Path::new(source), &Frame::new(Size::new(4, 4)).unwrap()).unwrap();
            }
            assert_eq!(names(&into), ["bus-2.png", "bus.png", "dog.png"]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_is_kept() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mut folder = AnnotatedFolder::new(dir.path(), Outputs::default());
        folder.save(Path::new(OsStr::from_bytes(b"a/\xff.jpg")), &Frame::new(Size::new(4, 4)).unwrap()).unwrap();
        assert!(dir.path().join(OsStr::from_bytes(b"\xff.png")).is_file());
    }

    #[test]
    fn other_pictures_are_not_replaced_whether_they_are_read_or_not() {
        let dir = tempfile::tempdir().unwrap();
        let [read, other] = ["bus.png", "dog.png"].map(|name| dir.path().join(name));
        for path in [&read, &other] {
            image::RgbImage::new(2, 2).save(path).unwrap();
        }
        let before = [&read, &other].map(|path| std::fs::read(path).unwrap());
        std::fs::create_dir(dir.path().join("dog-2.png")).unwrap();
        let mut folder = AnnotatedFolder::new(dir.path(), Outputs::new(true).reads([read.as_path()]));
        for source in [Path::new("a/bus.jpg"), &read, Path::new("a/dog.jpg")] {
            folder.save(source, &Frame::new(Size::new(4, 4)).unwrap()).unwrap();
        }
        assert_eq!([&read, &other].map(|path| std::fs::read(path).unwrap()), before);
        let all = ["bus-2.png", "bus-3.png", "bus.png", "dog-2.png", "dog-3.png", "dog.png"];
        assert_eq!(names(dir.path()), all);
    }
}
