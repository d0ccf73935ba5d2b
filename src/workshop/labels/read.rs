//! Reads annotations of any form.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::find::{LabelKind, is_label};
use super::find_annotations;
use super::names::{find_names, is_names_file, read_names};
use super::{LabelError, LabelFileError, voc, yolo};
use crate::compare::truth::TruthBox;
use crate::detect::{Classes, Size};
use crate::files::{decoded, read_limited};
use crate::model::hex;
use crate::workshop::evaluate::{Category, Truth, TruthId, TruthImage};

/// What is remarked of labels without a picture, after their number: of one, of several.
pub(super) const STRAYS: [&str; 2] =
    ["label file belongs to no picture, and does not count", "label files belong to no picture, and do not count"];

/// The most bytes of one label file.
const MAX_BYTES: u64 = 1 << 24;

/// What label files need besides themselves.
pub struct LabelSources<'a> {
    /// Folder of the pictures.
    pub images: &'a Path,
    /// The pictures in it, by name.
    pub pictures: &'a [PathBuf],
    /// Names where no file has any: those of the model.
    pub classes: Option<&'a Classes>,
    /// The size of a picture; `None` = it cannot be read. YOLO's boxes are parts of it.
    pub size: &'a dyn Fn(&Path) -> Option<Size>,
}

/// A COCO file; or a folder of YOLO's or Pascal VOC's label files, or the data.yaml or list of names beside YOLO's.
pub fn read_annotations(path: &Path, sources: &LabelSources<'_>) -> Result<Truth, LabelError> {
    let truth = read_few(path, sources)?;
    if truth.boxes() == 0 { Err(LabelError::NoBoxes(path.to_owned())) } else { Ok(truth) }
}

/// The same of pictures that may be few: that there is nothing in them is known, too.
pub(super) fn read_few(path: &Path, sources: &LabelSources<'_>) -> Result<Truth, LabelError> {
    if path.is_dir() {
        return read_folder(path, None, sources);
    }
    if is_names_file(path) {
        let names = read_names(path)?;
        let beside = find_annotations(sources.images).filter(|found| found.is_dir());
        let folder = beside.or_else(|| path.parent().map(Path::to_owned)).unwrap_or_default();
        return read_folder(&folder, Some(names), sources);
    }
    Ok(Truth::read(path)?)
}

/// A picture's labels, with indices into names that grow.
struct LabelRead {
    size: Option<Size>,
    boxes: Vec<TruthBox>,
}

fn read_folder(folder: &Path, names: Option<Vec<String>>, sources: &LabelSources<'_>) -> Result<Truth, LabelError> {
    let labels = label_files(folder)?;
    let kind = *labels.values().map(|(_, kind)| kind).next().ok_or_else(|| LabelError::NoLabels(folder.to_owned()))?;
    let mut names = match kind {
        LabelKind::Voc => Vec::new(),
        LabelKind::Yolo => names.map_or_else(|| yolo_names(folder, sources), Ok)?,
    };
    let mut sum = Sha256::new();
    let (mut images, mut unlabelled) = (Vec::new(), 0);
    // One label may be of two pictures, as of a.jpg and a.png.
    let mut belonging = HashSet::new();
    let (mut places, mut difficult) = (HashMap::new(), 0);
    for (picture, id) in sources.pictures.iter().zip(1..) {
        let stem = picture.file_stem().unwrap_or_default();
        let read = match labels.get(stem) {
            Some((path, _)) => {
                belonging.insert(stem);
                let bytes =
                    read_limited(path, MAX_BYTES).map_err(|cause| LabelError::Read { path: path.clone(), cause })?;
                sum.update(stem.as_encoded_bytes());
                sum.update([0]);
                sum.update(&bytes);
                let failed = |cause| LabelError::File { path: path.clone(), cause };
                let text = decoded(&bytes).map_err(|line| failed(LabelFileError::Encoding(line)))?;
                match kind {
                    LabelKind::Voc => read_voc(&text, &mut names, &mut places, &mut difficult).map_err(failed)?,
                    LabelKind::Yolo => {
                        let size = (sources.size)(picture);
                        // A picture that cannot be read is skipped anyway, and says why.
                        let boxes =
                            size.map(|size| yolo::boxes(&text, size, names.len())).transpose().map_err(failed)?;
                        LabelRead { size, boxes: boxes.unwrap_or_default() }
                    }
                }
            }
            None => {
                unlabelled += 1;
                LabelRead { size: None, boxes: Vec::new() }
            }
        };
        let file = picture.strip_prefix(sources.images).unwrap_or(picture).to_string_lossy().into_owned();
        images.push(TruthImage { id: TruthId::from(id), file, size: read.size, boxes: read.boxes });
    }
    if belonging.is_empty() {
        let first = labels.values().next().and_then(|(path, _)| path.file_name());
        let first = first.unwrap_or_default().to_string_lossy().into_owned();
        let (labels, images) = (folder.to_owned(), sources.images.to_owned());
        return Err(LabelError::NoPictures { labels, images, first });
    }
    let categories = names.into_iter().zip(0..).map(|(name, id)| Category { id: TruthId::from(id), name }).collect();
    let remarks = remarks(unlabelled, labels.len() - belonging.len(), difficult);
    Ok(Truth::of_labels(categories, images, hex(&sum.finalize()), remarks)?)
}

