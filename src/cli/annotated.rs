//! A folder of annotated pictures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::annotate;
use crate::detect::{Classes, Detection, Frame};

/// Saves pictures as PNG, each under a name of its own.
pub struct Folder {
    dir: PathBuf,
    used: HashSet<String>,
}

/// Why a picture was not saved.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot make the folder {}: {cause}", dir.display())]
    Create { dir: PathBuf, cause: std::io::Error },
    #[error("cannot save {}: {cause}", path.display())]
    Save { path: PathBuf, cause: image::ImageError },
}

impl Folder {
    /// Makes the folder where it is missing.
    pub fn create(dir: &Path) -> Result<Self, FolderError> {
        std::fs::create_dir_all(dir).map_err(|cause| FolderError::Create { dir: dir.to_owned(), cause })?;
        Ok(Self { dir: dir.to_owned(), used: HashSet::new() })
    }

    /// Paints the boxes on the frame and saves it under the name of `source`, ending in `.png`.
    pub fn save(
        &mut self,
        source: &Path,
        mut frame: Frame,
        detections: &[Detection],
        classes: &Classes,
    ) -> Result<(), FolderError> {
        annotate::paint(&mut frame, detections, classes);
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
            if self.used.insert(name.clone()) {
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
        let mut folder = Folder::create(&dir.path().join("new/folder")).unwrap();
        for source in ["a/bus.jpg", "b/bus.png", "c/dog.jpg"] {
            let frame = Frame::new(Size::new(4, 4)).unwrap();
            folder.save(Path::new(source), frame, &[], &Classes::coco()).unwrap();
        }
        let mut names: Vec<_> = std::fs::read_dir(dir.path().join("new/folder"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["bus-2.png", "bus.png", "dog.png"]);
    }
}
