//! Pictures that several models have been through, as far as they have come.

use super::bootstrap::{Bootstrap, Intervals, resample};
use super::curve::{CurveScratch, Track, tracks};
use super::figures::{self, ClassFigures, Figures, PrecisionCurves, mean, mean_of};
use super::matching::{FoundBox, MatchedBox, Thing, judge, things};
use super::{SIZES, Truth};

/// Collects pictures one by one. Takes some 30 bytes a detection, and keeps neither boxes nor pixels.
#[derive(Debug)]
pub struct Evaluation {
    classes: usize,
    /// How often each image of the truth counts: 1 when it is done, else 0.
    weights: Vec<u32>,
    things: Vec<Thing>,
    models: Vec<Vec<MatchedBox>>,
}

impl Evaluation {
    /// For this number of models; no picture is done yet.
    pub fn new(truth: &Truth, models: usize) -> Self {
        Self {
            classes: truth.categories.len(),
            weights: vec![0; truth.images.len()],
            things: Vec::new(),
            models: vec![Vec::new(); models],
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
        for (judged, found) in self.models.iter_mut().zip(found) {
            let first = judged.len();
            judge(image as u32, boxes, found, judged);
            alone.push(of_one(&judged[first..], things));
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
        self.models[model].len()
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

    /// How sure the figures of each model are, and their differences from the first.
    pub fn intervals(&self, bootstrap: &Bootstrap) -> Vec<Intervals> {
        let tracks: Vec<_> = (0..self.models.len()).map(|model| self.tracks(model)).collect();
        let images: Vec<u32> = (0..).zip(&self.weights).filter(|(_, w)| **w > 0).map(|(image, _)| image).collect();
        resample(bootstrap, &tracks, &images, self.weights.len())
    }

    fn tracks(&self, model: usize) -> Vec<[Track; SIZES]> {
        tracks(self.classes, &self.models[model], &self.things)
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
