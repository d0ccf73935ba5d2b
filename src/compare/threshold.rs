//! The score threshold at which B agrees best with A.

use super::pairing::{choose, overlaps};
use super::{FLOOR, ModelInput, Pair};
use crate::detect::{Detection, Postprocessor, RankedCandidates, Thresholds};

/// A threshold for B and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestThreshold {
    /// For B.
    pub score: f32,
    /// F1 over all frames at B's threshold as it was.
    pub before: f64,
    /// F1 over all frames at `score`.
    pub after: f64,
}

/// Collects frames, then solves. Exact over all thresholds from [`FLOOR`] (or B's own, where that is lower) to 1: F1
/// changes only where a box of B appears, and the boxes at a threshold are the first ones of those at the floor.
#[derive(Debug, Default)]
pub struct ThresholdSearch {
    of_a: Postprocessor,
    of_b: Postprocessor,
    steps: ThresholdSteps,
}

/// What every frame adds.
#[derive(Debug, Default)]
struct ThresholdSteps {
    options: Vec<Pair>,
    /// Those of the boxes of B that have appeared.
    open: Vec<Pair>,
    taken_a: Vec<bool>,
    taken_b: Vec<bool>,
    /// Each box of B at its frame's floor.
    steps: Vec<ThresholdStep>,
    /// Boxes of A.
    a: usize,
    /// The highest of the frames' floors: below it, boxes of some frame are missing.
    floor: Option<f32>,
}

/// A box of B appears below its score.
#[derive(Clone, Copy, Debug)]
struct ThresholdStep {
    score: f32,
    /// What that does to the number of matched pairs.
    matched: i64,
}

/// Counts at a range of thresholds.
#[derive(Clone, Copy, Debug)]
struct Level {
    matched: i64,
    boxes: i64,
}

impl Level {
    /// Half of F1, as numerator and denominator.
    fn ratio(self) -> [i64; 2] {
        if self.boxes == 0 { [1, 2] } else { [self.matched, self.boxes] }
    }

    fn f1(self) -> f64 {
        let [matched, boxes] = self.ratio();
        2.0 * matched as f64 / boxes as f64
    }
}

impl ThresholdSearch {
    /// Takes one frame more. A is seen at its own thresholds, B at its own NMS IoU.
    pub fn add(&mut self, a: &ModelInput<'_>, b: &ModelInput<'_>) {
        let lowered = lowered(b.thresholds);
        let of_a = self.of_a.run(a.form, a.heads, a.letterbox, a.thresholds);
        let of_b = self.of_b.run(b.form, b.heads, b.letterbox, lowered);
        self.steps.add(of_a, of_b, lowered.score);
    }

    /// The same from kept candidates of A and of B, at their thresholds; no threshold below the highest floor of B's
    /// candidates is considered.
    pub fn add_ranked(&mut self, [(a, of_a), (b, of_b)]: [(&RankedCandidates, Thresholds); 2]) {
        let lowered = lowered(of_b);
        let lowered = Thresholds { score: lowered.score.max(b.floor()), ..lowered };
        self.steps.add(self.of_a.run_ranked(a, of_a), self.of_b.run_ranked(b, lowered), lowered.score);
    }

    /// The threshold of the highest F1 over all frames together; of equal ones the one nearest to `now`, which is
    /// B's threshold at present.
    pub fn best(&mut self, now: f32) -> BestThreshold {
        self.steps.best(now)
    }
}

/// Thresholds at which every box of B is seen that some threshold could show.
fn lowered(thresholds: Thresholds) -> Thresholds {
    Thresholds { score: FLOOR.min(thresholds.score), ..thresholds }
}

impl ThresholdSteps {
    /// Takes the boxes of A at its thresholds, and those of B at the floor.
    fn add(&mut self, of_a: &[Detection], of_b: &[Detection], floor: f32) {
        self.floor = Some(self.floor.map_or(floor, |f| f.max(floor)));
        self.a += of_a.len();
        overlaps(of_a, of_b, |i, j| of_a[i].class_id == of_b[j].class_id, &mut self.options);
        let mut before = 0;
        for (j, detection) in of_b.iter().enumerate() {
            // A box that overlaps nothing changes no pair.
            if self.options.iter().any(|pair| pair.b == j) {
                self.open.clear();
                self.open.extend(self.options.iter().filter(|pair| pair.b <= j));
                self.taken_a.clear();
                self.taken_a.resize(of_a.len(), false);
                self.taken_b.clear();
                self.taken_b.resize(of_b.len(), false);
                let mut matched = 0;
                choose(&self.open, &mut self.taken_a, &mut self.taken_b, |_| matched += 1);
                self.steps.push(ThresholdStep { score: detection.score, matched: matched - before });
                before = matched;
            } else {
                self.steps.push(ThresholdStep { score: detection.score, matched: 0 });
            }
        }
    }

    fn best(&mut self, now: f32) -> BestThreshold {
        self.steps.sort_unstable_by(|x, y| y.score.total_cmp(&x.score).then(x.matched.cmp(&y.matched)));
        let floor = self.floor.unwrap_or(FLOOR);
        let mut level = Level { matched: 0, boxes: self.a as i64 };
        let mut upper = f32::INFINITY;
        let mut best: Option<(Level, f32)> = None;
        let mut before = level;
        let whole = self.steps.partition_point(|step| step.score > floor);
        let mut rest = &self.steps[..whole];
        loop {
            let lower = rest.first().map_or(floor, |step| step.score);
            // At these thresholds the boxes are the same: lower ≤ threshold < upper.
            let here = within(lower, upper, now);
            if lower <= now && now < upper {
                before = level;
            }
            let better = best.is_none_or(|(other, threshold)| {
                // Exact, where two quotients might round apart.
                let ([mine, of], [others, of_others]) = (level.ratio(), other.ratio());
                let (mine, others) = (mine * of_others, others * of);
                mine > others || (mine == others && (here - now).abs() < (threshold - now).abs())
            });
            if better {
                best = Some((level, here));
            }
            let Some(step) = rest.first() else { break };
            upper = step.score;
            while let Some((step, others)) = rest.split_first().filter(|(step, _)| step.score == upper) {
                level = Level { matched: level.matched + step.matched, boxes: level.boxes + 1 };
                rest = others;
            }
        }
        let (level, score) = best.unwrap_or((level, now));
        BestThreshold { score, before: before.f1(), after: level.f1() }
    }
}

/// A threshold with `lower ≤ threshold < upper`: `now` where that is one, else the roundest near the middle.
fn within(lower: f32, upper: f32, now: f32) -> f32 {
    let fits = |t: &f32| lower <= *t && *t < upper;
    let middle = lower + (upper.min(1.0) - lower) / 2.0;
    let rounded = [100.0, 1000.0, 10_000.0].map(|steps: f32| (middle * steps).round() / steps);
    [now].into_iter().chain(rounded).chain([middle]).find(fits).unwrap_or(lower)
}
