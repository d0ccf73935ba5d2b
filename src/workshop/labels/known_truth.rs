//! What is known to be in pictures, looked up by their files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::given_picture::GivenPicture;
use super::names::is_names_file;
use super::picture_sizes::PictureSizes;
use super::read::{STRAYS, is_voc, read_few};
use super::{LabelError, LabelSources, find_annotations};
use crate::detect::{Classes, Size};
use crate::workshop::evaluate::Truth;

/// The most objects of a picture whose truth is known. More are no annotations that a person made, and each is drawn in every frame.
const MAX_OBJECTS: usize = 5000;

/// Which truth is looked for.
pub struct TruthRequest<'a> {
    pub pictures: &'a [PathBuf],
    /// As a person named them; `None` = those beside the pictures, where there are some.
    pub annotations: Option<&'a Path>,
    /// Names for labels that have none: those of the model.
    pub classes: Option<&'a Classes>,
    /// The size of a picture; `None` = it cannot be read.
    pub size: &'a dyn Fn(&Path) -> Option<Size>,
}

/// The truth of pictures. Each is known by its file, and never by its place in a list.
#[derive(Debug, Default)]
pub struct KnownTruth {
    pub(super) sets: Vec<KnownSet>,
    /// By the path as it was given: the set, and the image in it.
    pub(super) places: HashMap<PathBuf, [usize; 2]>,
    /// What does not count, and why: a sentence each.
    pub remarks: Vec<String>,
    /// Why annotations beside pictures cannot be read.
    pub problems: Vec<String>,
}

/// What one read of annotations gave.
#[derive(Debug)]
pub(super) struct KnownSet {
    pub truth: Truth,
    /// Otherwise they know all classes: those of which there is no object too.
    pub lists_classes: bool,
}

impl KnownTruth {
    /// Reads it. Annotations that were named must be good. Of those beside pictures, what is not meant for them counts as
    /// none, and what is wrong becomes a problem.
    pub fn read(request: &TruthRequest<'_>) -> Result<Self, LabelError> {
        let sizes = PictureSizes::new(request.size);
        let mut known = Self::default();
        let mut folders: BTreeMap<PathBuf, Vec<GivenPicture>> = BTreeMap::new();
        for picture in request.pictures {
            let picture = GivenPicture::new(picture);
            folders.entry(picture.folder().to_owned()).or_default().push(picture);
        }
        let Some(annotations) = request.annotations else {
            for (folder, pictures) in &folders {
                let Some(found) = find_annotations(folder) else { continue };
                match known.add(&found, folder, pictures, request.classes, &sizes) {
                    Ok(()) => {}
                    Err(error) if is_of_other_things(&error) => {}
                    Err(error) => known.problems.push(error.to_string()),
                }
            }
            return Ok(known);
        };
        if is_names_file(annotations) && !annotations.is_dir() {
            // The labels that it has the names of stand beside the pictures of each folder.
            for (folder, pictures) in &folders {
                match known.add(annotations, folder, pictures, request.classes, &sizes) {
                    Ok(()) => {}
                    Err(error) if folders.len() > 1 && is_of_other_things(&error) => {
                        known.remarks.push(error.to_string())
                    }
                    Err(error) => return Err(error),
                }
            }
            return Ok(known);
        }
        let Some(first) = folders.keys().next().cloned() else { return Ok(known) };
        let mut pictures: Vec<GivenPicture> = folders.into_values().flatten().collect();
        if !is_coco(annotations) {
            known.leave_out_namesakes(&mut pictures);
        }
        known.add(annotations, &first, &pictures, request.classes, &sizes)?;
        Ok(known)
    }

    /// No picture has any.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many pictures have some.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Labels have the names of their pictures, without folders: of two in different folders nobody knows which is meant.
    fn leave_out_namesakes(&mut self, pictures: &mut Vec<GivenPicture>) {
        let mut folders: HashMap<OsString, BTreeSet<PathBuf>> = HashMap::new();
        for picture in &*pictures {
            folders.entry(picture.stem().to_owned()).or_default().insert(picture.folder().to_owned());
        }
        let before = pictures.len();
        pictures.retain(|picture| folders.get(picture.stem()).is_none_or(|folders| folders.len() < 2));
        if pictures.len() < before {
            self.remarks.push(format!(
                "{} pictures in different folders have the same names, and labels have no folders: their truth is not known",
                before - pictures.len()
            ));
        }
    }

