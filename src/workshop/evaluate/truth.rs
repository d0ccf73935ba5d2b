//! What is in the pictures: annotations in COCO's form.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::names::{list, plain};
use crate::detect::Size;
use crate::files::{ReadError, read_limited};
use crate::model::hex;

/// The most bytes of an annotations file. That of COCO's 118,000 training pictures has 449 MB.
const MAX_BYTES: u64 = 1 << 29;

/// Annotated pictures. Of the file's keys, `images`, `annotations` and `categories` are read; masks are not.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// By id.
    pub categories: Vec<Category>,
    /// By id.
    pub images: Vec<TruthImage>,
    /// Of the file, in hexadecimal.
    pub sha256: String,
}

/// A class of the annotations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// As the annotations number it.
    pub id: i64,
    pub name: String,
}

/// One annotated picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthImage {
    /// As the annotations number it.
    pub id: i64,
    /// Relative to the folder of the pictures.
    pub file: String,
    /// `None` = the annotations do not say.
    pub size: Option<Size>,
    pub boxes: Vec<TruthBox>,
}

/// One object of a picture, or a crowd of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthBox {
    /// Index into [`Truth::categories`].
    pub category: usize,
    /// Left, top, width, height in image pixels.
    pub xywh: [f64; 4],
    /// Square pixels of the thing itself, which may be less than those of its box.
    pub area: f64,
    /// Stands for many things together: detections in it are neither right nor wrong.
    pub crowd: bool,
}

impl TruthBox {
    /// Left, top, right, bottom.
    pub fn corners(&self) -> [f64; 4] {
        let [x, y, w, h] = self.xywh;
        [x, y, x + w, y + h]
    }
}

/// Each message says what is wrong with which file.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    #[error("cannot read the annotations {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error(
        "{} is not a COCO annotations file: {cause}; it must be a JSON object with `images`, `annotations` and \
         `categories`",
        path.display()
    )]
    Form { path: PathBuf, cause: serde_json::Error },
    #[error("the annotations {} {cause}", path.display())]
    Content { path: PathBuf, cause: ContentError },
    #[error("the annotations have no category \"{name}\"; they have {}", list(categories))]
    NoCategory { name: String, categories: Vec<String> },
    #[error("the annotations have no boxes of the selected categories: there is nothing to measure against")]
    NoneChosen,
}

/// What the file says, and cannot be.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ContentError {
    #[error("have no images")]
    NoImages,
    #[error("have no categories")]
    NoCategories,
    #[error("have no boxes: there is nothing to measure against")]
    NoBoxes,
    #[error("use the {what} id {id} twice; ids must be unique")]
    Twice { what: &'static str, id: i64 },
    #[error("use the category name \"{0}\" twice, so a model's class would be ambiguous")]
    NameTwice(String),
    #[error("have an image without a file name (id {0})")]
    NoFile(i64),
    #[error("have a box in the image {image} (annotation {place}), which they do not list")]
    UnknownImage { place: String, image: i64 },
    #[error("have a box of the category {category} (annotation {place}), which they do not list")]
    UnknownCategory { place: String, category: i64 },
    #[error("have an invalid box (annotation {place}): {bbox:?}; it must be x, y, width, height")]
    Box { place: String, bbox: [f64; 4] },
    #[error("have an invalid area (annotation {place}): {area}")]
    Area { place: String, area: f64 },
}

#[derive(Deserialize)]
struct AnnotationsFile {
    images: Vec<ImageRecord>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct ImageRecord {
    id: i64,
    #[serde(default)]
    file_name: String,
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Deserialize)]
struct Annotation {
    id: Option<i64>,
    image_id: i64,
    category_id: i64,
    bbox: [f64; 4],
    area: Option<f64>,
    #[serde(default)]
    iscrowd: u8,
}

