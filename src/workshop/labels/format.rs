//! Detections as labels: the text of the files.

use serde_json::{Value, json};

use crate::detect::{Classes, Detection, Size};

/// A form of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelForm {
    /// One JSON file for all pictures.
    Coco,
    /// A text file for each picture, and one with the names.
    Yolo,
    /// An XML file for each picture.
    Voc,
}

impl LabelForm {
    pub const ALL: [Self; 3] = [Self::Coco, Self::Yolo, Self::Voc];

    /// For programs, and as a flag's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
        }
    }
}

/// A picture with what was found in it.
#[derive(Clone, Debug)]
pub struct LabelledPicture {
    /// The file's name.
    pub file: String,
    pub size: Size,
    pub detections: Vec<Detection>,
}

/// Left, top, width, height in image pixels.
fn xywh(detection: &Detection) -> [f64; 4] {
    let [left, top, right, bottom] = detection.bbox.to_array().map(f64::from);
    [left, top, right - left, bottom - top]
}

/// All pictures, with the categories numbered as the model numbers its classes, from 1. Each annotation has its `score`, which
/// programs that do not know it leave alone.
pub fn coco_labels(classes: &Classes, pictures: &[LabelledPicture]) -> Result<String, serde_json::Error> {
    let categories: Vec<Value> =
        classes.iter().zip(1..).map(|(name, id)| json!({ "id": id, "name": name, "supercategory": "" })).collect();
    let (mut images, mut annotations) = (Vec::new(), Vec::new());
    for (picture, image) in pictures.iter().zip(1..) {
        let Size { width, height } = picture.size;
        images.push(json!({ "id": image, "file_name": picture.file, "width": width, "height": height }));
        for detection in &picture.detections {
            let [x, y, w, h] = xywh(detection);
            annotations.push(json!({
                "id": annotations.len() + 1, "image_id": image, "category_id": detection.class_id + 1,
                "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0, "segmentation": [], "score": detection.score
            }));
        }
    }
    let whole = json!({ "images": images, "annotations": annotations, "categories": categories });
    Ok(serde_json::to_string(&whole)? + "\n")
}

/// A line for each box: class, middle and sides as parts of the picture.
pub fn yolo_label(picture: &LabelledPicture) -> String {
    let (width, height) = (f64::from(picture.size.width), f64::from(picture.size.height));
    let line = |detection: &Detection| {
        let [x, y, w, h] = xywh(detection);
        let parts = [(x + w / 2.0) / width, (y + h / 2.0) / height, w / width, h / height];
        let [x, y, w, h] = parts.map(|part| part.clamp(0.0, 1.0));
        format!("{} {x:.8} {y:.8} {w:.8} {h:.8}\n", detection.class_id)
    };
    picture.detections.iter().map(line).collect()
}

/// The file `classes.txt`, a name on each line.
pub fn yolo_names(classes: &Classes) -> String {
    classes.iter().map(|name| name.replace(['\n', '\r'], " ") + "\n").collect()
}

/// The XML file of a picture.
pub fn voc_label(picture: &LabelledPicture, classes: &Classes) -> String {
    let Size { width, height } = picture.size;
    let mut text = format!(
        "<annotation>\n  <filename>{}</filename>\n  <size><width>{width}</width><height>{height}</height><depth>3</depth></size>\n  \
         <segmented>0</segmented>\n",
        xml_text(&picture.file)
    );
    for detection in &picture.detections {
        let [left, top, right, bottom] = detection.bbox.to_array();
        text += &format!(
            "  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n    <truncated>0</truncated>\n    \
             <difficult>0</difficult>\n    <bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax>\
             <ymax>{bottom}</ymax></bndbox>\n  </object>\n",
            xml_text(classes.name(detection.class_id))
        );
    }
    text + "</annotation>\n"
}

/// As text of an element; what XML cannot have at all becomes a question mark.
fn xml_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '\t' | '\n' | '\r' => shown.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => shown.push('?'),
            c => shown.push(c),
        }
    }
    shown
}
