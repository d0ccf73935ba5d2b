//! Why labels cannot be read.

use std::path::PathBuf;

use crate::files::ReadError;
use crate::workshop::evaluate::TruthError;

/// Each message says what is wrong with which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    #[error(transparent)]
    Coco(#[from] TruthError),
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: LabelFileError },
    #[error("the folder {} has no label files: neither YOLO's .txt nor Pascal VOC's .xml", .0.display())]
    NoLabels(PathBuf),
    #[error(
        "none of the label files in {} belongs to a picture in {} (the first is {first}); a label file has the name of its \
         picture",
        labels.display(),
        images.display()
    )]
    NoPictures { labels: PathBuf, images: PathBuf, first: String },
    #[error("the labels of {} have no boxes: there is nothing to measure against", .0.display())]
    NoBoxes(PathBuf),
    #[error(
        "no names for the classes of {}: put a classes.txt (one name a line) or a data.yaml with `names` beside the labels",
        .0.display()
    )]
    NoNames(PathBuf),
    #[error(
        "no annotations beside the pictures in {}: name them with --annotations (a COCO JSON file, or a folder of YOLO or \
         Pascal VOC labels)",
        .0.display()
    )]
    NotFound(PathBuf),
}

/// What is wrong in a file; the message follows its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelFileError {
    #[error("line {0} is not UTF-8; save the file as UTF-8")]
    Encoding(usize),
    #[error(
        "line {line} has {found} values; a label has 5 (class, x, y, width, height, as parts of the picture), or a class and an \
         outline of at least 3 points"
    )]
    Values { line: usize, found: usize },
    #[error("line {line}: \"{value}\" is not a number")]
    Number { line: usize, value: String },
    #[error("line {line}: the class is \"{value}\", but must be a whole number from 0")]
    Class { line: usize, value: String },
    #[error("line {line} is of class {class}, but there are only {names} names")]
    UnknownClass { line: usize, class: usize, names: usize },
    #[error("line {line}: {value} is not between 0 and 1; YOLO's coordinates are parts of the picture, not pixels")]
    Outside { line: usize, value: String },
    #[error("it is not XML: {0}")]
    Xml(String),
    #[error("it is not a Pascal VOC annotation: it begins with <{0}>, not with <annotation>")]
    Root(String),
    #[error("object {object} has no <{tag}>")]
    NoTag { object: usize, tag: &'static str },
    #[error("object {object}: <{tag}> is \"{value}\", not a number")]
    Coordinate { object: usize, tag: &'static str, value: String },
    #[error("object {object} ends before it begins (from {from} to {to})")]
    Reversed { object: usize, from: String, to: String },
    #[error("it has no `names`; list the classes under it")]
    NoYamlNames,
}
