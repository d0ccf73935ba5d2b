//! Annotations where they usually are: beside the pictures.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::names::{is_list, is_names_file};

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
    let folders = folders(images);
    // A license beside the pictures is text too, and their labels may be elsewhere.
    let pictures: HashSet<OsString> = files(images).filter(|file| is_label(file).is_none()).filter_map(stem).collect();
    let has_theirs = |folder: &Path| labels(folder).filter_map(stem).any(|label| pictures.contains(&label));
    let theirs = folders.iter().position(|folder| has_theirs(folder));
    let place = theirs.or_else(|| folders.iter().position(|folder| labels(folder).next().is_some()))?;
    folders.into_iter().nth(place)
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

/// What is in a folder; nothing, where it cannot be read.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

fn labels(folder: &Path) -> impl Iterator<Item = PathBuf> {
    files(folder).filter(|file| is_label(file).is_some())
}

fn stem(file: PathBuf) -> Option<OsString> {
    file.file_stem().map(ToOwned::to_owned)
}

/// The files that reading these annotations of the pictures in `images` reads, which nothing that is written may replace: of a
/// folder, all that is in it.
pub fn annotation_files(annotations: &Path, images: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| files(folder).filter(|path| path.is_file()).collect::<Vec<_>>();
    if annotations.is_dir() {
        return inside(annotations);
    }
    // Names are of labels that stand beside the pictures.
    let labels = Some(images).filter(|_| is_names_file(annotations)).and_then(find_annotations);
    let mut all = labels.map_or_else(Vec::new, |folder| inside(&folder));
    all.push(annotations.to_owned());
    all
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

    #[test]
    fn labels_of_the_pictures_go_before_other_text_beside_them() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().canonicalize().unwrap();
        for file in ["images/a.jpg", "images/license.txt", "labels/a.txt"] {
            std::fs::create_dir_all(set.join(file).parent().unwrap()).unwrap();
            std::fs::write(set.join(file), "").unwrap();
        }
        assert_eq!(find_annotations(&set.join("images")), Some(set.join("labels")));
        std::fs::write(set.join("images/a.txt"), "").unwrap();
        assert_eq!(find_annotations(&set.join("images")), Some(set.join("images")));
        // Where no label is of a picture, the reader says so.
        std::fs::remove_dir_all(set.join("labels")).unwrap();
        std::fs::remove_file(set.join("images/a.txt")).unwrap();
        assert_eq!(find_annotations(&set.join("images")), Some(set.join("images")));
        let images = set.join("images");
        for (annotations, count) in [("images", 2), ("data.yaml", 3), ("truth.json", 1)] {
            assert_eq!(annotation_files(&set.join(annotations), &images).len(), count, "{annotations}");
        }
    }
}