    fn add(
        &mut self,
        annotations: &Path,
        folder: &Path,
        pictures: &[GivenPicture],
        classes: Option<&Classes>,
        sizes: &PictureSizes<'_>,
    ) -> Result<(), LabelError> {
        let whole: Vec<PathBuf> = pictures.iter().map(|picture| picture.whole.clone()).collect();
        let size = |picture: &Path| sizes.of(picture);
        let sources = LabelSources { images: folder, pictures: &whole, classes, size: &size };
        let truth = read_few(annotations, &sources)?;
        let about = annotations.display();
        // Not all of the labelled pictures need be looked at.
        let remarks = truth.remarks.iter().filter(|remark| !STRAYS.iter().any(|strays| remark.ends_with(*strays)));
        self.remarks.extend(remarks.map(|remark| format!("the annotations {about}: {remark}")));
        let images = ImagesByName::new(&truth);
        // The picture that an image is.
        let mut files: HashMap<usize, &Path> = HashMap::new();
        let (mut several, mut resized, mut crowded) = (BTreeSet::new(), Vec::new(), Vec::new());
        let mut places = Vec::new();
        for picture in pictures {
            let Some(image) = images.find(&picture.whole) else { continue };
            if *files.entry(image).or_insert(&picture.whole) != picture.whole {
                several.insert(image);
            }
            let about = &truth.images[image];
            match about.size.and_then(|meant| Some((meant, sizes.of(&picture.whole)?))) {
                Some((meant, is)) if meant != is => {
                    resized.push(format!("{} is {is}, not {meant}", picture.given.display()))
                }
                // Its label could not be read without a size: it is unknown, and not empty.
                None if about.size.is_none() && sizes.is_unreadable(&picture.whole) => {}
                _ if about.boxes.len() > MAX_OBJECTS => {
                    crowded.push(format!("{} with {}", picture.given.display(), about.boxes.len()))
                }
                _ => places.push((picture.given.clone(), image)),
            }
        }
        places.retain(|(_, image)| !several.contains(image));
        let several: Vec<String> = several.into_iter().map(|image| truth.images[image].file.clone()).collect();
        for (left_out, what, why) in [
            (several, "image", "that could be any of several pictures".to_owned()),
            (resized, "picture", "of another size than theirs".to_owned()),
            (crowded, "picture", format!("with more than {MAX_OBJECTS} objects")),
        ] {
            let Some(first) = left_out.first() else { continue };
            let (count, end) = (left_out.len(), if left_out.len() == 1 { "" } else { "s" });
            let not_for = format!("{count} {what}{end} {why} (the first: {first})");
            self.remarks.push(format!("the annotations {about} do not count for {not_for}"));
        }
        let set = self.sets.len();
        self.places.extend(places.into_iter().map(|(picture, image)| (picture, [set, image])));
        self.sets.push(KnownSet { truth, lists_classes: !is_voc(annotations) });
        Ok(())
    }
}

/// Images of a truth by the names of their files, without folders.
struct ImagesByName<'a> {
    truth: &'a Truth,
    images: HashMap<&'a OsStr, Vec<usize>>,
}

impl<'a> ImagesByName<'a> {
    fn new(truth: &'a Truth) -> Self {
        let mut images: HashMap<&OsStr, Vec<usize>> = HashMap::new();
        for (place, image) in truth.images.iter().enumerate() {
            if let Some(name) = Path::new(&image.file).file_name() {
                images.entry(name).or_default().push(place);
            }
        }
        Self { truth, images }
    }

    /// The image that a picture is: its path ends as the image's does, folders and all; of several, the longest.
    fn find(&self, picture: &Path) -> Option<usize> {
        let named = self.images.get(picture.file_name()?)?.iter().copied();
        let path = |image: &usize| Path::new(&self.truth.images[*image].file);
        named.filter(|image| picture.ends_with(path(image))).max_by_key(|image| path(image).components().count())
    }
}

fn is_coco(annotations: &Path) -> bool {
    annotations.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) && annotations.is_file()
}

/// Whether what stands beside pictures is about something else: text files are not only labels.
fn is_of_other_things(error: &LabelError) -> bool {
    matches!(
        error,
        LabelError::NoLabels(_) | LabelError::NoPictures { .. } | LabelError::NoNames(_) | LabelError::NotFound(_)
    )
}

#[cfg(test)]
mod tests {
    use super::super::ModelTruth;
    use super::*;

    const SIZE: Size = Size { width: 200, height: 100 };

    /// Pictures of this name cannot be read.
    const BROKEN: &str = "broken.jpg";

