//! What is known to be in the pictures, as `compare` finds and tells it.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::cli::input::Input;
use crate::cli::output::stdout::tell;
use crate::compare::truth::{BoxTruth, JudgedBoxes, PictureTruth, TruthCounts, TruthFigures};
use crate::detect::{BBox, Classes};
use crate::live;
use crate::model::ModelInfo;
use crate::source::picture_size;
use crate::workshop::evaluate::NamesError;
use crate::workshop::labels::{KnownTruth, ModelTruth, TruthRequest, annotation_files, find_annotations};

/// The pictures among the inputs: frames of videos and cameras have no truth.
pub fn pictures(inputs: &[Input]) -> Vec<PathBuf> {
    let path = |input: &Input| match input {
        Input::Picture(path) => Some(path.clone()),
        Input::Packed(place) => live::packed_file(place),
        _ => None,
    };
    inputs.iter().filter_map(path).collect()
}

/// The files with annotations, which nothing that is written may replace.
pub fn files(named: Option<&Path>, pictures: &[PathBuf]) -> Vec<PathBuf> {
    let folders: BTreeSet<&Path> = pictures.iter().filter_map(|picture| picture.parent()).collect();
    let here = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
    let files = |folder: PathBuf| {
        let annotations = named.map(Path::to_owned).or_else(|| find_annotations(&folder));
        annotations.map_or_else(Vec::new, |annotations| annotation_files(&annotations, &folder))
    };
    folders.into_iter().map(here).flat_map(files).collect()
}

/// Reads the truth of these pictures: that of the annotations that were named, or of those beside the pictures. `None` = there
/// is none. `model` is one of the two, which know the same classes.
pub fn read(
    named: Option<&Path>,
    pictures: &[PathBuf],
    model: &ModelInfo,
) -> Result<Option<ModelTruth>, Box<dyn Error>> {
    if pictures.is_empty() {
        return match named {
            Some(_) => Err("--annotations needs images: the frames of videos and cameras have none".into()),
            None => Ok(None),
        };
    }
    let classes = &model.form.classes;
    let size = |picture: &Path| picture_size(picture).ok();
    let request = TruthRequest { pictures, annotations: named, classes: Some(classes), size: &size };
    let known = KnownTruth::read(&request)?;
    for remark in known.remarks.iter().chain(&known.problems) {
        tell!("{remark}");
    }
    match named {
        Some(path) if known.is_empty() => {
            Err(format!("none of the images in {} is among these pictures; is it the right file?", path.display())
                .into())
        }
        Some(_) => Ok(Some(of_common(Arc::new(known), model)?)),
        None if known.is_empty() => Ok(None),
        None => Ok(Some(ModelTruth::new(Arc::new(known), classes))),
    }
}

/// In the classes of the model. Unlike an average precision, what is said of a box is right without the objects of other classes.
fn of_common(known: Arc<KnownTruth>, model: &ModelInfo) -> Result<ModelTruth, NamesError> {
    let classes = &model.form.classes;
    match ModelTruth::of_all(Arc::clone(&known), &model.name, classes) {
        Err(NamesError::Unknown { categories, .. }) => {
            let (count, first) = (categories.len(), categories.first().map_or("", String::as_str));
            let what = if count == 1 { "1 class".to_owned() } else { format!("{count} classes") };
            tell!(
                "the annotations have objects of {what} that {} does not know (the first is {first}): they do not count",
                model.name
            );
            Ok(ModelTruth::new(known, classes))
        }
        truth => truth,
    }
}

/// The objects of a picture, and who finds them.
#[derive(Serialize)]
pub struct PictureTruthReport<'a> {
    pub objects: usize,
    pub found_a: usize,
    pub found_b: usize,
    /// What one of the models does not find, or both.
    pub missed: Vec<MissedObject<'a>>,
    /// All objects, crowds too.
    #[serde(skip)]
    pub boxes: Vec<BBox>,
}

/// An object without a right box.
#[derive(Serialize)]
pub struct MissedObject<'a> {
    pub class_id: usize,
    /// As the model's file has it.
    pub class: &'a str,
    /// x1, y1, x2, y2 in image pixels.
    #[serde(rename = "box")]
    pub bbox: [f32; 4],
    /// "a", "b" or "both".
    pub missed_by: &'static str,
}

impl<'a> PictureTruthReport<'a> {
    /// `judged` are A's and B's boxes.
    pub fn new(truth: &PictureTruth, judged: &[JudgedBoxes; 2], classes: &'a Classes) -> Self {
        let [a, b] = judged;
        let missed = truth.objects.iter().enumerate().filter_map(|(place, object)| {
            let missed_by = match (a.misses(place), b.misses(place)) {
                (true, true) => "both",
                (true, false) => "a",
                (false, true) => "b",
                (false, false) => return None,
            };
            let (class_id, bbox) = (object.category, object.corners().map(|side| side as f32));
            Some(MissedObject { class_id, class: classes.name_in_files(class_id), bbox, missed_by })
        });
        let corners = |[x1, y1, x2, y2]: [f64; 4]| BBox::new(x1 as f32, y1 as f32, x2 as f32, y2 as f32);
        Self {
            objects: truth.count(),
            found_a: a.found(),
            found_b: b.found(),
            missed: missed.collect(),
            boxes: truth.objects.iter().map(|object| corners(object.corners())).collect(),
        }
    }
}

/// Figures of all pictures, or of a class.
#[derive(Serialize)]
pub struct TruthFiguresEntry {
    objects: usize,
    found_a: usize,
    found_b: usize,
    a: TruthCountsEntry,
    b: TruthCountsEntry,
    lost: TruthCountsEntry,
    gained: TruthCountsEntry,
}

/// Boxes by what is said of them.
#[derive(Serialize)]
struct TruthCountsEntry {
    #[serde(rename = "true")]
    right: usize,
    #[serde(rename = "false")]
    wrong: usize,
    /// In a crowd, or of a class that nobody annotated.
    uncounted: usize,
}

impl From<&TruthFigures> for TruthFiguresEntry {
    fn from(figures: &TruthFigures) -> Self {
        let TruthFigures { objects, found: [found_a, found_b], boxes, lost, gained } = *figures;
        let entry = |TruthCounts { right, wrong, uncounted }| TruthCountsEntry { right, wrong, uncounted };
        let [a, b] = boxes.map(entry);
        Self { objects, found_a, found_b, a, b, lost: entry(lost), gained: entry(gained) }
    }
}

/// For programs.
pub fn truth_name<S: serde::Serializer>(truth: &Option<BoxTruth>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(truth.map_or("", BoxTruth::as_str))
}
