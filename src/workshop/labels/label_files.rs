//! The label files of pictures that come one after another, as text.

use super::format::{LabelForm, LabelledPicture, coco_labels, voc_label, yolo_label, yolo_names};
use crate::detect::Classes;

/// What is in the files; another writes them.
pub struct LabelFiles {
    form: LabelForm,
    classes: Classes,
    /// For the one file of COCO.
    pictures: Vec<LabelledPicture>,
}

impl LabelFiles {
    /// `classes` are those of the model that found the boxes.
    pub fn new(form: LabelForm, classes: Classes) -> Self {
        Self { form, classes, pictures: Vec::new() }
    }

    /// Name and text of the file with the classes' names, to be written first, so that what is there makes sense whatever comes;
    /// `None` = the labels have the names themselves.
    pub fn names(&self) -> Option<(&'static str, String)> {
        (self.form == LabelForm::Yolo).then(|| ("classes.txt", yolo_names(&self.classes)))
    }

    /// Ending and text of a picture's own file; `None` = it goes into the file of all pictures.
    pub fn add(&mut self, picture: LabelledPicture) -> Option<(&'static str, String)> {
        match self.form {
            LabelForm::Coco => {
                self.pictures.push(picture);
                None
            }
            LabelForm::Yolo => Some(("txt", yolo_label(&picture))),
            LabelForm::Voc => Some(("xml", voc_label(&picture, &self.classes))),
        }
    }

    /// Name and text of the file of all pictures; `None` = each has its own.
    pub fn of_all(&self) -> Result<Option<(&'static str, String)>, serde_json::Error> {
        let is_one = self.form == LabelForm::Coco;
        is_one.then(|| Ok(("annotations.json", coco_labels(&self.classes, &self.pictures)?))).transpose()
    }
}
