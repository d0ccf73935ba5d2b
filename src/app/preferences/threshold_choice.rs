//! Thresholds as they stand on the sliders, to go back to.

use super::Preferences;

/// A's and B's thresholds, and whether they are linked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThresholdChoice {
    score: f32,
    nms_iou: f32,
    score_b: f32,
    nms_iou_b: f32,
    linked: bool,
}

impl Preferences {
    pub fn threshold_choice(&self) -> ThresholdChoice {
        let Self { score, nms_iou, score_b, nms_iou_b, linked, .. } = *self;
        ThresholdChoice { score, nms_iou, score_b, nms_iou_b, linked }
    }

    /// Sets the thresholds as they were.
    pub fn restore_thresholds(&mut self, choice: ThresholdChoice) {
        let ThresholdChoice { score, nms_iou, score_b, nms_iou_b, linked } = choice;
        (self.score, self.nms_iou, self.linked) = (score, nms_iou, linked);
        (self.score_b, self.nms_iou_b) = (score_b, nms_iou_b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_come_back_as_they_were() {
        let before = Preferences { score: 0.3, score_b: 0.7, ..Preferences::default() };
        let mut preferences = before.clone();
        let choice = preferences.threshold_choice();
        preferences.link(false);
        preferences.score_b = 0.12;
        preferences.nms_iou = 0.9;
        preferences.restore_thresholds(choice);
        assert_eq!(preferences, before);
    }
}
