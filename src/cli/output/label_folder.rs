//! A folder of labels made of detections.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::escape::path_name;
use crate::detect::{Classes, Detection, Size};
use crate::files::{FileFormat, Outputs, WriteError, empty_folder};
use crate::workshop::labels::{LabelFiles, LabelForm, LabelledPicture, is_list};

/// Writes labels of one picture after another.
pub struct LabelFolder {
    dir: PathBuf,
    form: LabelForm,
    labels: LabelFiles,
    outputs: Outputs,
    /// Names of pictures, without their endings.
    used: HashSet<Vec<u8>>,
}

/// Why labels cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LabelFolderError {
    #[error(
        "two pictures are called {0}, and labels have the names of their pictures; write the labels of each folder of \
         pictures to a folder of its own"
    )]
    NamedTwice(String),
    #[error("the label of {0} would have the name of a list of names or pictures; rename the picture")]
    Reserved(String),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot write the labels as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl LabelFolder {
    /// Makes the folder, which must be new or empty. `classes` are the model's. `outputs` knows what is read, which stays as it
    /// is.
    pub fn new(dir: &Path, form: LabelForm, classes: &Classes, outputs: Outputs) -> Result<Self, LabelFolderError> {
        empty_folder(dir)?;
        let labels = LabelFiles::new(form, classes.clone());
        let names = labels.names();
        let mut folder =
            Self { dir: dir.to_owned(), form, labels, outputs: outputs.without_force(), used: HashSet::new() };
        if let Some((name, text)) = names {
            folder.write(Path::new(name), &text)?;
        }
        Ok(folder)
    }

    /// A picture, or a frame of a video, with what was found in it.
    pub fn add(&mut self, file: &Path, size: Size, detections: &[Detection]) -> Result<(), LabelFolderError> {
        let stem = file.file_stem().unwrap_or(OsStr::new("picture"));
        let whole = file.file_name().unwrap_or(stem);
        // COCO's names have their endings.
        let of_its_own = if self.form == LabelForm::Coco { whole } else { stem };
        if !self.used.insert(of_its_own.as_encoded_bytes().to_owned()) {
            return Err(LabelFolderError::NamedTwice(path_name(of_its_own.as_ref())));
        }
        let name = path_name(whole.as_ref());
        let picture = LabelledPicture { file: name.clone(), size, detections: detections.to_owned() };
        let Some((ending, text)) = self.labels.add(picture) else { return Ok(()) };
        let mut label = stem.to_owned();
        label.push(".");
        label.push(ending);
        // Readers, `eval` too, would not take it for a label.
        if is_list(&label.to_string_lossy().to_lowercase()) {
            return Err(LabelFolderError::Reserved(name));
        }
        Ok(self.write(Path::new(&label), &text)?)
    }

    /// Writes what is of all pictures together.
    pub fn finish(mut self) -> Result<(), LabelFolderError> {
        if let Some((name, text)) = self.labels.of_all()? {
            self.write(Path::new(name), &text)?;
        }
        Ok(())
    }

    fn write(&mut self, name: &Path, text: &str) -> Result<(), WriteError> {
        self.outputs.file(&self.dir.join(name), &FileFormat::NEW)?.write(text.as_bytes())
    }
}

/// A flag's form of labels.
pub fn label_form(text: &str) -> Result<LabelForm, &'static str> {
    LabelForm::ALL.into_iter().find(|form| form.as_str() == text).ok_or("use coco, yolo or voc")
}