/// Whether the labels in a folder are Pascal VOC's, which have no list of the classes that were looked for.
pub(super) fn is_voc(folder: &Path) -> bool {
    label_files(folder).is_ok_and(|labels| labels.values().any(|(_, kind)| *kind == LabelKind::Voc))
}

/// By the name of their picture. Of two kinds in a folder, the one with more files counts.
fn label_files(folder: &Path) -> Result<BTreeMap<OsString, (PathBuf, LabelKind)>, LabelError> {
    let failed = |cause: std::io::Error| LabelError::Read { path: folder.to_owned(), cause: cause.into() };
    let mut kinds = [BTreeMap::new(), BTreeMap::new()];
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let (Some(kind), Some(stem)) = (is_label(&path), path.file_stem()) {
            kinds[usize::from(kind == LabelKind::Voc)].insert(stem.to_owned(), (path.clone(), kind));
        }
    }
    let [yolo, voc] = kinds;
    Ok(if voc.len() > yolo.len() { voc } else { yolo })
}

/// From a file beside the labels or the pictures, or above them; otherwise the model's.
fn yolo_names(folder: &Path, sources: &LabelSources<'_>) -> Result<Vec<String>, LabelError> {
    let whole = [folder, sources.images].map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    let mut places: Vec<&Path> = whole.iter().map(PathBuf::as_path).collect();
    for above in 1..=2 {
        places.extend(whole.iter().filter_map(|path| path.ancestors().nth(above)));
    }
    match (find_names(&places)?, sources.classes) {
        (Some(names), _) => Ok(names),
        (None, Some(classes)) => Ok(classes.iter().map(str::to_owned).collect()),
        (None, None) => Err(LabelError::NoNames(folder.to_owned())),
    }
}

/// `places` are those of the names so far.
fn read_voc(
    text: &str,
    names: &mut Vec<String>,
    places: &mut HashMap<String, usize>,
    difficult: &mut usize,
) -> Result<LabelRead, LabelFileError> {
    let picture = voc::picture(text)?;
    let mut boxes = Vec::new();
    for object in picture.objects {
        let category = *places.entry(object.name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() - 1
        });
        let [_, _, w, h] = object.xywh;
        *difficult += usize::from(object.difficult);
        boxes.push(TruthBox { category, xywh: object.xywh, area: w * h, crowd: object.difficult });
    }
    Ok(LabelRead { size: picture.size, boxes })
}

fn remarks(unlabelled: usize, strays: usize, difficult: usize) -> Vec<String> {
    let told = [
        (
            unlabelled,
            ["picture has no label file, and counts as empty", "pictures have no label file, and count as empty"],
        ),
        (strays, STRAYS),
        (
            difficult,
            [
                "object is marked as difficult: detections of it are neither right nor wrong",
                "objects are marked as difficult: detections of them are neither right nor wrong",
            ],
        ),
    ];
    let remark = |(count, [one, many]): (usize, [&str; 2])| format!("{count} {}", if count == 1 { one } else { many });
    told.into_iter().filter(|(count, _)| *count > 0).map(remark).collect()
}
