//! Annotations as folders of label files, one for each picture: read as truth, and written of detections.
//!
//! ```text
//! data.yaml, classes.txt ─┐
//! labels/*.txt (YOLO) ────┼─ read ──▶ Truth        detections ── format ──▶ the files' text
//! *.xml (Pascal VOC) ─────┘
//! ```
//!
//! COCO's form, one JSON file for all pictures, is read by [`Truth`](super::evaluate::Truth) itself.

mod error;
mod find;
mod format;
mod names;
mod read;
mod voc;
mod yolo;

pub use error::{LabelError, LabelFileError};
pub use find::find_annotations;
pub use format::{LabelForm, LabelledPicture, coco_labels, voc_label, yolo_label, yolo_names};
pub use read::{LabelSources, read_annotations};
