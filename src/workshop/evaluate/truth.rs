//! What is in the pictures: annotations in COCO's form.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::category::Category;
use super::coco_file::{CocoFile, GivenBox, ImageRecord};
use super::names::{list, plain};
use super::truth_id::TruthId;
use super::uncounted::Uncounted;
use crate::compare::truth::TruthBox;
use crate::detect::Size;
use crate::files::{ReadError, read_limited, without_mark};
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
    /// What of the file does not count, and why: a sentence each, which follows the file's name.
    pub remarks: Vec<String>,
}

/// One annotated picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthImage {
    /// As the annotations number it.
    pub id: TruthId,
    /// Relative to the folder of the pictures.
    pub file: String,
    /// `None` = the annotations do not say.
    pub size: Option<Size>,
    pub boxes: Vec<TruthBox>,
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
    #[error("the labels {0}")]
    Labels(ContentError),
    #[error("the annotations have no category \"{name}\"; they have {}", list(categories))]
    NoCategory { name: String, categories: Vec<String> },
    #[error("the annotations have no boxes of the selected categories: there is nothing to measure against")]
    NoneChosen,
}

/// What the file says, and cannot be.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ContentError {
    #[error("are in UTF-16; save them as UTF-8")]
    Utf16,
    #[error("have no images")]
    NoImages,
    #[error("have no categories")]
    NoCategories,
    #[error("have no boxes: there is nothing to measure against")]
    NoBoxes,
    #[error("have no box that counts: {}; there is nothing to measure against", remarks.join("; "))]
    NoneCounts { remarks: Vec<String> },
    #[error("use the {what} id {id} twice; ids must be unique")]
    Twice { what: &'static str, id: TruthId },
    #[error(
        "use the annotation id {id} twice, of which pycocotools would count one box twice and the other one never; give \
         each annotation an id of its own"
    )]
    AnnotationTwice { id: TruthId },
    #[error(
        "have boxes of the categories \"{first}\" and \"{second}\", so a model's class would be ambiguous; rename one \
         of them"
    )]
    NameTwice { first: String, second: String },
    #[error("have an image without a file name (id {0})")]
    NoFile(TruthId),
    #[error("have an invalid box (annotation {place}); a bbox must be four numbers: x, y, width, height")]
    Box { place: String },
}

