//! Where a model is wrong, as an evaluation keeps it.

use serde::{Deserialize, Serialize};

use super::{Difference, Evaluation, Interval, Intervals, ScoreSweep, SizeCounts, Truth, WorkingPoint};
use crate::compare::truth::{ErrorKind, RIGHT_IOU};
use crate::detect::Thresholds;

/// The errors of one model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ErrorReport {
    /// AP50 as TIDE has it: classes with boxes and without objects count as 0.
    #[serde(rename = "TIDE AP50")]
    pub ap50: f64,
    /// In TIDE's order.
    pub kinds: Vec<KindReport>,
    pub working_point: WorkingReport,
    pub sweep: ScoreSweep,
}

/// The errors of one kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KindReport {
    pub kind: String,
    /// Among all boxes, down to the protocol's score.
    pub count: usize,
    /// How much AP50 rises once these are mended.
    #[serde(rename = "AP50 loss")]
    pub loss: f64,
    pub interval: Option<Interval>,
    /// Of the loss, from that of the first model; `null` for that itself.
    pub difference: Option<Difference>,
}

/// At the score threshold at which people look, all classes together.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct WorkingReport {
    /// Boxes have a score above this.
    pub score: f32,
    /// A box is right from this IoU on.
    pub iou: f64,
    pub objects: usize,
    /// Boxes that are right: each finds an object.
    pub right: usize,
    pub wrong: usize,
    /// Boxes in crowds, neither right nor wrong.
    pub ignored: usize,
    /// How many errors, in TIDE's order.
    pub errors: Vec<ErrorCount>,
    pub small: SizeCounts,
    pub medium: SizeCounts,
    pub large: SizeCounts,
    /// The confusion matrix, without its zeros: most frequent first.
    pub confusion: Vec<Confusion>,
}

/// Errors of a kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ErrorCount {
    pub kind: String,
    pub count: usize,
}

/// A cell of the confusion matrix.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// What it is; `null` = nothing is there.
    pub object: Option<String>,
    /// What it is taken for; `null` = it is not found.
    pub found: Option<String>,
    pub count: usize,
}

impl ErrorReport {
    /// Of a model of the evaluation; `intervals` are its own.
    pub fn new(evaluation: &Evaluation, model: usize, intervals: &Intervals, truth: &Truth) -> Self {
        let (errors, first) = (evaluation.errors(model), evaluation.errors(0));
        let of_kind = |kind: ErrorKind| {
            let at = kind as usize;
            let difference = |interval: Interval| Difference {
                value: errors.losses[at] - first.losses[at],
                low: interval.low,
                high: interval.high,
            };
            KindReport {
                kind: kind.name().to_owned(),
                count: errors.counts[at],
                loss: errors.losses[at],
                interval: intervals.losses[at],
                difference: intervals.loss_differences[at].filter(|_| model > 0).map(difference),
            }
        };
        Self {
            ap50: errors.ap50,
            kinds: ErrorKind::ALL.map(of_kind).into(),
            working_point: WorkingReport::new(evaluation.working_point(model), truth),
            sweep: evaluation.score_sweep(model),
        }
    }
}

impl WorkingReport {
    fn new(point: &WorkingPoint, truth: &Truth) -> Self {
        let name = |category: Option<usize>| category.map(|place| truth.categories[place].name.clone());
        let cell = |(&(object, found), &count): (&(Option<usize>, Option<usize>), &usize)| Confusion {
            object: name(object),
            found: name(found),
            count,
        };
        let mut confusion: Vec<Confusion> = point.confusion.iter().map(cell).collect();
        // Stable: equal ones stay in the order of categories.
        confusion.sort_by_key(|cell| std::cmp::Reverse(cell.count));
        let count = |kind: ErrorKind| ErrorCount { kind: kind.name().to_owned(), count: point.errors[kind as usize] };
        let [small, medium, large] = point.sizes;
        Self {
            score: Thresholds::LIVE.score,
            iou: RIGHT_IOU,
            objects: point.objects(),
            right: point.right,
            wrong: point.wrong(),
            ignored: point.ignored,
            errors: ErrorKind::ALL.map(count).into(),
            small,
            medium,
            large,
            confusion,
        }
    }

    /// The part of the boxes that is right; `None` = there are none.
    pub fn precision(&self) -> Option<f64> {
        part(self.right, self.right + self.wrong)
    }

    /// The part of the objects that is found; `None` = there are none.
    pub fn recall(&self) -> Option<f64> {
        part(self.right, self.objects)
    }

    /// Small, medium, large, with their names.
    pub fn sizes(&self) -> [(&'static str, SizeCounts); 3] {
        [("small", self.small), ("medium", self.medium), ("large", self.large)]
    }
}

fn part(count: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}
