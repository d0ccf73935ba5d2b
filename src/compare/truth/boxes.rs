//! What is in a picture, and what was found in it, in the same terms.

/// One object of a picture, or a crowd of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthBox {
    /// Index into the categories of the annotations; in a [`PictureTruth`](super::PictureTruth), a class id of the models.
    pub category: usize,
    /// Left, top, width, height in image pixels.
    pub xywh: [f64; 4],
    /// Square pixels of the object itself, which may be less than those of its box.
    pub area: f64,
    /// Stands for many objects together: detections in it are neither right nor wrong.
    pub crowd: bool,
}

/// One detection, in the terms of the annotations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundBox {
    /// Index into the categories of the annotations.
    pub category: usize,
    pub score: f32,
    /// Left, top, width, height in image pixels.
    pub xywh: [f64; 4],
}

impl TruthBox {
    /// Left, top, right, bottom.
    pub fn corners(&self) -> [f64; 4] {
        let [x, y, w, h] = self.xywh;
        [x, y, x + w, y + h]
    }
}

impl FoundBox {
    /// IoU as COCO has it: with a crowd, over the area of the detection alone.
    pub fn iou(&self, truth: &TruthBox) -> f64 {
        let ([fx, fy, fw, fh], [tx, ty, tw, th]) = (self.xywh, truth.xywh);
        let w = (fx + fw).min(tx + tw) - fx.max(tx);
        let h = (fy + fh).min(ty + th) - fy.max(ty);
        if w <= 0.0 || h <= 0.0 {
            return 0.0;
        }
        let shared = w * h;
        shared / if truth.crowd { fw * fh } else { fw * fh + tw * th - shared }
    }
}