impl Truth {
    /// Reads an annotations file. An area that is not given is that of the box.
    pub fn read(path: &Path) -> Result<Self, TruthError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(|cause| TruthError::Read { path: path.to_owned(), cause })?;
        let file = serde_json::from_slice(&bytes).map_err(|cause| TruthError::Form { path: path.to_owned(), cause })?;
        let sha256 = hex(&Sha256::digest(&bytes));
        drop(bytes);
        Self::checked(file, sha256).map_err(|cause| TruthError::Content { path: path.to_owned(), cause })
    }

    /// How many boxes there are, crowds and all.
    pub fn boxes(&self) -> usize {
        self.images.iter().map(|image| image.boxes.len()).sum()
    }

    /// Leaves the categories of these names alone, compared as [`super::ClassMap`] does; pictures without any of them
    /// stay, because what is detected there is wrong.
    pub fn keep(&mut self, names: &[String]) -> Result<(), TruthError> {
        let mut kept = vec![false; self.categories.len()];
        for name in names {
            let found = self.categories.iter().position(|c| plain(&c.name) == plain(name));
            let Some(found) = found else {
                let categories = self.categories.iter().map(|c| c.name.clone()).collect();
                return Err(TruthError::NoCategory { name: name.clone(), categories });
            };
            kept[found] = true;
        }
        let place_of = |old: usize| kept[..old].iter().filter(|kept| **kept).count();
        for image in &mut self.images {
            image.boxes.retain(|b| kept[b.category]);
            image.boxes.iter_mut().for_each(|b| b.category = place_of(b.category));
        }
        let mut keep = kept.iter();
        self.categories.retain(|_| keep.next().is_some_and(|kept| *kept));
        if self.boxes() == 0 { Err(TruthError::NoneChosen) } else { Ok(()) }
    }

    fn checked(file: AnnotationsFile, sha256: String) -> Result<Self, ContentError> {
        let AnnotationsFile { images, annotations, mut categories } = file;
        if images.is_empty() {
            return Err(ContentError::NoImages);
        }
        if categories.is_empty() {
            return Err(ContentError::NoCategories);
        }
        categories.sort_by_key(|c| c.id);
        let category_at = places("category", categories.iter().map(|c| c.id))?;
        let mut names = HashSet::new();
        if let Some(twice) = categories.iter().find(|c| !names.insert(c.name.as_str())) {
            return Err(ContentError::NameTwice(twice.name.clone()));
        }
        let mut images = images.into_iter().map(TruthImage::empty).collect::<Result<Vec<_>, _>>()?;
        images.sort_by_key(|image| image.id);
        let image_at = places("image", images.iter().map(|image| image.id))?;
        if annotations.is_empty() {
            return Err(ContentError::NoBoxes);
        }
        let mut seen = HashSet::new();
        for (i, annotation) in annotations.into_iter().enumerate() {
            if let Some(id) = annotation.id.filter(|id| !seen.insert(*id)) {
                return Err(ContentError::Twice { what: "annotation", id });
            }
            let place = || annotation.id.map_or_else(|| format!("at place {i}"), |id| format!("with id {id}"));
            let (image, category) = (annotation.image_id, annotation.category_id);
            let at = image_at.get(&image).ok_or_else(|| ContentError::UnknownImage { place: place(), image })?;
            let category = *category_at
                .get(&category)
                .ok_or_else(|| ContentError::UnknownCategory { place: place(), category })?;
            let [_, _, w, h] = annotation.bbox;
            if !annotation.bbox.iter().all(|v| v.is_finite()) || w < 0.0 || h < 0.0 {
                return Err(ContentError::Box { place: place(), bbox: annotation.bbox });
            }
            let area = annotation.area.unwrap_or(w * h);
            if !(area.is_finite() && area >= 0.0) {
                return Err(ContentError::Area { place: place(), area });
            }
            let crowd = annotation.iscrowd != 0;
            images[*at].boxes.push(TruthBox { category, xywh: annotation.bbox, area, crowd });
        }
        Ok(Self { categories, images, sha256 })
    }
}

impl TruthImage {
    fn empty(image: ImageRecord) -> Result<Self, ContentError> {
        if image.file_name.is_empty() {
            return Err(ContentError::NoFile(image.id));
        }
        let size = image.width.zip(image.height).map(|(width, height)| Size::new(width, height));
        Ok(Self { id: image.id, file: image.file_name, size, boxes: Vec::new() })
    }
}

