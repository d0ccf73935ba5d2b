//! Why a model lacks a box that the other one has, read from its raw heads.

use super::{MIN_IOU, ModelInput};
use crate::detect::{Decoder, Detection, MAX_DETECTIONS};

/// A model that gives a class no more than this at a place has no candidate there.
pub const FLOOR: f32 = 0.001;

/// Why a model lacks a box. "Its candidate there" is of the box's class and overlaps it by [`MIN_IOU`] or more, with a
/// score over [`FLOOR`] (or over the threshold, where that is lower). What would bring it back holds as long as no
/// [`MAX_DETECTIONS`] stronger boxes come first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// It gave its candidate this score, which is not over its threshold. With a threshold below the score the box
    /// is there.
    BelowThreshold { score: f32 },
    /// Its best candidate, of this score, overlaps a stronger detection of the same class too much. With an NMS IoU
    /// of `free_at` or more the box is there.
    SuppressedByNms {
        score: f32,
        /// Index of that detection, a kept one.
        by: usize,
        /// IoU of the candidate with that detection, the largest with any kept one.
        overlap: f32,
        /// `overlap`, or more where a stronger candidate that is suppressed too would then stand in the way.
        free_at: f32,
    },
    /// Both: its best candidate, of this score, is below the threshold, and NMS would drop it all the same. With a
    /// threshold below the score and an NMS IoU of `free_at` or more the box is there.
    BelowThresholdAndSuppressed { score: f32, free_at: f32 },
    /// It has the box, but that is paired with another box, which it overlaps more: where one side sees two things,
    /// the other sees one. `by` is the index of that box, `overlap` its IoU with the lacking one.
    Taken { by: usize, overlap: f32 },
    /// Its candidate, of this score, comes after the [`MAX_DETECTIONS`] strongest of the frame.
    BeyondLimit { score: f32 },
    /// Nothing of that class there.
    NoCandidate,
}

impl Reason {
    /// For programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::BelowThreshold { .. } => "below_threshold",
            Self::SuppressedByNms { .. } => "suppressed_by_nms",
            Self::BelowThresholdAndSuppressed { .. } => "below_threshold_and_suppressed",
            Self::Taken { .. } => "taken",
            Self::BeyondLimit { .. } => "beyond_limit",
            Self::NoCandidate => "no_candidate",
        }
    }

    /// The score that the model gives its candidate; `None` = it has none of its own.
    pub fn score(&self) -> Option<f32> {
        match *self {
            Self::BelowThreshold { score }
            | Self::SuppressedByNms { score, .. }
            | Self::BelowThresholdAndSuppressed { score, .. }
            | Self::BeyondLimit { score } => Some(score),
            Self::Taken { .. } | Self::NoCandidate => None,
        }
    }

    /// Index of the model's box that stands in the way.
    pub fn by(&self) -> Option<usize> {
        match *self {
            Self::SuppressedByNms { by, .. } | Self::Taken { by, .. } => Some(by),
            _ => None,
        }
    }

    /// IoU with the box that stands in the way.
    pub fn overlap(&self) -> Option<f32> {
        match *self {
            Self::SuppressedByNms { overlap, .. } | Self::Taken { overlap, .. } => Some(overlap),
            _ => None,
        }
    }

    /// The NMS IoU from which on NMS keeps the candidate.
    pub fn free_at(&self) -> Option<f32> {
        match *self {
            Self::SuppressedByNms { free_at, .. } | Self::BelowThresholdAndSuppressed { free_at, .. } => Some(free_at),
            _ => None,
        }
    }
}

/// Explains box after box. Keeps its memory between frames.
#[derive(Debug, Default)]
pub struct Explainer {
    decoder: Decoder,
    /// The class whose candidates are here; `None` = none of this side yet.
    class_id: Option<usize>,
    /// All candidates of the class over the floor, strongest first, with whole boxes.
    ranked: Vec<Detection>,
    /// Kept detections of the class: their indices, and their places in `ranked`.
    kept: Vec<(usize, usize)>,
    /// Those that NMS would keep, were there no other classes, as places in `ranked`; as far as `seen`.
    survivors: Vec<usize>,
    /// How many of `ranked` have been through NMS.
    seen: usize,
}

impl Explainer {
    /// Forgets the last side. To be called before the first box of another one.
    pub fn begin(&mut self) {
        self.class_id = None;
    }