impl Truth {
    /// Reads an annotations file. What counts of it is what counts for pycocotools; where that would raise an error, what is
    /// missing has its plain meaning: an area is that of the box, what is not called a crowd is none, and an annotation
    /// without a box does not count.
    pub fn read(path: &Path) -> Result<Self, TruthError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(|cause| TruthError::Read { path: path.to_owned(), cause })?;
        let content = |cause| TruthError::Content { path: path.to_owned(), cause };
        if matches!(bytes.first_chunk(), Some([0xff, 0xfe] | [0xfe, 0xff])) {
            return Err(content(ContentError::Utf16));
        }
        let file = serde_json::from_slice(without_mark(&bytes))
            .map_err(|cause| TruthError::Form { path: path.to_owned(), cause })?;
        let sha256 = hex(&Sha256::digest(&bytes));
        drop(bytes);
        Self::checked(file, sha256).map_err(content)
    }

    /// Of label files, whose boxes are by place in the categories; `sha256` is of them all.
    pub(in crate::workshop) fn of_labels(
        categories: Vec<Category>,
        images: Vec<TruthImage>,
        sha256: String,
        remarks: Vec<String>,
    ) -> Result<Self, TruthError> {
        let mut truth = Self { categories, images, sha256, remarks };
        truth.drop_namesakes().map_err(TruthError::Labels)?;
        Ok(truth)
    }

    /// How many boxes there are, crowds and all.
    pub fn boxes(&self) -> usize {
        self.images.iter().map(|image| image.boxes.len()).sum()
    }

    /// For each category whether there are boxes of it.
    pub(super) fn has_boxes(&self) -> Vec<bool> {
        let mut has_boxes = vec![false; self.categories.len()];
        self.images.iter().flat_map(|image| &image.boxes).for_each(|b| has_boxes[b.category] = true);
        has_boxes
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
        self.keep_places(&kept);
        if self.boxes() == 0 { Err(TruthError::NoneChosen) } else { Ok(()) }
    }

    fn checked(file: CocoFile, sha256: String) -> Result<Self, ContentError> {
        let CocoFile { images, annotations, mut categories } = file;
        if images.is_empty() {
            return Err(ContentError::NoImages);
        }
        if categories.is_empty() {
            return Err(ContentError::NoCategories);
        }
        categories.sort_by(|a, b| a.id.cmp(&b.id));
        categories.dedup();
        let category_at = places("category", categories.iter().map(|c| &c.id))?;
        let mut images = images.into_iter().map(TruthImage::empty).collect::<Result<Vec<_>, _>>()?;
        images.sort_by(|a, b| a.id.cmp(&b.id));
        images.dedup();
        let image_at = places("image", images.iter().map(|image| &image.id))?;
        if annotations.is_empty() {
            return Err(ContentError::NoBoxes);
        }
        let mut seen = HashSet::new();
        let mut uncounted = Uncounted::default();
        // By place in the images: they are borrowed by their ids.
        let mut boxes = vec![Vec::new(); images.len()];
        for (i, annotation) in annotations.iter().enumerate() {
            if let Some(id) = annotation.id.as_ref().filter(|id| !seen.insert(*id)) {
                return Err(ContentError::AnnotationTwice { id: id.clone() });
            }
            let place = || annotation.id.as_ref().map_or_else(|| format!("at place {i}"), |id| format!("with id {id}"));
            let listed = |id: &Option<TruthId>, places: &HashMap<&TruthId, usize>| Some(*places.get(id.as_ref()?)?);
            let Some(image) = listed(&annotation.image_id, &image_at) else {
                uncounted.image.add(|| format!("{}, image {}", place(), told(&annotation.image_id)));
                continue;
            };
            let Some(category) = listed(&annotation.category_id, &category_at) else {
                uncounted.category.add(|| format!("{}, category {}", place(), told(&annotation.category_id)));
                continue;
            };
            let xywh = match annotation.bbox {
                GivenBox::Xywh(xywh) => xywh,
                GivenBox::Wrong => return Err(ContentError::Box { place: place() }),
                GivenBox::None => {
                    uncounted.boxless.add(place);
                    continue;
                }
            };
            let [_, _, w, h] = xywh;
            if w < 0.0 || h < 0.0 {
                uncounted.negative.add(place);
            }
            let area = annotation.area().unwrap_or(w * h);
            if area < 0.0 {
                uncounted.area.add(place);
            }
            boxes[image].push(TruthBox { category, xywh, area, crowd: annotation.is_crowd() });
        }
        let remarks = uncounted.remarks();
        if boxes.iter().all(Vec::is_empty) {
            return Err(ContentError::NoneCounts { remarks });
        }
        drop((image_at, category_at));
        for (image, boxes) in images.iter_mut().zip(boxes) {
            image.boxes = boxes;
        }
        let mut truth = Self { categories, images, sha256, remarks };
        truth.drop_namesakes()?;
        Ok(truth)
    }

    /// Leaves one category of each name, compared as [`super::ClassMap`] does: the one with boxes. Exporters add a category
    /// without boxes above all others, which may have the name of one of them.
    fn drop_namesakes(&mut self) -> Result<(), ContentError> {
        let has_boxes = self.has_boxes();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for (place, category) in self.categories.iter().enumerate() {
            let kept = by_name.entry(plain(&category.name)).or_insert(place);
            if has_boxes[*kept] && has_boxes[place] && *kept != place {
                let [first, second] = [*kept, place].map(|place| self.categories[place].name.clone());
                return Err(ContentError::NameTwice { first, second });
            }
            if has_boxes[place] {
                *kept = place;
            }
        }
        let mut kept = vec![false; self.categories.len()];
        by_name.values().for_each(|place| kept[*place] = true);
        self.keep_places(&kept);
        Ok(())
    }

    /// Leaves these categories and their boxes.
    fn keep_places(&mut self, kept: &[bool]) {
        let place_of: Vec<usize> = kept
            .iter()
            .scan(0, |next, kept| {
                let place = *next;
                *next += usize::from(*kept);
                Some(place)
            })
            .collect();
        for image in &mut self.images {
            image.boxes.retain(|b| kept[b.category]);
            image.boxes.iter_mut().for_each(|b| b.category = place_of[b.category]);
        }
        let mut keep = kept.iter();
        self.categories.retain(|_| keep.next().is_some_and(|kept| *kept));
    }
}

impl TruthImage {
    fn empty(image: ImageRecord) -> Result<Self, ContentError> {
        let size = image.size();
        match image.file_name {
            Some(file) if !file.is_empty() => Ok(Self { id: image.id, file, size, boxes: Vec::new() }),
            _ => Err(ContentError::NoFile(image.id)),
        }
    }
}

fn told(id: &Option<TruthId>) -> String {
    id.as_ref().map_or_else(|| "null".to_owned(), TruthId::to_string)
}