/// Where each id stands.
fn places(what: &'static str, ids: impl Iterator<Item = i64>) -> Result<HashMap<i64, usize>, ContentError> {
    let mut places = HashMap::new();
    for (place, id) in ids.enumerate() {
        if places.insert(id, place).is_some() {
            return Err(ContentError::Twice { what, id });
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"info": {"year": 2026}, "images": [{"id": 7, "file_name": "b.jpg", "width": 20, "height": 10},
        {"id": 3, "file_name": "a.jpg"}], "annotations": [{"id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4],
        "area": 6.5, "iscrowd": 1, "segmentation": {"counts": "x"}}, {"image_id": 3, "category_id": 2,
        "bbox": [0.5, 0, 3, 4]}], "categories": [{"id": 5, "name": "dog"}, {"id": 2, "name": "cat"}]}"#;

    fn read(text: &str) -> Result<Truth, TruthError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Truth::read(file.path())
    }

    #[test]
    fn everything_is_in_the_order_of_ids() {
        let truth = read(GOOD).unwrap();
        assert_eq!(truth.categories.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["cat", "dog"]);
        let [a, b] = truth.images.as_slice() else { panic!("{truth:?}") };
        assert_eq!((a.file.as_str(), a.size), ("a.jpg", None));
        assert_eq!((b.file.as_str(), b.size), ("b.jpg", Some(Size::new(20, 10))));
        let cat = TruthBox { category: 0, xywh: [0.5, 0.0, 3.0, 4.0], area: 12.0, crowd: false };
        let dog = TruthBox { category: 1, xywh: [1.0, 2.0, 3.0, 4.0], area: 6.5, crowd: true };
        assert_eq!((a.boxes.as_slice(), b.boxes.as_slice()), ([cat].as_slice(), [dog].as_slice()));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let cases = [
            ("", "is not a COCO annotations file: EOF"),
            ("\u{1}\u{2}", "is not a COCO annotations file: expected value"),
            ("[1, 2]", "is not a COCO annotations file"),
            (r#"{"shapes": []}"#, "is not a COCO annotations file: missing field `images`"),
            (r#"{"images": [], "annotations": [], "categories": []}"#, "have no images"),
            (&GOOD.replace("\"bbox\": [1, 2, 3, 4]", "\"bbox\": [1, 2, NaN, 4]"), "expected value"),
            (&GOOD.replace("[1, 2, 3, 4]", "[1, 2, 1e999, 4]"), "number out of range"),
            (&GOOD.replace("[1, 2, 3, 4]", "[1, 2, 3]"), "invalid length 3"),
            (
                &GOOD.replace("[1, 2, 3, 4]", "[1, 2, -3, 4]"),
                "an invalid box (annotation with id 1): [1.0, 2.0, -3.0, 4.0]",
            ),
            (&GOOD.replace("[0.5, 0, 3, 4]", "[0.5, 0, 3, -4]"), "an invalid box (annotation at place 1)"),
            (&GOOD.replace("6.5", "-6.5"), "an invalid area (annotation with id 1): -6.5"),
            (&GOOD.replace("\"image_id\": 7", "\"image_id\": 8"), "a box in the image 8 (annotation with id 1)"),
            (&GOOD.replace("\"category_id\": 5", "\"category_id\": 6"), "a box of the category 6"),
            (&GOOD.replace("\"id\": 3", "\"id\": 7"), "use the image id 7 twice"),
            (&GOOD.replace("\"id\": 2,", "\"id\": 5,"), "use the category id 5 twice"),
            (&GOOD.replace("\"image_id\": 3", "\"id\": 1, \"image_id\": 3"), "use the annotation id 1 twice"),
            (&GOOD.replace("\"cat\"", "\"dog\""), "use the category name \"dog\" twice"),
            (&GOOD.replace("\"file_name\": \"a.jpg\"", "\"width\": 3"), "an image without a file name (id 3)"),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let no_boxes =
            r#"{"images": [{"id": 1, "file_name": "a"}], "annotations": [], "categories": [{"id": 1, "name": "a"}]}"#;
        assert!(read(no_boxes).unwrap_err().to_string().contains("have no boxes"));
        assert!(
            read(&no_boxes.replace(r#"{"id": 1, "name": "a"}"#, "")).unwrap_err().to_string().contains("no categories")
        );
    }

    #[test]
    fn what_is_no_file_or_too_large_is_refused_before_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Truth::read(&dir.path().join("none.json")), Err(TruthError::Read { .. })));
        assert!(Truth::read(dir.path()).unwrap_err().to_string().contains("not a file"));
        let large = dir.path().join("large.json");
        std::fs::File::create(&large).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(Truth::read(&large), Err(TruthError::Read { cause: ReadError::TooLarge { .. }, .. })));
    }
}
