//! What each kind of error costs, after TIDE: how much higher AP50 would be without the errors of that kind.
//!
//! The numbers equal those of the authors' program `tidecv` 1.0.1, also where that differs from COCO: a class with detections
//! and without objects has an AP of 0 and counts, recall is asked for at x / 100, and detections in a crowd can be errors that
//! mending turns into right ones.

use super::curve::{CurveScratch, RecallGrid, Track};
use super::matching::Marks;
use super::score_sweep::ScoreSweep;
use crate::compare::truth::{BoxJudgement, ErrorKind, FoundBox, Judgement, ObjectJudgement, TruthBox, TruthOutcome};

/// Kinds of error.
const KINDS: usize = ErrorKind::ALL.len();

/// What TIDE needs of one model's pictures, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct TideRecord {
    found: Vec<TideBox>,
    objects: Vec<TideObject>,
}

/// A detection.
#[derive(Clone, Copy, Debug)]
struct TideBox {
    image: u32,
    category: u32,
    score: f32,
    outcome: TruthOutcome,
    error: Option<ErrorKind>,
    /// The class that it is right in, once its error is mended. `None` = mending takes it away.
    mended: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct TideObject {
    image: u32,
    category: u32,
    missed: bool,
}

impl TideRecord {
    /// `judged` are all boxes that were found, strongest first.
    pub fn add(&mut self, image: u32, objects: &[TruthBox], found: &[FoundBox], judged: &Judgement) {
        for (place, (found, of_it)) in found.iter().zip(&judged.boxes).enumerate() {
            let BoxJudgement { outcome, error, object, .. } = *of_it;
            let mends = object.filter(|object| judged.objects[*object] == ObjectJudgement::Mistaken(place));
            let mended = match error {
                Some(ErrorKind::Classification | ErrorKind::Localization) => {
                    mends.map(|object| objects[object].category as u32)
                }
                _ => None,
            };
            let (category, score) = (found.category as u32, found.score);
            self.found.push(TideBox { image, category, score, outcome, error, mended });
        }
        for (object, of_it) in objects.iter().zip(&judged.objects).filter(|(object, _)| !object.crowd) {
            let missed = *of_it == ObjectJudgement::Missed;
            self.objects.push(TideObject { image, category: object.category as u32, missed });
        }
    }

    /// How many errors of each kind there are.
    pub fn counts(&self) -> [usize; KINDS] {
        ErrorKind::ALL.map(|kind| match kind {
            ErrorKind::Missed => self.objects.iter().filter(|object| object.missed).count(),
            _ => self.found.iter().filter(|found| found.error == Some(kind)).count(),
        })
    }

    /// Over the score threshold.
    pub fn score_sweep(&self) -> ScoreSweep {
        let counted = self.found.iter().filter(|found| found.outcome != TruthOutcome::Ignored);
        ScoreSweep::new(counted.map(|found| (found.score, found.outcome == TruthOutcome::True)), self.objects.len())
    }

    /// The curves as they are, and with each kind mended.
    pub fn curves(&self, classes: usize) -> TideCurves {
        let all = |mended: Option<ErrorKind>| self.tracks(classes, mended);
        TideCurves { as_is: all(None), mended: ErrorKind::ALL.map(|kind| all(Some(kind))) }
    }

    fn tracks(&self, classes: usize, mended: Option<ErrorKind>) -> Vec<Track> {
        let mut points: Vec<Vec<(f32, u32, bool)>> = vec![Vec::new(); classes];
        let is_right = |found: &TideBox| found.outcome == TruthOutcome::True;
        // In the order of tidecv, which decides among equal scores: as they came; with errors mended, those first.
        let (first, second): (Vec<&TideBox>, Vec<&TideBox>) = match mended {
            None => (self.found.iter().collect(), Vec::new()),
            Some(_) => self.found.iter().partition(|found| !is_right(found)),
        };
        for found in first.into_iter().chain(second) {
            let point = if mended.is_some() && found.error == mended {
                found.mended.map(|category| (category, true))
            } else if found.outcome == TruthOutcome::Ignored {
                None
            } else {
                Some((found.category, is_right(found)))
            };
            if let Some((category, right)) = point {
                points[category as usize].push((found.score, found.image, right));
            }
        }
        let counts = |object: &&TideObject| !(object.missed && mended == Some(ErrorKind::Missed));
        let mut objects: Vec<Vec<u32>> = vec![Vec::new(); classes];
        for object in self.objects.iter().filter(counts) {
            objects[object.category as usize].push(object.image);
        }
        let track = |(mut points, objects): (Vec<(f32, u32, bool)>, Vec<u32>)| {
            points.sort_by(|a, b| b.0.total_cmp(&a.0));
            let marks = |right: bool| Marks { right: u16::from(right), ignored: 0 };
            Track::new(points.into_iter().map(|(_, image, right)| (image, marks(right))), objects)
        };
        points.into_iter().zip(objects).map(track).collect()
    }
}

/// One model's curves by class.
pub(super) struct TideCurves {
    as_is: Vec<Track>,
    mended: [Vec<Track>; KINDS],
}

impl TideCurves {
    /// By kind, how much AP50 rises when its errors are mended; never less than 0.
    pub fn losses(&self, weights: &[u32], scratch: &mut CurveScratch) -> [f64; KINDS] {
        let as_is = mean_precision(&self.as_is, weights, scratch);
        self.mended.each_ref().map(|tracks| (mean_precision(tracks, weights, scratch) - as_is).max(0.0))
    }

    /// AP50 as TIDE has it.
    pub fn precision(&self, weights: &[u32], scratch: &mut CurveScratch) -> f64 {
        mean_precision(&self.as_is, weights, scratch)
    }
}

/// Over the classes with objects or detections.
fn mean_precision(tracks: &[Track], weights: &[u32], scratch: &mut CurveScratch) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for track in tracks.iter().filter(|track| track.counts(weights)) {
        sum += track.precision_at_50(weights, RecallGrid::Hundredths, scratch).unwrap_or(0.0);
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}
