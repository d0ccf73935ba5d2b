//! How sure figures are: halves of the pictures are drawn again and again, and stand for smaller sets of the same kind.
//!
//! Average precision over few pictures is too high: of a rare class there are a few objects, and precision at a recall is the
//! highest beyond it. So the figure of half of the pictures lies above that of all of them, and that above the figure of
//! the kind of pictures, by about as much; an interval has to take that off. The bootstrap, which draws with replacement, has
//! the same picture several times and sees less than that: over 60 pictures of COCO its basic 95 % interval of AP holds the
//! figure of the kind in 75 to 87 of 100 cases, and its percentiles in 29 to 36. Halves without replacement (the delete-half
//! jackknife of Shao and Wu, 1989) have no picture twice, and the spread of their figures is the standard error of the whole.
//!
//! ```text
//! measured + shift · (measured − mean of the halves)  ±  widening · t(0.975, pictures − 1) · standard deviation of the halves
//! ```
//!
//! A shift of 1 is right for what falls with the number of pictures n as 1/n; figures fall more slowly, for rare classes come
//! and go, and 1.5 stands for n to the power of −0.74. The shift varies from sample to sample too, which the spread does not
//! know: the widening makes up for it. Both were chosen by simulation ([`Correction`]), and what the intervals cover
//! is measured by `tests/workshop/coverage.rs`, which writes `tests/data/coverage.txt`: on pictures of the same kinds as they were
//! chosen on, so that others may be covered less.

use std::thread;

use serde::{Deserialize, Serialize};

use super::curve::{CurveScratch, ImageWeights};
use super::random::Random;

/// How an interval differs from one that is as wide as the spread of the halves, around what was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Correction {
    shift: f64,
    widening: f64,
}

impl Correction {
    pub const FIGURE: Self = Self { shift: 1.5, widening: 1.3 };

    /// Small objects are many in few pictures.
    pub const SMALL: Self = Self { shift: 1.5, widening: 1.5 };

    /// Of large objects there are fewest, and in most classes.
    pub const LARGE: Self = Self { shift: 2.0, widening: 1.5 };

    /// In differences most of the error of both goes away.
    pub const DIFFERENCE: Self = Self { shift: 1.0, widening: 1.2 };

    pub const SMALL_DIFFERENCE: Self = Self { shift: 1.0, widening: 1.4 };

    /// What a kind of error costs grows with the number of pictures, which halves know little of.
    pub const LOSS: Self = Self { shift: 2.0, widening: 2.2 };

    pub const LOSS_DIFFERENCE: Self = Self { shift: 1.0, widening: 2.0 };
}

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    pub resamples: usize,
    /// The same seed gives the same intervals, on however many threads.
    pub seed: u64,
    pub threads: usize,
}

impl Resampling {
    /// How often an interval holds the figure of the kind of pictures.
    pub const LEVEL: f64 = 0.95;

    /// What intervals are made by.
    pub const METHOD: &str = "half-samples without replacement, bias-corrected";

    /// How often the intervals held the figure in simulations, at worst and at best over AP, AP50, AP75 and their paired
    /// differences: to be taken from `tests/data/coverage.txt`. `None` = it was not measured with the corrections in use.
    pub const COVERAGE: Option<[f64; 2]> = Some([0.915, 0.985]);

    /// The corrections of the intervals, as a measurement of their coverage records them: it says nothing of others.
    pub fn corrections() -> String {
        let all = [
            ("figures", Correction::FIGURE),
            ("AP small", Correction::SMALL),
            ("AP large", Correction::LARGE),
            ("differences", Correction::DIFFERENCE),
            ("of AP small", Correction::SMALL_DIFFERENCE),
            ("losses", Correction::LOSS),
            ("their differences", Correction::LOSS_DIFFERENCE),
        ];
        all.map(|(of, Correction { shift, widening })| format!("{of} {shift} {widening}")).join(", ")
    }
}

impl Default for Resampling {
    fn default() -> Self {
        Self { resamples: 1000, seed: 1, threads: 1 }
    }
}

/// Where the figure over all pictures of the kind lies, 19 times of 20.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// A figure itself, unlike a difference, is between 0 and 1.
    pub(super) fn of_figure(self) -> Self {
        Self { low: self.low.clamp(0.0, 1.0), high: self.high.clamp(0.0, 1.0) }
    }
}

/// The figures of all pictures, and of each half that was drawn; in an order of their own.
pub(super) struct Halves {
    pictures: usize,
    measured: Vec<Option<f64>>,
    drawn: Vec<Vec<Option<f64>>>,
}

impl Halves {
    /// `images`: those that are done; `all`: how many there are in the truth; `figures` of pictures that count as often as it
    /// is told.
    pub fn draw(
        resampling: &Resampling,
        images: &[u32],
        all: usize,
        figures: impl Fn(&ImageWeights, &mut CurveScratch) -> Vec<Option<f64>> + Sync,
    ) -> Self {
        let mut once = vec![0; all];
        images.iter().for_each(|image| once[*image as usize] = 1);
        let measured = figures(&once, &mut CurveScratch::default());
        // Of one picture there is no half.
        let resamples = if images.len() < 2 { 0 } else { resampling.resamples };
        let drawn = draws(Resampling { resamples, ..*resampling }, images, all, &figures);
        Self { pictures: images.len(), measured, drawn }
    }

