//! Non-maximum suppression.

use super::Detection;

/// The most detections that one image may have.
pub const MAX_DETECTIONS: usize = 100;

/// Greedy suppression within each class. Keeps its memory between frames.
#[derive(Debug, Default)]
pub struct Nms {
    order: Vec<u32>,
}

impl Nms {
    /// Writes into `kept`, highest score first and at most [`MAX_DETECTIONS`], the candidates that overlap no
    /// kept one of their class by an IoU over `iou_threshold`. Equal scores go by place in the raw heads, then
    /// by class, so that the result does not depend on the order of the candidates.
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