    /// A folder with these files, empty or not.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn read(dir: &Path, pictures: &[&str], annotations: Option<&str>) -> Result<ModelTruth, LabelError> {
        let pictures: Vec<PathBuf> = pictures.iter().map(|name| dir.join(name)).collect();
        let annotations = annotations.map(|name| dir.join(name));
        let classes = Classes::new(["dog", "cat"]);
        let known = KnownTruth::read(&TruthRequest {
            pictures: &pictures,
            annotations: annotations.as_deref(),
            classes: Some(&classes),
            size: &|picture| (!picture.ends_with(BROKEN)).then_some(SIZE),
        })?;
        Ok(ModelTruth::new(known.into(), &classes))
    }

    fn class(truth: &ModelTruth, picture: PathBuf) -> Option<Vec<usize>> {
        Some(truth.picture(&picture)?.objects.iter().map(|object| object.category).collect())
    }

    const COCO: &str = r#"{"images": [{"id": 1, "file_name": "b/1.jpg"}, {"id": 2, "file_name": "1.jpg"},
        {"id": 3, "file_name": "2.jpg", "width": 20, "height": 10}], "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]},
        {"id": 2, "image_id": 2, "category_id": 2, "bbox": [1, 2, 30, 40]},
        {"id": 3, "image_id": 2, "category_id": 3, "bbox": [1, 2, 30, 40]},
        {"id": 4, "image_id": 3, "category_id": 1, "bbox": [1, 2, 30, 40]}],
        "categories": [{"id": 1, "name": "Cat"}, {"id": 2, "name": "dog"}, {"id": 3, "name": "gate"}]}"#;

    #[test]
    fn a_picture_is_known_by_its_file_in_whatever_order() {
        let dir = folder(&[("truth.json", COCO), ("a/1.jpg", ""), ("b/1.jpg", ""), ("a/2.jpg", "")]);
        for pictures in [["a/1.jpg", "b/1.jpg", "a/2.jpg"], ["a/2.jpg", "b/1.jpg", "a/1.jpg"]] {
            let truth = read(dir.path(), &pictures, Some("truth.json")).unwrap();
            // The longer name is the nearer one; a gate is nothing that the model knows.
            assert_eq!(class(&truth, dir.path().join("b/1.jpg")), Some(vec![1]));
            assert_eq!(class(&truth, dir.path().join("a/1.jpg")), Some(vec![0]));
            // It is of another size, or was not asked for.
            assert_eq!(class(&truth, dir.path().join("a/2.jpg")), None);
            assert_eq!(class(&truth, dir.path().join("a/3.jpg")), None);
            assert!(truth.known.remarks[0].contains("is 200×100, not 20×10"), "{:?}", truth.known.remarks);
        }
    }

    #[test]
    fn what_could_be_either_of_two_pictures_is_neithers() {
        let dir = folder(&[("truth.json", COCO), ("a/1.jpg", ""), ("c/1.jpg", ""), ("l/1.txt", "0 0.5 0.5 0.2 0.2")]);
        let truth = read(dir.path(), &["a/1.jpg", "c/1.jpg"], Some("truth.json")).unwrap();
        assert!(truth.known.is_empty() && truth.known.remarks[0].contains("any of several pictures"));
        let truth = read(dir.path(), &["a/1.jpg", "c/1.jpg"], Some("l"));
        assert!(truth.is_err_and(|error| matches!(error, LabelError::NoPictures { .. })));
        // One picture named twice is one.
        let truth = read(dir.path(), &["a/1.jpg", "a/../a/1.jpg"], Some("truth.json")).unwrap();
        assert_eq!(class(&truth, dir.path().join("a/../a/1.jpg")), Some(vec![0]));
    }

    /// Nothing there would make every box a false one.
    #[test]
    fn what_cannot_be_known_is_unknown_and_not_empty() {
        let many = "0 0.5 0.5 0.2 0.2\n".repeat(MAX_OBJECTS + 1);
        let dir = folder(&[
            ("a/1.jpg", ""),
            ("a/1.txt", "0 0.5 0.5 0.2 0.2"),
            ("a/1.png", ""),
            ("a/broken.jpg", ""),
            ("a/broken.txt", "0 0.5 0.5 0.2 0.2"),
            ("a/many.jpg", ""),
            ("a/many.txt", many.as_str()),
        ]);
        let pictures = ["a/1.jpg", "a/1.png", "a/broken.jpg", "a/many.jpg"];
        let truth = read(dir.path(), &pictures, None).unwrap();
        let known = pictures.map(|picture| class(&truth, dir.path().join(picture)));
        // A picture in two formats has one label.
        assert_eq!(known, [Some(vec![0]), Some(vec![0]), None, None]);
        let [remark] = truth.known.remarks.as_slice() else { panic!("{:?}", truth.known.remarks) };
        assert!(remark.contains("more than 5000 objects") && remark.contains("many.jpg with 5001"), "{remark}");
    }

    #[test]
    fn a_picture_alone_has_the_truth_that_it_has_among_others() {
        let dir = folder(&[("1.jpg", ""), ("1.txt", ""), ("2.jpg", ""), ("2.txt", "0 0.5 0.5 0.2 0.2")]);
        for pictures in [&["1.jpg", "2.jpg"][..], &["1.jpg"]] {
            let truth = read(dir.path(), pictures, None).unwrap();
            assert_eq!(class(&truth, dir.path().join("1.jpg")), Some(vec![]), "nothing is in it");
        }
    }

    #[test]
    fn a_list_of_names_is_for_the_labels_of_every_folder() {
        let label = "0 0.5 0.5 0.2 0.2\n";
        let dir = folder(&[
            ("data.yaml", "names: [cat, dog]"),
            ("a/images/1.jpg", ""),
            ("a/labels/1.txt", label),
            ("b/images/1.jpg", ""),
            ("b/labels/1.txt", "1 0.5 0.5 0.2 0.2\n"),
            ("c/images/1.jpg", ""),
        ]);
        let pictures = ["a/images/1.jpg", "b/images/1.jpg", "c/images/1.jpg"];
        let truth = read(dir.path(), &pictures, Some("data.yaml")).unwrap();
        let known = pictures.map(|picture| class(&truth, dir.path().join(picture)));
        assert_eq!(known, [Some(vec![1]), Some(vec![0]), None]);
        let [remark] = truth.known.remarks.as_slice() else { panic!("{:?}", truth.known.remarks) };
        assert!(remark.contains("has no label files"), "{remark}");
        assert!(read(dir.path(), &pictures[2..], Some("data.yaml")).is_err());
    }

    #[test]
    fn pascal_voc_has_no_list_of_classes_and_the_others_do() {
        let voc = "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>\
                   </object></annotation>";
        let dir = folder(&[("a/1.jpg", ""), ("a/1.xml", voc), ("b/1.jpg", ""), ("b/1.txt", "0 0.5 0.5 0.2 0.2")]);
        std::fs::write(dir.path().join("b/classes.txt"), "cat").unwrap();
        let truth = read(dir.path(), &["a/1.jpg", "b/1.jpg"], None).unwrap();
        let known = |name: &str| truth.picture(&dir.path().join(name)).unwrap().known.to_vec();
        // A dog where there is none is wrong; or nobody looked for dogs.
        assert_eq!((known("a/1.jpg"), known("b/1.jpg")), (vec![Some(0), Some(1)], vec![None, Some(1)]));
    }

    #[test]
    fn each_folder_has_the_labels_beside_it() {
        let dir = folder(&[
            ("a/1.jpg", ""),
            ("a/1.txt", "1 0.5 0.5 0.2 0.2\n"),
            ("a/9.txt", "1 0.5 0.5 0.2 0.2\n"),
            ("a/2.jpg", ""),
            ("b/images/1.jpg", ""),
            ("b/labels/1.txt", "0 0.5 0.5 0.2 0.2\n"),
            ("c/1.jpg", ""),
            ("c/notes.txt", "nothing to do with it"),
            ("d/1.jpg", ""),
            ("d/1.txt", "not a label"),
        ]);
        let pictures = ["d/1.jpg", "c/1.jpg", "b/images/1.jpg", "a/2.jpg", "a/1.jpg"];
        let truth = read(dir.path(), &pictures, None).unwrap();
        assert_eq!(class(&truth, dir.path().join("a/1.jpg")), Some(vec![1]));
        assert_eq!(class(&truth, dir.path().join("a/2.jpg")), Some(vec![]), "no label file, no objects");
        assert_eq!(class(&truth, dir.path().join("b/images/1.jpg")), Some(vec![0]));
        assert_eq!(class(&truth, dir.path().join("c/1.jpg")), None);
        assert_eq!(class(&truth, dir.path().join("d/1.jpg")), None);
        let [remark] = truth.known.remarks.as_slice() else { panic!("{:?}", truth.known.remarks) };
        assert!(remark.ends_with("a: 1 picture has no label file, and counts as empty"), "{remark}");
        let alone = read(dir.path(), &["a/1.jpg"], None).unwrap();
        assert!(alone.known.remarks.is_empty(), "labels of others are no concern: {:?}", alone.known.remarks);
        let [problem] = truth.known.problems.as_slice() else { panic!("{:?}", truth.known.problems) };
        assert!(problem.contains("1.txt: line 1 has 3 values"), "{problem}");
    }
}
