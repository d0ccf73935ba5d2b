//! Non-maximum suppression.

use super::Detection;

/// The maximum number of detections per image.
pub const MAX_DETECTIONS: usize = 100;

/// Greedy suppression within each class. Reuses its memory between frames.
#[derive(Debug, Default)]
pub struct Nms {
    order: Vec<u32>,
}

impl Nms {
    /// Writes to `kept`, highest score first and at most [`MAX_DETECTIONS`], the candidates whose IoU with every kept
    /// candidate of their class is at most `iou_threshold`. Ties in score are broken by position in the raw heads,
    /// then by class, so the result does not depend on the order of the candidates.
    pub fn run(&mut self, candidates: &[Detection], iou_threshold: f32, kept: &mut Vec<Detection>) {
        kept.clear();
        self.order.clear();
        self.order.extend(0..candidates.len() as u32);
        self.order.sort_unstable_by(|a, b| candidates[*a as usize].by_rank(&candidates[*b as usize]));
        for candidate in self.order.iter().map(|i| &candidates[*i as usize]) {
            let hidden =
                kept.iter().any(|k| k.class_id == candidate.class_id && k.bbox.iou(&candidate.bbox) > iou_threshold);
            if hidden {
                continue;
            }
            kept.push(*candidate);
            if kept.len() == MAX_DETECTIONS {
                break;
            }
        }
    }
}
