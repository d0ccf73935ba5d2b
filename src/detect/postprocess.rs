//! From raw heads to detections, in one step.

use std::cmp::Ordering;

use super::{BBox, CandidateId, Decoder, Form, Letterbox, Nms, RawHeads};

/// One detected object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Index into [`Form::classes`].
    pub class_id: usize,
    /// Between 0 and 1.
    pub score: f32,
    /// In image pixels, inside the image.
    pub bbox: BBox,
    /// The position in the raw heads that it was decoded from.
    pub id: CandidateId,
}

impl Detection {
    /// Sort order: higher score first, then the earlier position in the raw heads, then the lower class.
    pub fn by_rank(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id)).then(self.class_id.cmp(&other.class_id))
    }
}

/// The thresholds that the user sets at run time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// A detection's score must exceed this.
    pub score: f32,
    /// Two boxes of a class may overlap up to this IoU.
    pub nms_iou: f32,
}

impl Thresholds {
    /// For viewing.
    pub const LIVE: Self = Self { score: 0.25, nms_iou: 0.45 };
    /// For measuring average precision.
    pub const EVALUATION: Self = Self { score: 0.001, nms_iou: 0.45 };
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::LIVE
    }
}

/// Decode and NMS: a pure function of raw heads and thresholds, with reused memory.
#[derive(Debug, Default)]
pub struct Postprocessor {
    decoder: Decoder,
    nms: Nms,
    kept: Vec<Detection>,
}

impl Postprocessor {
    /// Detections in image pixels, highest score first.
    pub fn run(
        &mut self,
        form: &Form,
        heads: &RawHeads,
        letterbox: &Letterbox,
        thresholds: Thresholds,
    ) -> &[Detection] {
        let candidates = self.decoder.run(form, heads, letterbox, thresholds.score);
        self.nms.run(candidates, thresholds.nms_iou, &mut self.kept);
        &self.kept
    }
}
