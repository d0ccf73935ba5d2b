//! What `detect` prints of one picture, as JSON or for people.

use serde::Serialize;

use super::escape::on_a_line;
use super::model_identity::ModelIdentity;
use crate::detect::{Classes, Detection, MAX_DETECTIONS, Size, is_full};
use crate::model::ModelInfo;

/// One picture or frame. Its JSON is one line, and part of the interface.
#[derive(Debug, Serialize)]
pub struct DetectionsReport<'a> {
    /// The file as it was named, a stream's address, or "camera:0".
    pub source: &'a str,
    /// Of a camera: which of the frames asked for, from 0. Of a video: its number in the video, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// Of a video: seconds from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_s: Option<f64>,
    pub width: u32,
    pub height: u32,
    pub model: ModelIdentity<'a>,
    /// There are as many as there may be: the weakest may have been left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub limited: bool,
    pub detections: Vec<NamedDetection<'a>>,
    pub timing_ms: Timing,
}

/// What to say of a picture with as many boxes as there may be.
pub fn limit_notice(source: &str) -> String {
    format!(
        "{source}: only the {MAX_DETECTIONS} strongest boxes are kept; raise the score threshold to see all there are"
    )
}

/// A detection with the name of its class.
#[derive(Debug, Serialize)]
pub struct NamedDetection<'a> {
    pub class_id: usize,
    /// As the model's file has it.
    pub class: &'a str,
    /// For people.
    #[serde(skip)]
    pub shown_class: &'a str,
    pub score: f32,
    /// x1, y1, x2, y2 in image pixels.
    #[serde(rename = "box")]
    pub bbox: [f32; 4],
}

impl<'a> NamedDetection<'a> {
    /// `classes` are those of the model that found it.
    pub fn new(detection: &Detection, classes: &'a Classes) -> Self {
        let Detection { class_id, score, bbox, .. } = *detection;
        let (class, shown_class) = (classes.name_in_files(class_id), classes.name(class_id));
        Self { class_id, class, shown_class, score, bbox: bbox.to_array() }
    }
}

/// Milliseconds per stage.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timing {
    /// From the file's bytes to pixels; of a camera or a video: how long its frame was waited for.
    pub decode: f64,
    pub letterbox: f64,
    pub inference: f64,
    pub postprocess: f64,
}

impl<'a> DetectionsReport<'a> {
    /// A picture of `size` pixels; what it is a frame of is left open.
    pub fn new(source: &'a str, size: Size, model: &'a ModelInfo, detections: &[Detection], timing_ms: Timing) -> Self {
        Self {
            source,
            frame: None,
            time_s: None,
            width: size.width,
            height: size.height,
            model: ModelIdentity { name: None, ..ModelIdentity::of(model) },
            limited: is_full(detections),
            detections: detections.iter().map(|d| NamedDetection::new(d, &model.form.classes)).collect(),
            timing_ms,
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// A few aligned lines for people.
    pub fn to_text(&self) -> String {
        let mut frame = self.frame.map(|n| format!(" frame {n}")).unwrap_or_default();
        if let Some(time) = self.time_s {
            frame += &format!(" at {time:.2} s");
        }
        let count = self.detections.len();
        let things = if count == 1 { "detection" } else { "detections" };
        let ms = self.timing_ms.inference;
        let mut text = format!(
            "{}{frame}: {}×{}, {count} {things}, inference {ms:.1} ms",
            on_a_line(self.source),
            self.width,
            self.height
        );
        for d in &self.detections {
            let [x1, y1, x2, y2] = d.bbox;
            text +=
                &format!("\n  {:<14} {:.3}  {x1:7.1} {y1:7.1} {x2:7.1} {y2:7.1}", on_a_line(d.shown_class), d.score);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};
    use crate::model::{Arithmetic, Precision};

    #[test]
    fn the_line_has_the_documented_keys_in_their_order() {
        let (precision, arithmetic) = (Precision::Int8, Some(Arithmetic::Exact));
        let model = ModelInfo { precision, arithmetic, ..ModelInfo::sample("INT8") };
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        let bus = Detection { class_id: 5, score: 0.5, bbox: BBox::new(1.0, 2.0, 3.5, 4.0), id };
        let report = DetectionsReport::new("bus.jpg", Size::new(810, 1080), &model, &[bus], Timing::default());
        assert_eq!(
            report.to_json().unwrap(),
            r#"{"source":"bus.jpg","width":810,"height":1080,"model":{"precision":"int8","arithmetic":"exact","engine":"onnxruntime","sha256":"ab"},"#.to_owned()
                + r#""detections":[{"class_id":5,"class":"bus","score":0.5,"box":[1.0,2.0,3.5,4.0]}],"#
                + r#""timing_ms":{"decode":0.0,"letterbox":0.0,"inference":0.0,"postprocess":0.0}}"#
        );
    }
}