    /// Why `side`, whose detections are `kept`, has no partner for `missed`. Fastest where boxes of one class follow
    /// each other.
    pub fn reason(&mut self, side: &ModelInput<'_>, kept: &[Detection], missed: &Detection) -> Reason {
        let same = |d: &Detection| d.class_id == missed.class_id;
        let overlap = |d: &Detection| d.bbox.iou(&missed.bbox);
        let taken = kept.iter().map(overlap).enumerate().filter(|(i, iou)| *iou >= MIN_IOU && same(&kept[*i]));
        // The first of equals: max_by gives the last.
        if let Some((by, overlap)) = taken.rev().max_by(|x, y| x.1.total_cmp(&y.1)) {
            return Reason::Taken { by, overlap };
        }
        self.load(side, kept, missed.class_id);
        // Boxes pair by what is inside the image.
        let image = side.letterbox.image;
        let near = |d: &Detection| d.bbox.clipped_to(image).is_some_and(|bbox| bbox.iou(&missed.bbox) >= MIN_IOU);
        let Some(place) = self.ranked.iter().position(near) else { return Reason::NoCandidate };
        let candidate = self.ranked[place];
        let score = candidate.score;
        let full = kept.len() == MAX_DETECTIONS && kept.last().is_some_and(|last| last.by_rank(&candidate).is_lt());
        if full {
            return Reason::BeyondLimit { score };
        }
        let threshold = side.thresholds;
        if score > threshold.score {
            let stronger = &self.kept[..self.kept.partition_point(|(_, at)| *at < place)];
            let overlaps = stronger.iter().map(|(i, at)| (*i, self.ranked[*at].bbox.iou(&candidate.bbox)));
            // The first of equals: max_by gives the last.
            let nearest = overlaps.rev().max_by(|x, y| x.1.total_cmp(&y.1));
            return match nearest.filter(|(_, overlap)| *overlap > threshold.nms_iou) {
                Some((by, overlap)) => Reason::SuppressedByNms { score, by, overlap, free_at: self.free_at(place) },
                // Neither hidden nor kept: there was no room.
                None => Reason::BeyondLimit { score },
            };
        }
        match self.survivor(threshold.nms_iou, near) {
            Some(score) => Reason::BelowThreshold { score },
            None => Reason::BelowThresholdAndSuppressed { score, free_at: self.free_at(place) },
        }
    }

    fn load(&mut self, side: &ModelInput<'_>, kept: &[Detection], class_id: usize) {
        if self.class_id == Some(class_id) {
            return;
        }
        let floor = FLOOR.min(side.thresholds.score);
        self.ranked.clear();
        self.ranked.extend_from_slice(self.decoder.class(side.form, side.heads, side.letterbox, floor, class_id));
        self.ranked.sort_unstable_by(Detection::by_rank);
        self.kept.clear();
        // Both have the same order.
        let mut places = self.ranked.iter().enumerate();
        for (index, detection) in kept.iter().enumerate().filter(|(_, d)| d.class_id == class_id) {
            self.kept.extend(places.find(|(_, d)| d.id == detection.id).map(|(place, _)| (index, place)));
        }
        self.survivors.clear();
        self.seen = 0;
        self.class_id = Some(class_id);
    }

    /// The largest overlap of a candidate with a stronger one of its class: from this NMS IoU on, none hides it.
    fn free_at(&self, place: usize) -> f32 {
        let candidate = &self.ranked[place];
        self.ranked[..place].iter().map(|d| d.bbox.iou(&candidate.bbox)).fold(0.0, f32::max)
    }

    /// The score of the strongest candidate near by that NMS would keep at some threshold. Which candidates NMS keeps
    /// depends on stronger ones alone, so that a threshold just below this score gives exactly this box.
    fn survivor(&mut self, nms_iou: f32, near: impl Fn(&Detection) -> bool) -> Option<f32> {
        let known = self.survivors.iter().map(|place| &self.ranked[*place]).find(|d| near(d));
        if let Some(found) = known {
            return Some(found.score);
        }
        let end = self.ranked.iter().rposition(&near).map_or(0, |last| last + 1);
        while self.seen < end {
            let place = self.seen;
            let candidate = &self.ranked[place];
            self.seen += 1;
            if self.survivors.iter().any(|s| self.ranked[*s].bbox.iou(&candidate.bbox) > nms_iou) {
                continue;
            }
            self.survivors.push(place);
            if near(candidate) {
                return Some(candidate.score);
            }
        }
        None
    }
}
