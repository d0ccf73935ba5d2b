//! From raw heads to detections, in one step.

use super::ranked::RankedCandidates;
use super::{Decoder, Detection, Form, Letterbox, Nms, RawHeads, Size};

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
        self.clip(letterbox.image);
        &self.kept
    }

    /// The same, of candidates that were kept. Exact where the score threshold is no lower than their floor.
    pub fn run_ranked(&mut self, candidates: &RankedCandidates, thresholds: Thresholds) -> &[Detection] {
        let ranked = candidates.ranked();
        let over = ranked.partition_point(|candidate| candidate.score > thresholds.score);
        self.nms.run(&ranked[..over], thresholds.nms_iou, &mut self.kept);
        self.clip(candidates.image());
        &self.kept
    }

    fn clip(&mut self, image: Size) {
        for detection in &mut self.kept {
            // The decoder leaves out boxes that have no part inside.
            detection.bbox = detection.bbox.clipped_to(image).unwrap_or_default();
        }
    }
}
