//! Non-maximum suppression.

use super::Detection;

/// The maximum number of detections per image: more than people can tell apart, and few enough to draw.
pub const MAX_DETECTIONS: usize = 2000;

/// Whether these are as many as there may be, so that weaker ones may have been left out.
pub fn is_full(detections: &[Detection]) -> bool {
    detections.len() >= MAX_DETECTIONS
}

/// Greedy suppression within each class. Reuses its memory between frames.
#[derive(Debug, Default)]
pub struct Nms {
    order: Vec<u32>,
    /// Of each class the box that was kept last, and of each kept box the one of its class before it: most boxes are of
    /// other classes, and need not be looked at.
    last: Vec<u32>,
    before: Vec<u32>,
}

/// The place of no box.
const NONE: u32 = u32::MAX;

impl Nms {
    /// Writes to `kept`, highest score first and at most [`MAX_DETECTIONS`], the candidates whose IoU with every kept
    /// candidate of their class is at most `iou_threshold`. Ties in score are broken by position in the raw heads,
    /// then by class, so the result does not depend on the order of the candidates.
    pub fn run(&mut self, candidates: &[Detection], iou_threshold: f32, kept: &mut Vec<Detection>) {
        kept.clear();
        self.last.clear();
        self.before.clear();
        self.order.clear();
        self.order.extend(0..candidates.len() as u32);
        self.order.sort_unstable_by(|a, b| candidates[*a as usize].by_rank(&candidates[*b as usize]));
        for candidate in self.order.iter().map(|i| &candidates[*i as usize]) {
            let class = candidate.class_id;
            if self.last.len() <= class {
                self.last.resize(class + 1, NONE);
            }
            let mut other = self.last[class];
            while other != NONE && kept[other as usize].bbox.iou(&candidate.bbox) <= iou_threshold {
                other = self.before[other as usize];
            }
            if other != NONE {
                continue;
            }
            self.before.push(self.last[class]);
            self.last[class] = kept.len() as u32;
            kept.push(*candidate);
            if kept.len() == MAX_DETECTIONS {
                break;
            }
        }
    }
}
