//! A folder of annotated pictures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::detect::Frame;

/// Saves pictures as PNG, each under a name of its own.
pub struct AnnotatedFolder {
    dir: PathBuf,
    used: HashSet<String>,
    /// Pictures that are read, which no annotated picture may replace.
    kept: HashSet<PathBuf>,
}

/// Why a picture was not saved.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot make the folder {}: {cause}", dir.display())]
    Create { dir: PathBuf, cause: std::io::Error },
    #[error("cannot save {}: {cause}", path.display())]
    Save { path: PathBuf, cause: image::ImageError },
}

impl AnnotatedFolder {
    /// Makes the folder where it is missing. `sources`: files that stay as they are, should they lie in it.
    pub fn create(dir: &Path, sources: &[PathBuf]) -> Result<Self, FolderError> {
        std::fs::create_dir_all(dir).map_err(|cause| FolderError::Create { dir: dir.to_owned(), cause })?;
        let kept = sources.iter().filter_map(|s| s.canonicalize().ok()).collect();
        Ok(Self { dir: dir.to_owned(), used: HashSet::new(), kept })
    }

    /// Saves a frame under the name of `source`, ending in `.png`.
    pub fn save(&mut self, source: &Path, frame: &Frame) -> Result<(), FolderError> {
        let name = self.name(source);
        let path = self.dir.join(name);
        image::save_buffer(&path, frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
            .map_err(|cause| FolderError::Save { path, cause })
    }

    /// Two pictures of one name from different folders get different files.
    fn name(&mut self, source: &Path) -> String {
        let stem = source.file_stem().map_or_else(|| "picture".into(), |s| s.to_string_lossy().into_owned());
        let numbered = (2..).map(|n| format!("{stem}-{n}.png"));
        let mut names = std::iter::once(format!("{stem}.png")).chain(numbered);
        loop {
            // The chain never ends.
            let name = names.next().unwrap_or_default();
            let kept = self.dir.join(&name).canonicalize().is_ok_and(|path| self.kept.contains(&path));
            if !kept && self.used.insert(name.clone()) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;

    #[test]
    fn pictures_of_one_name_do_not_overwrite_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = AnnotatedFolder::create(&dir.path().join("new/folder"), &[]).unwrap();
        for source in ["a/bus.jpg", "b/bus.png", "c/dog.jpg"] {
            let frame = Frame::new(Size::new(4, 4)).unwrap();
            folder.save(Path::new(source), &frame).unwrap();
        }
        let mut names: Vec<_> = std::fs::read_dir(dir.path().join("new/folder"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["bus-2.png", "bus.png", "dog.png"]);
    }

    #[test]
    fn pictures_that_are_read_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let original = dir.path().join("bus.png");
        std::fs::write(&original, "the original").unwrap();
        let mut folder = AnnotatedFolder::create(dir.path(), &["a/bus.jpg".into(), original.clone()]).unwrap();
        for source in [Path::new("a/bus.jpg"), &original] {
            folder.save(source, &Frame::new(Size::new(4, 4)).unwrap()).unwrap();
        }
        assert_eq!(std::fs::read(&original).unwrap(), b"the original");
        assert!(dir.path().join("bus-2.png").is_file() && dir.path().join("bus-3.png").is_file());
    }
}
