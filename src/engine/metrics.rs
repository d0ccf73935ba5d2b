//! Frame rates and percentiles that do not flatter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back a rate looks.
pub const RATE_WINDOW: Duration = Duration::from_secs(2);

/// How many time stamps a rate keeps: two seconds at 128 frames per second.
const STAMPS: usize = 256;

/// How many durations percentiles look at.
pub const SAMPLES: usize = 120;

/// A rate over the last two seconds.
#[derive(Clone, Debug)]
pub struct Rate {
    stamps: VecDeque<Instant>,
}

impl Rate {
    pub fn new() -> Self {
        Self { stamps: VecDeque::with_capacity(STAMPS) }
    }

    /// Something happened. Times must not go backwards.
    pub fn mark(&mut self, at: Instant) {
        if self.stamps.len() == STAMPS {
            self.stamps.pop_front();
        }
        self.stamps.push_back(at);
    }

    /// When it last happened.
    pub fn last(&self) -> Option<Instant> {
        self.stamps.back().copied()
    }

    /// How often per second; `None` = fewer than two yet.
    ///
    /// The mean distance of the stamps. While the next one is overdue, the time that passed since counts as a
    /// distance too, so that the rate falls as soon as nothing comes, and is 0 after [`RATE_WINDOW`].
    pub fn per_second(&self, now: Instant) -> Option<f32> {
        let age = |stamp: &Instant| now.saturating_duration_since(*stamp);
        let [.., before_last, last] = [self.stamps.iter().nth_back(1)?, self.stamps.back()?];
        if age(last) >= RATE_WINDOW {
            return Some(0.0);
        }
        let inside = self.stamps.iter().rev().take_while(|stamp| age(stamp) < RATE_WINDOW).count();
        // A slow source has but one stamp in the window: its distance to the one before is what is known.
        let count = inside.max(2);
        let first = if count == 2 { before_last } else { self.stamps.get(self.stamps.len() - count)? };
        let between = last.saturating_duration_since(*first).as_secs_f64() / (count - 1) as f64;
        let until_now = age(first).as_secs_f64() / count as f64;
        let distance = between.max(until_now);
        (distance > 0.0).then(|| (1.0 / distance) as f32)
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self::new()
    }
}

/// The last durations of one stage.
#[derive(Clone, Debug)]
pub struct Samples {
    ring: VecDeque<Duration>,
}

impl Samples {
    pub fn new() -> Self {
        Self { ring: VecDeque::with_capacity(SAMPLES) }
    }

    /// Adds one duration; the oldest makes room.
    pub fn add(&mut self, took: Duration) {
        if self.ring.len() == SAMPLES {
            self.ring.pop_front();
        }
        self.ring.push_back(took);
    }

    /// `None` = there are none yet.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let mut sorted = [Duration::ZERO; SAMPLES];
        let sorted = sorted.get_mut(..self.ring.len()).filter(|s| !s.is_empty())?;
        sorted.iter_mut().zip(&self.ring).for_each(|(to, from)| *to = *from);
        sorted.sort_unstable();
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100) - 1];
        Some(Percentiles { p50: rank(50), p95: rank(95), p99: rank(99), samples: sorted.len() })
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self::new()
    }
}

/// By nearest rank: each is a duration that did occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    pub p50: Duration,
    pub p95: Duration,
    pub p99: Duration,
    /// Over how many durations; at most [`SAMPLES`].
    pub samples: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(40);

    fn steady(frames: u32) -> (Rate, Instant) {
        let start = Instant::now();
        let mut rate = Rate::new();
        (0..frames).for_each(|i| rate.mark(start + FRAME * i));
        (rate, start + FRAME * (frames - 1))
    }

    fn close(rate: Option<f32>, expected: f32) -> bool {
        rate.is_some_and(|r| (r - expected).abs() < expected * 1e-3 + 1e-6)
    }

    #[test]
    fn one_frame_has_no_rate() {
        let (rate, last) = steady(1);
        assert_eq!(Rate::new().per_second(last), None);
        assert_eq!(rate.per_second(last + Duration::from_secs(9)), None);
    }

    #[test]
    fn a_steady_source_has_its_rate_from_the_second_frame_on_and_between_frames() {
        for frames in [2, 3, 50, 1000] {
            let (rate, last) = steady(frames);
            assert!(close(rate.per_second(last), 25.0), "{frames}: {:?}", rate.per_second(last));
            assert!(close(rate.per_second(last + FRAME), 25.0), "{frames}: {:?}", rate.per_second(last + FRAME));
        }
    }

    #[test]
    fn the_rate_falls_to_zero_when_nothing_comes() {
        let (rate, last) = steady(100);
        let mut before = 25.1;
        for late in [100, 500, 1000, 1500, 1990] {
            let now = rate.per_second(last + Duration::from_millis(late)).unwrap();
            assert!(now < before && now > 0.0, "{late} ms: {now}");
            before = now;
        }
        assert_eq!(rate.per_second(last + RATE_WINDOW), Some(0.0));
    }

    #[test]
    fn a_new_rate_is_told_after_the_window() {
        let (mut rate, last) = steady(100);
        (1..=20).for_each(|i| rate.mark(last + FRAME * 5 * i));
        assert!(close(rate.per_second(last + FRAME * 100), 5.0));
    }

    #[test]
    fn a_slow_source_keeps_its_rate_between_frames() {
        let start = Instant::now();
        let mut rate = Rate::new();
        (0..4).for_each(|i| rate.mark(start + Duration::from_millis(1900) * i));
        let last = start + Duration::from_millis(1900 * 3);
        assert!(close(rate.per_second(last + Duration::from_millis(1800)), 1.0 / 1.9));
    }

    #[test]
    fn a_clock_that_stands_still_gives_no_rate() {
        let now = Instant::now();
        let mut rate = Rate::new();
        (0..3).for_each(|_| rate.mark(now));
        assert_eq!(rate.per_second(now), None);
    }

    #[test]
    fn percentiles_are_the_nearest_ranks_of_the_newest() {
        let mut samples = Samples::new();
        assert_eq!(samples.percentiles(), None);
        (0..50).for_each(|_| samples.add(Duration::from_secs(1000)));
        // 1..=120 pushes the 50 out; ranks by hand: ceil(120·0.5) = 60, ceil(114.0) = 114, ceil(118.8) = 119.
        (1..=120).rev().for_each(|i| samples.add(Duration::from_millis(i)));
        let ms = Duration::from_millis;
        assert_eq!(samples.percentiles(), Some(Percentiles { p50: ms(60), p95: ms(114), p99: ms(119), samples: 120 }));
    }

    #[test]
    fn one_sample_is_every_percentile() {
        let mut samples = Samples::new();
        samples.add(FRAME);
        assert_eq!(samples.percentiles(), Some(Percentiles { p50: FRAME, p95: FRAME, p99: FRAME, samples: 1 }));
    }
}