/// Where each id stands.
fn places<'a>(
    what: &'static str,
    ids: impl Iterator<Item = &'a TruthId>,
) -> Result<HashMap<&'a TruthId, usize>, ContentError> {
    let mut places = HashMap::new();
    for (place, id) in ids.enumerate() {
        if places.insert(id, place).is_some() {
            return Err(ContentError::Twice { what, id: id.clone() });
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
            (&GOOD.replace("[1, 2, 3, 4]", "[1, 2, 3]"), "an invalid box (annotation with id 1); a bbox must be four"),
            (&GOOD.replace("[1, 2, 3, 4]", "[1, 2, 3, 4, 5]"), "an invalid box (annotation with id 1)"),
            (&GOOD.replace("[1, 2, 3, 4]", "{\"x\": 1}"), "an invalid box (annotation with id 1)"),
            (&GOOD.replace("[0.5, 0, 3, 4]", "[0.5, 0, \"wide\", 4]"), "an invalid box (annotation at place 1)"),
            (
                &GOOD.replace("\"image_id\": ", "\"image_id\": 8"),
                "no box that counts: 2 annotations are for images that are not listed, and do not count (the first with \
                 id 1, image 87);",
            ),
            (
                &GOOD.replace("\"category_id\": ", "\"category_id\": 6"),
                "2 annotations are of categories that are not listed, and do not count (the first with id 1, category 65);",
            ),
            (&GOOD.replace("\"id\": 3", "\"id\": 7"), "use the image id 7 twice"),
            (&GOOD.replace("\"id\": 3", "\"id\": 1.5"), "the id 1.5 is not a whole number"),
            (&GOOD.replace("\"id\": 3", "\"id\": null"), "an id: a whole number or text"),
            (&GOOD.replace("\"id\": 2,", "\"id\": 5,"), "use the category id 5 twice"),
            (&GOOD.replace("\"image_id\": 3", "\"id\": 1, \"image_id\": 3"), "use the annotation id 1 twice"),
            (&GOOD.replace("\"cat\"", "\"Dog\""), "boxes of the categories \"Dog\" and \"dog\""),
            (&GOOD.replace("\"file_name\": \"a.jpg\"", "\"width\": 3"), "an image without a file name (id 3)"),
            (&GOOD.replace("\"file_name\": \"a.jpg\"", "\"file_name\": null"), "an image without a file name (id 3)"),
            ("\u{feff}[]", "is not a COCO annotations file"),
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
    fn what_does_not_count_is_told_once_for_all() {
        let more = |more: &str| GOOD.replace("[0.5, 0, 3, 4]}", &format!("[0.5, 0, 3, 4]}}, {more}"));
        assert_eq!(read(GOOD).unwrap().remarks, [""; 0]);
        let boxless = r#"{"id": "a-2", "image_id": 7, "category_id": 5, "segmentation": []}"#;
        let truth = read(&more(boxless)).unwrap();
        assert_eq!(truth.remarks, ["1 annotation has no bbox, and does not count (with id \"a-2\")"]);
        assert_eq!(Truth { remarks: Vec::new(), sha256: read(GOOD).unwrap().sha256, ..truth }, read(GOOD).unwrap());
        let many = [
            boxless,
            r#"{"id": 30, "image_id": 7, "category_id": 5, "bbox": null}"#,
            r#"{"id": 31, "image_id": "7", "category_id": 5, "bbox": [1, 2, 3, 4]}"#,
            r#"{"id": 32, "image_id": 7, "bbox": [1, 2, 3, 4]}"#,
            r#"{"id": 33, "image_id": 7, "category_id": 5, "bbox": [1, 2, -3, 4], "area": 12}"#,
            r#"{"id": 34, "image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "area": -5}"#,
        ];
        assert_eq!(
            read(&more(&many.join(", "))).unwrap().remarks,
            [
                "1 annotation is for an image that is not listed, and does not count (with id 31, image \"7\")",
                "1 annotation is of a category that is not listed, and does not count (with id 32, category null)",
                "2 annotations have no bbox, and do not count (the first with id \"a-2\")",
                "1 annotation has a box with a negative width or height, which no detection can match (with id 33)",
                "1 annotation has a negative area, so that a detection of it is neither right nor wrong (with id 34)",
            ]
        );
    }

    #[test]
    fn the_mark_of_utf_8_is_no_part_of_the_file_and_utf_16_is_told() {
        assert_eq!(read(&format!("\u{feff}{GOOD}")).unwrap().images, read(GOOD).unwrap().images);
        let file = tempfile::NamedTempFile::new().unwrap();
        let wide: Vec<u8> = format!("\u{feff}{GOOD}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(file.path(), wide).unwrap();
        assert!(Truth::read(file.path()).unwrap_err().to_string().ends_with("are in UTF-16; save them as UTF-8"));
    }

    #[test]
    fn of_two_categories_of_one_name_the_one_with_boxes_is_the_class() {
        let root = |root: &str| GOOD.replace("\"categories\": [", &format!("\"categories\": [{root}, "));
        for name in ["cat", "Cat", "dog"] {
            let truth =
                read(&root(&format!("{{\"id\": 0, \"name\": \"{name}\", \"supercategory\": \"none\"}}"))).unwrap();
            let good = read(GOOD).unwrap();
            assert_eq!((truth.categories, truth.images), (good.categories, good.images), "{name}");
        }
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
