//! Pictures that several models have been through, as far as they have come.

use super::curve::{CurveScratch, ImageWeights, Track, tracks};
use super::figures::{self, ClassFigures, Figures, PrecisionCurves, mean, mean_of};
use super::intervals::Intervals;
use super::matching::{MatchedBox, Thing, judge, things};
use super::resampling::{Halves, Resampling};
use super::score_sweep::ScoreSweep;
use super::tide::{TideCurves, TideRecord};
use super::working_point::WorkingPoint;
use super::{MAX_PER_IMAGE, SIZES, Truth};
use crate::compare::truth::{ErrorKind, FoundBox, judge_boxes};
use crate::detect::Thresholds;

/// Collects pictures one by one. Takes some 60 bytes a detection, and keeps neither boxes nor pixels.
#[derive(Debug)]
pub struct Evaluation {
    classes: usize,
    /// How often each image of the truth counts: 1 when it is done, else 0.
    weights: Vec<u32>,
    things: Vec<Thing>,
    models: Vec<OfOneModel>,
}

/// What is kept of a model.
#[derive(Clone, Debug, Default)]
struct OfOneModel {
    matched: Vec<MatchedBox>,
    tide: TideRecord,
    working: WorkingPoint,
}

/// The errors of one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TideErrors {
    /// AP50 as TIDE has it, where classes without objects count too.
    pub ap50: f64,
    /// By [`ErrorKind::ALL`]: how many there are.
    pub counts: [usize; ErrorKind::ALL.len()],
    /// How much AP50 rises once they are mended.
    pub losses: [f64; ErrorKind::ALL.len()],
}

impl Evaluation {
    /// For this number of models; no picture is done yet.
    pub fn new(truth: &Truth, models: usize) -> Self {
        Self {
            classes: truth.categories.len(),
            weights: vec![0; truth.images.len()],
            things: Vec::new(),
            models: vec![OfOneModel::default(); models],
        }
    }

    /// Adds what each model found in the image at this place of the truth, which must not have come before. Gives, for
    /// each model, the AP of this picture alone: `None` where there is nothing to find in it.
    pub fn add(&mut self, truth: &Truth, image: usize, found: &[Vec<FoundBox>]) -> Vec<Option<f64>> {
        let boxes = &truth.images[image].boxes;
        self.weights[image] = 1;
        let first = self.things.len();
        self.things.extend(things(image as u32, boxes));
        let things = &self.things[first..];
        let mut alone = Vec::with_capacity(found.len());
        for (model, found) in self.models.iter_mut().zip(found) {
            let first = model.matched.len();
            judge(image as u32, boxes, found, &mut model.matched);
            alone.push(of_one(&model.matched[first..], things));
            let mut strongest = found.clone();
            // Stable, so that equal scores keep the detector's order.
            strongest.sort_by(|a, b| b.score.total_cmp(&a.score));
            strongest.truncate(MAX_PER_IMAGE);
            model.tide.add(image as u32, boxes, &strongest, &judge_boxes(boxes, &strongest));
            let seen = strongest.partition_point(|found| found.score > Thresholds::LIVE.score);
            model.working.add(boxes, &strongest[..seen], &judge_boxes(boxes, &strongest[..seen]));
        }
        alone
    }

    /// How many pictures are done.
    pub fn pictures(&self) -> usize {
        self.weights.iter().filter(|w| **w > 0).count()
    }

    /// Things to be found in those pictures: all, small, medium, large.
    pub fn things(&self) -> [usize; 4] {
        std::array::from_fn(|size| self.things.iter().filter(|t| t.sizes >> size & 1 == 1).count())
    }

    /// Detections of a model that were matched.
    pub fn found(&self, model: usize) -> usize {
        self.models[model].matched.len()
    }

    /// COCO's twelve figures of a model, over the pictures so far.
    pub fn figures(&self, model: usize) -> Figures {
        figures::figures(&self.tracks(model), &self.weights)
    }

    /// By place in the categories of the truth.
    pub fn classes(&self, model: usize) -> Vec<ClassFigures> {
        figures::classes(&self.tracks(model), &self.weights)
    }

    /// Precision over recall of a model, over the pictures so far.
    pub fn curves(&self, model: usize) -> PrecisionCurves {
        figures::curves(&self.tracks(model), &self.weights)
    }

    /// TIDE's errors of a model.
    pub fn errors(&self, model: usize) -> TideErrors {
        let OfOneModel { tide, .. } = &self.models[model];
        let (curves, mut scratch) = (tide.curves(self.classes), CurveScratch::default());
        TideErrors {
            ap50: curves.precision(&self.weights, &mut scratch),
            counts: tide.counts(),
            losses: curves.losses(&self.weights, &mut scratch),
        }
    }

    /// What a model shows above the score at which a person looks at it.
    pub fn working_point(&self, model: usize) -> &WorkingPoint {
        &self.models[model].working
    }

    /// Precision, recall and F1 of a model over the score threshold.
    pub fn score_sweep(&self, model: usize) -> ScoreSweep {
        self.models[model].tide.score_sweep()
    }

    /// How sure the figures and errors of each model are, and their differences from the first.
    pub fn intervals(&self, resampling: &Resampling) -> Vec<Intervals> {
        let models: Vec<(Vec<[Track; SIZES]>, TideCurves)> = (0..self.models.len())
            .map(|model| (self.tracks(model), self.models[model].tide.curves(self.classes)))
            .collect();
        let images: Vec<u32> = (0..).zip(&self.weights).filter(|(_, w)| **w > 0).map(|(image, _)| image).collect();
        let figures = |weights: &ImageWeights, scratch: &mut CurveScratch| {
            let of_model = |(tracks, tide): &(Vec<[Track; SIZES]>, TideCurves)| {
                let precisions = figures::precisions(tracks, weights, scratch);
                precisions.into_iter().chain(tide.losses(weights, scratch).map(Some)).collect::<Vec<_>>()
            };
            models.iter().flat_map(of_model).collect()
        };
        let halves = Halves::draw(resampling, &images, self.weights.len(), figures);
        (0..self.models.len()).map(|model| Intervals::of(&halves, model)).collect()
    }

    fn tracks(&self, model: usize) -> Vec<[Track; SIZES]> {
        tracks(self.classes, &self.models[model].matched, &self.things)
    }
}

/// The AP of one picture, over the classes that are in it.
fn of_one(judged: &[MatchedBox], things: &[Thing]) -> Option<f64> {
    let mut classes: Vec<u32> = things.iter().map(|thing| thing.category).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut scratch = CurveScratch::default();
    mean(classes.into_iter().filter_map(|class| {
        let judged: Vec<MatchedBox> =
            judged.iter().filter(|j| j.category == class).map(|j| MatchedBox { category: 0, image: 0, ..*j }).collect();
        let of_class = things.iter().filter(|thing| thing.category == class);
        let things: Vec<Thing> = of_class.map(|thing| Thing { category: 0, image: 0, ..*thing }).collect();
        let precision = tracks(1, &judged, &things).first()?[0].precision(&[1], &mut scratch)?;
        Some(mean_of(&precision))
    }))
}
