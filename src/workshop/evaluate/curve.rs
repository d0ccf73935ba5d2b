//! Precision over recall of one class and size, for pictures that count any number of times.

use super::matching::{Marks, MatchedBox, Thing};
use super::{SIZES, THRESHOLDS};

/// Recalls at which precision is asked for: 0.00, 0.01, ... 1.00.
pub(super) const RECALL_POINTS: usize = 101;

/// The recalls at which precision is asked for, to the last bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecallGrid {
    /// As `numpy.linspace` gives them, and COCO's evaluation with it.
    Linspace,
    /// x / 100, as TIDE's program has them.
    Hundredths,
}

impl RecallGrid {
    fn at(self, place: usize) -> f64 {
        match self {
            Self::Linspace => place as f64 * 0.01,
            Self::Hundredths => place as f64 / 100.0,
        }
    }
}

/// How often each image counts, by its index: 1 each, or as often as it was drawn.
pub(super) type ImageWeights = [u32];

/// The detections of one class and size, highest score first.
#[derive(Debug, Default)]
pub(super) struct Track {
    entries: Vec<TrackEntry>,
    /// For each thing to be found, its image.
    things: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct TrackEntry {
    image: u32,
    marks: Marks,
    rank: u8,
}

/// One detection that is right: how many are by then, and how many counted.
#[derive(Clone, Copy, Debug)]
struct Point {
    right: u32,
    counted: u32,
}

/// Memory that is used again.
#[derive(Debug, Default)]
pub(super) struct CurveScratch {
    points: [Vec<Point>; THRESHOLDS],
}

/// Tracks by class and size.
pub(super) fn tracks(classes: usize, judged: &[MatchedBox], things: &[Thing]) -> Vec<[Track; SIZES]> {
    let mut tracks: Vec<[Track; SIZES]> = std::iter::repeat_with(Default::default).take(classes).collect();
    for thing in things {
        for (size, track) in tracks[thing.category as usize].iter_mut().enumerate() {
            if thing.sizes >> size & 1 == 1 {
                track.things.push(thing.image);
            }
        }
    }
    let mut order: Vec<&MatchedBox> = judged.iter().collect();
    // Equal scores go by image and rank, as in COCO's own evaluation.
    order.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.image.cmp(&b.image)).then(a.rank.cmp(&b.rank)));
    for j in order {
        for (track, marks) in tracks[j.category as usize].iter_mut().zip(j.sizes) {
            // One that never counts changes nothing.
            if marks.ignored != Marks::ALL {
                track.entries.push(TrackEntry { image: j.image, marks, rank: j.rank });
            }
        }
    }
    tracks
}

impl Track {
    /// Of detections with their image, highest score first, and of things, by their images.
    pub fn new(found: impl Iterator<Item = (u32, Marks)>, things: Vec<u32>) -> Self {
        Self { entries: found.map(|(image, marks)| TrackEntry { image, marks, rank: 0 }).collect(), things }
    }

    /// Whether there is anything: a thing or a detection.
    pub fn counts(&self, weights: &ImageWeights) -> bool {
        let counts = |image: u32| weights[image as usize] > 0;
        self.things.iter().any(|image| counts(*image)) || self.entries.iter().any(|entry| counts(entry.image))
    }

    /// Average precision at IoU 0.50 alone. `None` = nothing to find.
    pub fn precision_at_50(&self, weights: &ImageWeights, grid: RecallGrid, scratch: &mut CurveScratch) -> Option<f64> {
        let things = self.things(weights);
        (things > 0).then(|| {
            self.points(weights, scratch);
            let mut sum = 0.0;
            steps(&scratch.points[0], things, grid, |precision, from, to| sum += precision * (to - from) as f64);
            sum / RECALL_POINTS as f64
        })
    }

    /// How many things there are to find.
    pub fn things(&self, weights: &ImageWeights) -> u32 {
        self.things.iter().map(|image| weights[*image as usize]).sum()
    }

    /// Average precision at each IoU threshold: the mean precision over the recall points. `None` = nothing to find.
    pub fn precision(&self, weights: &ImageWeights, scratch: &mut CurveScratch) -> Option<[f64; THRESHOLDS]> {
        let things = self.things(weights);
        if things == 0 {
            return None;
        }
        self.points(weights, scratch);
        let mean = |points: &Vec<Point>| {
            let mut sum = 0.0;
            steps(points, things, RecallGrid::Linspace, |precision, from, to| sum += precision * (to - from) as f64);
            sum / RECALL_POINTS as f64
        };
        Some(scratch.points.each_ref().map(mean))
    }

