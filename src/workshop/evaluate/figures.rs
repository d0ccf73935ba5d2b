//! The figures of one model.

use serde::{Deserialize, Serialize};

use super::curve::{CurveScratch, ImageWeights, RECALL_POINTS, Track};
use super::{AT_75, SIZES, THRESHOLDS};

/// Recalls at which the curves give precision: 0.00, 0.01, ... 1.00.
pub const RECALLS: usize = RECALL_POINTS;

/// COCO's twelve figures. `None` = the annotations have nothing of that size.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Figures {
    /// Average precision, over classes and over IoU 0.50 to 0.95.
    #[serde(rename = "AP")]
    pub ap: Option<f64>,
    #[serde(rename = "AP50")]
    pub ap50: Option<f64>,
    #[serde(rename = "AP75")]
    pub ap75: Option<f64>,
    /// Of things under 32² pixels.
    #[serde(rename = "AP small")]
    pub ap_small: Option<f64>,
    #[serde(rename = "AP medium")]
    pub ap_medium: Option<f64>,
    /// Of things over 96² pixels.
    #[serde(rename = "AP large")]
    pub ap_large: Option<f64>,
    /// Average recall with one detection a class and picture.
    #[serde(rename = "AR1")]
    pub ar1: Option<f64>,
    #[serde(rename = "AR10")]
    pub ar10: Option<f64>,
    #[serde(rename = "AR100")]
    pub ar100: Option<f64>,
    #[serde(rename = "AR small")]
    pub ar_small: Option<f64>,
    #[serde(rename = "AR medium")]
    pub ar_medium: Option<f64>,
    #[serde(rename = "AR large")]
    pub ar_large: Option<f64>,
}

impl Figures {
    /// In COCO's order.
    pub const NAMES: [&str; 12] = [
        "AP",
        "AP50",
        "AP75",
        "AP small",
        "AP medium",
        "AP large",
        "AR1",
        "AR10",
        "AR100",
        "AR small",
        "AR medium",
        "AR large",
    ];

    /// In COCO's order.
    pub fn to_array(&self) -> [Option<f64>; 12] {
        let Self { ap, ap50, ap75, ap_small, ap_medium, ap_large, .. } = *self;
        let Self { ar1, ar10, ar100, ar_small, ar_medium, ar_large, .. } = *self;
        [ap, ap50, ap75, ap_small, ap_medium, ap_large, ar1, ar10, ar100, ar_small, ar_medium, ar_large]
    }
}

/// One value for each figure of precision.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Precisions<T> {
    #[serde(rename = "AP")]
    pub ap: T,
    #[serde(rename = "AP50")]
    pub ap50: T,
    #[serde(rename = "AP75")]
    pub ap75: T,
    #[serde(rename = "AP small")]
    pub ap_small: T,
    #[serde(rename = "AP medium")]
    pub ap_medium: T,
    #[serde(rename = "AP large")]
    pub ap_large: T,
}

impl<T> From<[T; 6]> for Precisions<T> {
    fn from([ap, ap50, ap75, ap_small, ap_medium, ap_large]: [T; 6]) -> Self {
        Self { ap, ap50, ap75, ap_small, ap_medium, ap_large }
    }
}

impl<T: Copy> Precisions<T> {
    /// In the order of [`Figures::NAMES`].
    pub fn to_array(&self) -> [T; 6] {
        let Self { ap, ap50, ap75, ap_small, ap_medium, ap_large } = *self;
        [ap, ap50, ap75, ap_small, ap_medium, ap_large]
    }
}

/// Those of one class; `None` = it is in no picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassFigures {
    /// Things to be found.
    pub things: u32,
    pub ap: Option<f64>,
    pub ap50: Option<f64>,
    pub ap75: Option<f64>,
}

/// Mean precision over the classes at each recall.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct PrecisionCurves {
    /// Over all IoU thresholds.
    pub mean: Vec<f64>,
    pub at_50: Vec<f64>,
    pub at_75: Vec<f64>,
}

pub(super) fn figures(tracks: &[[Track; SIZES]], weights: &ImageWeights) -> Figures {
    let [ap, ap50, ap75, ap_small, ap_medium, ap_large] = precisions(tracks, weights, &mut CurveScratch::default());
    let recall = |size: usize, most: usize| {
        let recalls = tracks.iter().filter_map(|track| track[size].recall(weights, most));
        mean(recalls.map(|r| mean_of(&r)))
    };
    Figures {
        ap,
        ap50,
        ap75,
        ap_small,
        ap_medium,
        ap_large,
        ar1: recall(0, 1),
        ar10: recall(0, 10),
        ar100: recall(0, 100),
        ar_small: recall(1, 100),
        ar_medium: recall(2, 100),
        ar_large: recall(3, 100),
    }
}

/// AP, AP50, AP75, AP small, AP medium, AP large.
pub(super) fn precisions(
    tracks: &[[Track; SIZES]],
    weights: &ImageWeights,
    scratch: &mut CurveScratch,
) -> [Option<f64>; 6] {
    let mut means = [Mean::default(); 6];
    for [all, small, medium, large] in tracks {
        if let Some(precision) = all.precision(weights, scratch) {
            means[0].add(mean_of(&precision));
            means[1].add(precision[0]);
            means[2].add(precision[AT_75]);
        }
        for (track, mean) in [small, medium, large].into_iter().zip(&mut means[3..]) {
            if let Some(precision) = track.precision(weights, scratch) {
                mean.add(mean_of(&precision));
            }
        }
    }
    means.map(|mean| mean.value())
}

pub(super) fn classes(tracks: &[[Track; SIZES]], weights: &ImageWeights) -> Vec<ClassFigures> {
    let mut scratch = CurveScratch::default();
    let of_class = |[all, ..]: &[Track; SIZES]| {
        let precision = all.precision(weights, &mut scratch);
        ClassFigures {
            things: all.things(weights),
            ap: precision.map(|p| mean_of(&p)),
            ap50: precision.map(|p| p[0]),
            ap75: precision.map(|p| p[AT_75]),
        }
    };
    tracks.iter().map(of_class).collect()
}

pub(super) fn curves(tracks: &[[Track; SIZES]], weights: &ImageWeights) -> PrecisionCurves {
    let mut scratch = CurveScratch::default();
    let mut curves = PrecisionCurves { mean: vec![0.0; RECALLS], at_50: vec![0.0; RECALLS], at_75: vec![0.0; RECALLS] };
    let of_classes: Vec<_> = tracks.iter().filter_map(|[all, ..]| all.curves(weights, &mut scratch)).collect();
    let classes = of_classes.len().max(1) as f64;
    for of_class in &of_classes {
        for recall in 0..RECALLS {
            curves.mean[recall] += of_class.iter().map(|c| c[recall]).sum::<f64>() / THRESHOLDS as f64 / classes;
            curves.at_50[recall] += of_class[0][recall] / classes;
            curves.at_75[recall] += of_class[AT_75][recall] / classes;
        }
    }
    curves
}

/// A mean of however many values come.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

/// `None` = there is no value.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut mean = Mean::default();
    values.for_each(|value| mean.add(value));
    mean.value()
}

pub(super) fn mean_of(values: &[f64; THRESHOLDS]) -> f64 {
    values.iter().sum::<f64>() / THRESHOLDS as f64
}