    /// Of one figure, or of what is made of several. `None` = there is nothing of the kind, or not in most of the halves.
    pub fn interval(&self, correction: Correction, figure: impl Fn(&[Option<f64>]) -> Option<f64>) -> Option<Interval> {
        let measured = figure(&self.measured)?;
        let drawn: Vec<f64> = self.drawn.iter().filter_map(|figures| figure(figures)).collect();
        if drawn.len() * 2 < self.drawn.len() || drawn.len() < 2 {
            return None;
        }
        let count = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / count;
        let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        // Both 1 when the number of pictures is even.
        let (half, rest) = (self.pictures / 2, self.pictures.div_ceil(2));
        let share = half as f64 / rest as f64;
        let middle = measured - correction.shift * share * (mean - measured);
        let far = correction.widening * student(self.pictures as f64 - 1.0) * (share * variance).sqrt();
        Some(Interval { low: middle - far, high: middle + far })
    }
}

/// The 0.975 quantile of Student's t, after Cornish and Fisher.
fn student(freedom: f64) -> f64 {
    let z: f64 = 1.959_964;
    let first = (z.powi(3) + z) / (4.0 * freedom);
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom.powi(2));
    z + first + second
}

fn draws(
    resampling: Resampling,
    images: &[u32],
    all: usize,
    figures: &(impl Fn(&ImageWeights, &mut CurveScratch) -> Vec<Option<f64>> + Sync),
) -> Vec<Vec<Option<f64>>> {
    let draw = |number: usize, order: &mut Vec<u32>, weights: &mut [u32], scratch: &mut CurveScratch| {
        // Each draw has a seed and an order of its own, so that threads change nothing.
        let mut random = Random::new(resampling.seed.wrapping_add(number as u64));
        order.clear();
        order.extend_from_slice(images);
        weights.fill(0);
        for place in 0..images.len() / 2 {
            let other = place + random.below(images.len() - place);
            order.swap(place, other);
            weights[order[place] as usize] = 1;
        }
        figures(weights, scratch)
    };
    let some = |numbers: std::ops::Range<usize>| -> Vec<_> {
        let (mut order, mut weights, mut scratch) = (Vec::new(), vec![0; all], CurveScratch::default());
        numbers.map(|number| draw(number, &mut order, &mut weights, &mut scratch)).collect()
    };
    let Resampling { resamples, threads, .. } = resampling;
    let share = resamples.div_ceil(threads.max(1)).max(1);
    let shares: Vec<_> = (0..resamples).step_by(share).map(|start| start..(start + share).min(resamples)).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let work = share.clone();
                (share, thread::Builder::new().name("resample".into()).spawn_scoped(scope, || some(work)))
            })
            .collect();
        // A thread that the system does not give is done without.
        let done = |(share, worker): (_, std::io::Result<thread::ScopedJoinHandle<'_, Vec<_>>>)| {
            worker.ok().and_then(|worker| worker.join().ok()).unwrap_or_else(|| some(share))
        };
        workers.into_iter().flat_map(done).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of 100 numbers, whose standard error is known and which no correction moves.
    #[test]
    fn the_interval_of_a_mean_is_that_of_student() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100)).collect();
        let mean = |weights: &ImageWeights, _: &mut CurveScratch| {
            let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * f64::from(*weight)).sum();
            vec![Some(sum / f64::from(weights.iter().sum::<u32>())), None]
        };
        let images: Vec<u32> = (0..100).collect();
        let halves = Halves::draw(&Resampling { resamples: 20_000, ..Resampling::default() }, &images, 100, mean);
        let Interval { low, high } = halves.interval(Correction::DIFFERENCE, |figures| figures[0]).unwrap();
        // The standard deviation of 0 to 99 is 29.011; t(0.975, 99) is 1.9842.
        let far = 1.2 * 1.9842 * 29.011 / 10.0;
        assert!((low - (49.5 - far)).abs() < 0.12 && (high - (49.5 + far)).abs() < 0.12, "{low} to {high}, ±{far}");
        assert_eq!(halves.interval(Correction::DIFFERENCE, |figures| figures[1]), None);
    }

    #[test]
    fn of_one_picture_there_is_no_interval() {
        let figures = |_: &ImageWeights, _: &mut CurveScratch| vec![Some(0.5)];
        let interval = |images: &[u32]| {
            let halves = Halves::draw(&Resampling::default(), images, images.len(), figures);
            halves.interval(Correction::FIGURE, |figures| figures[0])
        };
        assert_eq!(interval(&[0]), None);
        assert_eq!(interval(&[0, 1]), Some(Interval { low: 0.5, high: 0.5 }));
    }

    #[test]
    fn students_quantiles_are_those_of_tables() {
        for (freedom, expected) in [(9.0, 2.2622), (29.0, 2.0452), (99.0, 1.9842)] {
            assert!((student(freedom) - expected).abs() < 0.004, "{freedom}: {}", student(freedom));
        }
    }
}
