//! How sure figures are: the pictures are drawn again and again, with replacement, as if they were another set.

use std::thread;

use serde::{Deserialize, Serialize};

use super::SIZES;
use super::curve::{Scratch, Track};
use super::figures::precisions;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    pub resamples: usize,
    /// The same seed gives the same intervals, on however many threads.
    pub seed: u64,
    pub threads: usize,
}

impl Bootstrap {
    /// The middle part of the resamples that an interval holds.
    pub const LEVEL: f64 = 0.95;
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 1000, seed: 1, threads: 1 }
    }
}

/// Where a figure of other pictures of the same kind would lie, 19 times of 20.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// For AP, AP50, AP75, AP small, AP medium, AP large. `None` = there is nothing of that size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intervals {
    pub figures: [Option<Interval>; 6],
    /// Of the figure less that of the first model, both over the same draw. A picture that is hard is hard for both, so
    /// that the difference is far surer than either.
    pub differences: [Option<Interval>; 6],
}

/// `images`: those that are done; `all`: how many there are in the truth.
pub(super) fn resample(
    bootstrap: &Bootstrap,
    tracks: &[Vec<[Track; SIZES]>],
    images: &[u32],
    all: usize,
) -> Vec<Intervals> {
    let draws = draws(bootstrap, tracks, images, all);
    let interval = |value: &dyn Fn(&Draw) -> Option<f64>| interval(draws.iter().filter_map(value).collect());
    (0..tracks.len())
        .map(|model| Intervals {
            figures: std::array::from_fn(|figure| interval(&|draw| draw[model][figure])),
            differences: std::array::from_fn(|figure| interval(&|draw| Some(draw[model][figure]? - draw[0][figure]?))),
        })
        .collect()
}

/// The figures of each model over one draw.
type Draw = Vec<[Option<f64>; 6]>;

fn draws(bootstrap: &Bootstrap, tracks: &[Vec<[Track; SIZES]>], images: &[u32], all: usize) -> Vec<Draw> {
    if images.is_empty() {
        return Vec::new();
    }
    let draw = |number: usize, weights: &mut [u32], scratch: &mut Scratch| -> Draw {
        // Each draw has a seed of its own, so that threads change nothing.
        let mut random = Random::new(bootstrap.seed.wrapping_add(number as u64));
        weights.fill(0);
        images.iter().for_each(|_| weights[images[random.below(images.len())] as usize] += 1);
        tracks.iter().map(|of_model| precisions(of_model, weights, scratch)).collect()
    };
    let some = |numbers: std::ops::Range<usize>| -> Vec<Draw> {
        let (mut weights, mut scratch) = (vec![0; all], Scratch::default());
        numbers.map(|number| draw(number, &mut weights, &mut scratch)).collect()
    };
    let share = bootstrap.resamples.div_ceil(bootstrap.threads.max(1)).max(1);
    let shares: Vec<_> =
        (0..bootstrap.resamples).step_by(share).map(|start| start..(start + share).min(bootstrap.resamples)).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let work = share.clone();
                (share, thread::Builder::new().name("resample".into()).spawn_scoped(scope, || some(work)))
            })
            .collect();
        let done = |(share, worker): (_, std::io::Result<thread::ScopedJoinHandle<'_, Vec<Draw>>>)| {
            // A thread that the system does not give is done without.
            worker.ok().and_then(|worker| worker.join().ok()).unwrap_or_else(|| some(share))
        };
        workers.into_iter().flat_map(done).collect()
    })
}

/// The middle [`Bootstrap::LEVEL`] of the values, between neighbours in proportion.
fn interval(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |part: f64| {
        let place = part * last as f64;
        let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    let tail = (1.0 - Bootstrap::LEVEL) / 2.0;
    Some(Interval { low: at(tail), high: at(1.0 - tail) })
}

/// SplitMix64, after Steele, Lea and Flood (2014): small, and good enough to draw pictures with.
struct Random(u64);

impl Random {
    /// Seeds that are neighbours give draws that have nothing in common.
    fn new(seed: u64) -> Self {
        Self(Self(seed).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly among `0..end`, as evenly as 64 bits can.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_the_middle_of_the_values() {
        let values = (0..=1000).rev().map(f64::from).collect();
        let middle = interval(values).unwrap();
        assert!((middle.low - 25.0).abs() < 1e-9 && (middle.high - 975.0).abs() < 1e-9, "{middle:?}");
        assert_eq!(interval(vec![3.0]), Some(Interval { low: 3.0, high: 3.0 }));
        assert_eq!(interval(Vec::new()), None);
    }

    /// The first outputs for seed 0, as every implementation of SplitMix64 gives them.
    #[test]
    fn random_numbers_are_those_of_the_paper() {
        let mut random = Random(0);
        assert_eq!([random.next(), random.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[random.below(7)] += 1);
        assert!(counts.iter().all(|c| (9_500..10_500).contains(c)), "{counts:?}");
    }
}