    /// Precision at each recall point, by IoU threshold. `None` = nothing to find.
    pub fn curves(
        &self,
        weights: &ImageWeights,
        scratch: &mut CurveScratch,
    ) -> Option<[[f64; RECALL_POINTS]; THRESHOLDS]> {
        let things = self.things(weights);
        if things == 0 {
            return None;
        }
        self.points(weights, scratch);
        Some(scratch.points.each_ref().map(|points| {
            let mut curve = [0.0; RECALL_POINTS];
            steps(points, things, RecallGrid::Linspace, |precision, from, to| curve[from..to].fill(precision));
            curve
        }))
    }

    /// The part of the things that is found, by IoU threshold, with at most `most` detections a picture.
    pub fn recall(&self, weights: &ImageWeights, most: usize) -> Option<[f64; THRESHOLDS]> {
        let things = self.things(weights);
        let mut right = [0; THRESHOLDS];
        for entry in self.entries.iter().filter(|e| usize::from(e.rank) < most) {
            for (threshold, right) in right.iter_mut().enumerate() {
                *right += u32::from(entry.marks.right >> threshold & 1) * weights[entry.image as usize];
            }
        }
        (things > 0).then(|| right.map(|right| f64::from(right) / f64::from(things)))
    }

    /// Walks down the scores and notes every detection that is right.
    fn points(&self, weights: &ImageWeights, scratch: &mut CurveScratch) {
        scratch.points.iter_mut().for_each(Vec::clear);
        let (mut right, mut ignored) = ([0u32; THRESHOLDS], [0u32; THRESHOLDS]);
        let mut seen = 0;
        for entry in &self.entries {
            let weight = weights[entry.image as usize];
            if weight == 0 {
                continue;
            }
            seen += weight;
            // Most are wrong at every threshold, and need no more than this.
            let mut bits = entry.marks.right | entry.marks.ignored;
            while bits != 0 {
                let threshold = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if entry.marks.right >> threshold & 1 == 1 {
                    right[threshold] += weight;
                    let counted = seen - ignored[threshold];
                    scratch.points[threshold].push(Point { right: right[threshold], counted });
                } else {
                    ignored[threshold] += weight;
                }
            }
        }
    }
}

/// Tells the precision of each stretch of recall points, `from..to`. At a recall it is the highest of any detection that
/// reaches as far.
fn steps(points: &[Point], things: u32, grid: RecallGrid, mut tell: impl FnMut(f64, usize, usize)) {
    let mut best = 0.0_f64;
    for (place, point) in points.iter().enumerate().rev() {
        best = best.max(f64::from(point.right) / f64::from(point.counted));
        let reached = |right: u32| points_up_to(f64::from(right) / f64::from(things), grid);
        let from = place.checked_sub(1).map_or(0, |before| reached(points[before].right));
        let to = reached(point.right);
        if to > from {
            tell(best, from, to);
        }
    }
}

/// How many recall points are no higher than `recall`.
fn points_up_to(recall: f64, grid: RecallGrid) -> usize {
    // Close by; then exactly.
    let mut place = (recall * 100.0) as usize;
    while place + 1 < RECALL_POINTS && grid.at(place + 1) <= recall {
        place += 1;
    }
    while place > 0 && grid.at(place) > recall {
        place -= 1;
    }
    place.min(RECALL_POINTS - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_points_are_counted_exactly() {
        for things in 1..400u32 {
            for right in 1..=things {
                let recall = f64::from(right) / f64::from(things);
                for grid in [RecallGrid::Linspace, RecallGrid::Hundredths] {
                    let expected = (0..RECALL_POINTS).filter(|p| grid.at(*p) <= recall).count();
                    assert_eq!(points_up_to(recall, grid), expected, "{right} of {things}");
                }
            }
        }
    }

    /// Right, wrong, right of 4 things: precision 1 up to recall 0.25, then 2/3 up to 0.5, then nothing.
    #[test]
    fn a_small_curve_is_that_of_hand() {
        let entry = |image, right| TrackEntry { image, marks: Marks { right, ignored: 0 }, rank: 0 };
        let entries = vec![entry(0, Marks::ALL), entry(1, 0), entry(0, Marks::ALL)];
        let track = Track { entries, things: vec![0, 0, 1, 1] };
        let mut scratch = CurveScratch::default();
        let curve = track.curves(&[1, 1], &mut scratch).unwrap()[0];
        assert!(curve[..=25].iter().all(|p| *p == 1.0) && curve[26..=50].iter().all(|p| *p == 2.0 / 3.0));
        assert!(curve[51..].iter().all(|p| *p == 0.0));
        let precision = track.precision(&[1, 1], &mut scratch).unwrap()[0];
        assert!((precision - (26.0 + 25.0 * 2.0 / 3.0) / 101.0).abs() < 1e-12);
        assert_eq!(track.recall(&[1, 1], 100).unwrap()[0], 0.5);
        // Without the second picture, both of two are found and nothing is wrong.
        assert_eq!(track.precision(&[3, 0], &mut scratch).unwrap(), [1.0; THRESHOLDS]);
        assert_eq!(track.precision(&[0, 0], &mut scratch), None);
    }
}
