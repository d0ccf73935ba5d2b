//! A folder of labels made of detections.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::escape::path_name;
use crate::detect::{Classes, Detection, Size};
use crate::files::{FileFormat, Outputs, WriteCause, WriteError};
use crate::workshop::labels::{LabelForm, LabelledPicture, coco_labels, voc_label, yolo_label, yolo_names};

/// COCO's one file.
const COCO: &str = "annotations.json";

/// The names of YOLO's classes.
const NAMES: &str = "classes.txt";

/// A label file looks like any text, so that none is replaced.
const LABEL: FileFormat = FileFormat { name: "empty", reads: 1, is: |_| false };

/// Writes labels of one picture after another.
pub struct LabelFolder {
    dir: PathBuf,
    form: LabelForm,
    outputs: Outputs,
    /// Names of pictures, without their endings.
    used: HashSet<Vec<u8>>,
    /// For the one file of COCO.
    pictures: Vec<LabelledPicture>,
}

/// Why labels cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LabelFolderError {
    #[error("the folder {} is not empty; choose a new one for the labels", .0.display())]
    NotEmpty(PathBuf),
    #[error(
        "two pictures are called {0}, and labels have the names of their pictures; write the labels of each folder of \
         pictures to a folder of its own"
    )]
    NamedTwice(String),
    #[error("{0} cannot be the name of a label; rename the picture")]
    Reserved(String),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot write the labels as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl LabelFolder {
    /// Makes the folder, which must be new or empty. `outputs` knows what is read, which stays as it is.
    pub fn new(dir: &Path, form: LabelForm, outputs: Outputs) -> Result<Self, LabelFolderError> {
        let failed = |cause| WriteError { path: dir.to_owned(), cause: WriteCause::Io(cause) };
        std::fs::create_dir_all(dir).map_err(failed)?;
        if std::fs::read_dir(dir).map_err(failed)?.next().is_some() {
            return Err(LabelFolderError::NotEmpty(dir.to_owned()));
        }
        let (used, pictures) = (HashSet::new(), Vec::new());
        Ok(Self { dir: dir.to_owned(), form, outputs: outputs.without_force(), used, pictures })
    }

    /// A picture, or a frame of a video, with what was found in it.
    pub fn add(
        &mut self,
        file: &Path,
        size: Size,
        detections: &[Detection],
        classes: &Classes,
    ) -> Result<(), LabelFolderError> {
        let stem = file.file_stem().unwrap_or(OsStr::new("picture"));
        let name = path_name(file.file_name().unwrap_or(stem).as_ref());
        // COCO's names have their endings.
        let of_its_own = if self.form == LabelForm::Coco { file.file_name().unwrap_or(stem) } else { stem };
        if !self.used.insert(of_its_own.as_encoded_bytes().to_owned()) {
            return Err(LabelFolderError::NamedTwice(path_name(of_its_own.as_ref())));
        }
        let picture = LabelledPicture { file: name, size, detections: detections.to_owned() };
        let (ending, text) = match self.form {
            LabelForm::Coco => {
                self.pictures.push(picture);
                return Ok(());
            }
            LabelForm::Yolo => ("txt", yolo_label(&picture)),
            LabelForm::Voc => ("xml", voc_label(&picture, classes)),
        };
        let mut label = stem.to_owned();
        label.push(".");
        label.push(ending);
        if label == NAMES {
            return Err(LabelFolderError::Reserved(picture.file));
        }
        Ok(self.write(Path::new(&label), &text)?)
    }

    /// Writes what is of all pictures together.
    pub fn finish(mut self, classes: &Classes) -> Result<(), LabelFolderError> {
        match self.form {
            LabelForm::Coco => {
                let text = coco_labels(classes, &self.pictures)?;
                self.write(Path::new(COCO), &text)?;
            }
            LabelForm::Yolo => self.write(Path::new(NAMES), &yolo_names(classes))?,
            LabelForm::Voc => {}
        }
        Ok(())
    }

    fn write(&mut self, name: &Path, text: &str) -> Result<(), WriteError> {
        self.outputs.file(&self.dir.join(name), &LABEL)?.write(text.as_bytes())
    }
}
