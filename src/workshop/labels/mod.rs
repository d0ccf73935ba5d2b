//! Annotations as folders of label files, one for each picture: read as truth, and written of detections.
//!
//! ```text
//! data.yaml, classes.txt ─┐
//! labels/*.txt (YOLO) ────┼─ read ──▶ Truth ── known_truth: by the pictures' files ─┐
//! *.xml (Pascal VOC) ─────┘                                                         │
//!                            PictureTruth ◀── model_truth: in a model's classes ────┘
//! detections ── label_files, format ──▶ the files' text
//! ```
//!
//! COCO's form, one JSON file for all pictures, is read by [`Truth`](super::evaluate::Truth) itself.

mod error;
mod find;
mod format;
mod given_picture;
mod known_truth;
mod label_files;
mod model_truth;
mod names;
mod picture_sizes;
mod read;
mod voc;
mod yolo;

pub use error::{LabelError, LabelFileError};
pub use find::{annotation_files, find_annotations};
pub use format::{LabelForm, LabelledPicture, coco_labels, voc_label, yolo_label, yolo_names};
pub use known_truth::{KnownTruth, TruthRequest};
pub use label_files::LabelFiles;
pub use model_truth::ModelTruth;
pub use names::is_list;
pub use read::{LabelSources, read_annotations};
