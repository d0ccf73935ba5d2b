//! Annotations where they usually are: beside the pictures.

use std::path::{Path, PathBuf};

use super::names::is_list;

/// Of the pictures in a folder: a COCO file in it, or beside it where it is called `images`; or label files in it, or in the
/// folder `labels` or `Annotations` that stands beside it or parallel to it (`images/val` and `labels/val`). `None` = there
/// are none.
pub fn find_annotations(images: &Path) -> Option<PathBuf> {
    let json = ["annotations.json", "_annotations.coco.json", "instances.json"];
    // So that "." has a name too.
    let whole = images.canonicalize().unwrap_or_else(|_| images.to_owned());
    let beside = whole.parent().filter(|_| whole.file_name().is_some_and(|name| name == "images"));
    for folder in [Some(images), beside].into_iter().flatten() {
        if let Some(file) = json.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
            return Some(file);
        }
    }
    folders(images).into_iter().find(|folder| has_labels(folder))
}

/// Where labels of the pictures in a folder may be, the likeliest first.
fn folders(images: &Path) -> Vec<PathBuf> {
    // So that "." has a parent too.
    let images = images.canonicalize().unwrap_or_else(|_| images.to_owned());
    let mut folders = vec![images.clone()];
    let parts: Vec<_> = images.components().collect();
    let is_images = |part: &std::path::Component<'_>| {
        let name = part.as_os_str().to_str().unwrap_or_default();
        ["images", "JPEGImages"].contains(&name)
    };
    if let Some(at) = parts.iter().rposition(is_images) {
        for parallel in ["labels", "Annotations"] {
            let mut path: PathBuf = parts[..at].iter().collect();
            path.push(parallel);
            path.extend(&parts[at + 1..]);
            folders.push(path);
        }
    }
    for beside in ["labels", "Annotations", "annotations"] {
        folders.push(images.join(beside));
        folders.extend(images.parent().map(|parent| parent.join(beside)));
    }
    folders
}

fn has_labels(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .any(|entry| entry.is_ok_and(|entry| is_label(&entry.path()).is_some()))
}

/// The form of a label file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelKind {
    Yolo,
    Voc,
}

/// By its name; `None` = it is none.
pub(super) fn is_label(path: &Path) -> Option<LabelKind> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "txt" if !is_list(&name) => Some(LabelKind::Yolo),
        "xml" => Some(LabelKind::Voc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_where_programs_put_them() {
        for (images, file) in [
            ("set", "set/a.txt"),
            ("set", "set/a.xml"),
            ("set", "set/_annotations.coco.json"),
            ("set/images", "set/annotations.json"),
            ("set/images/val", "set/labels/val/a.txt"),
            ("set/JPEGImages", "set/Annotations/a.xml"),
            ("set/images", "set/labels/a.txt"),
            ("set", "set/labels/a.txt"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let [images, file] = [images, file].map(|path| dir.path().canonicalize().unwrap().join(path));
            std::fs::create_dir_all(&images).unwrap();
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(images.join("classes.txt"), "dog").unwrap();
            assert_eq!(find_annotations(&images), None);
            std::fs::write(&file, "").unwrap();
            let expected = if file.extension().unwrap() == "json" { file.as_path() } else { file.parent().unwrap() };
            assert_eq!(find_annotations(&images).as_deref(), Some(expected), "{}", file.display());
        }
    }
}
