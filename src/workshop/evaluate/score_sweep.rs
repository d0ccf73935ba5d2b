//! Precision, recall and F1 over the score threshold, all classes together.

use serde::{Deserialize, Serialize};

/// Thresholds 0.00, 0.01, ... 1.00.
pub const SWEEP_POINTS: usize = 101;

/// At IoU 0.50, of boxes with a score above each threshold 0.00, 0.01, ... 1.00. Every box and every object counts the same,
/// whatever its class.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct ScoreSweep {
    /// The part of the boxes that is right; `null` = there are no boxes.
    pub precision: Vec<Option<f64>>,
    /// The part of the objects that is found.
    pub recall: Vec<f64>,
    pub f1: Vec<f64>,
    /// The threshold with the highest F1, the lowest of equal ones. `null` = nothing is found.
    pub best: Option<BestScore>,
}

/// A threshold, and what it gives.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct BestScore {
    pub score: f64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl ScoreSweep {
    /// Of boxes with their score, and whether each is right; ignored ones are none of them.
    pub(super) fn new(boxes: impl Iterator<Item = (f32, bool)>, objects: usize) -> Self {
        // At each threshold those that only the thresholds up to it let through.
        let mut at = [(0usize, 0usize); SWEEP_POINTS];
        for (score, right) in boxes {
            // The highest threshold that it is above, as detectors compare them: 0.3 is not above 0.3.
            let highest = (0..SWEEP_POINTS).rev().find(|place| score > threshold(*place) as f32);
            if let Some(place) = highest {
                at[place].0 += usize::from(right);
                at[place].1 += 1;
            }
        }
        for place in (1..SWEEP_POINTS).rev() {
            at[place - 1].0 += at[place].0;
            at[place - 1].1 += at[place].1;
        }
        let of_objects = |count: usize, objects: usize| if objects == 0 { 0.0 } else { count as f64 / objects as f64 };
        let mut sweep = Self::default();
        for (place, (right, boxes)) in at.into_iter().enumerate() {
            let (recall, f1) = (of_objects(right, objects), of_objects(2 * right, boxes + objects));
            let precision = (boxes > 0).then(|| right as f64 / boxes as f64);
            if let Some(precision) = precision
                && f1 > sweep.best.map_or(0.0, |best| best.f1)
            {
                sweep.best = Some(BestScore { score: threshold(place), precision, recall, f1 });
            }
            sweep.precision.push(precision);
            sweep.recall.push(recall);
            sweep.f1.push(f1);
        }
        sweep
    }
}

/// The number that is written "0.07".
fn threshold(place: usize) -> f64 {
    place as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_leaves_wrong_boxes_out_and_right_ones_in() {
        let boxes = [(0.9, true), (0.8, true), (0.5, true), (0.5, false), (0.3, false), (0.2, false)];
        let sweep = ScoreSweep::new(boxes.into_iter(), 4);
        // Of 4 objects, above 0.3: 3 of 4 boxes; above 0.5: 2 of 2; above 0.2: 3 of 5.
        assert_eq!((sweep.precision[30], sweep.recall[30], sweep.f1[30]), (Some(0.75), 0.75, 0.75));
        assert_eq!((sweep.precision[50], sweep.recall[50]), (Some(1.0), 0.5));
        assert_eq!(sweep.precision[0], Some(0.5));
        assert_eq!((sweep.precision[95], sweep.recall[95], sweep.f1[95]), (None, 0.0, 0.0));
        let best = sweep.best.unwrap();
        assert_eq!((best.score, best.precision, best.recall, best.f1), (0.3, 0.75, 0.75, 0.75));
        assert_eq!(ScoreSweep::new(std::iter::empty(), 4).best, None);
    }
}
