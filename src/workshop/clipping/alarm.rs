//! When the alarm is raised, and when it ends.

use std::time::{Duration, Instant};

use super::reading::{ClippingReading, EndReading};

/// How long a live scene must be outside before the alarm is raised, and well within before it ends.
pub const HOLD: Duration = Duration::from_secs(2);

/// Raised and ended with some patience, so that it does not flicker. Of a picture that stands still it is raised at once.
#[derive(Clone, Debug, Default)]
pub struct ClippingAlarm {
    /// Since when each reading was outside.
    outside: Option<Instant>,
    /// Since when each reading was well within.
    calm: Option<Instant>,
    raised: bool,
    /// The last reading that was outside: its ends with too much.
    ends: Vec<EndReading>,
}

impl ClippingAlarm {
    /// Takes what a frame gave at this time. `live`: another one comes soon.
    pub fn take(&mut self, at: Instant, reading: &ClippingReading, live: bool) {
        let over = reading.over();
        if over.is_empty() {
            self.outside = None;
        } else {
            self.ends = over.into_iter().cloned().collect();
            self.outside.get_or_insert(at);
        }
        if reading.is_calm() {
            self.calm.get_or_insert(at);
        } else {
            self.calm = None;
        }
        let held = |since: Option<Instant>| since.is_some_and(|since| at.saturating_duration_since(since) >= HOLD);
        self.raised = match (live, self.raised) {
            (false, _) => self.outside.is_some(),
            (true, false) => held(self.outside),
            (true, true) => !held(self.calm),
        };
    }

    /// The ends with too much, the worst first; empty: there is no alarm.
    pub fn ends(&self) -> &[EndReading] {
        if self.raised { &self.ends } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reading::RangeEnd;
    use super::super::shares::ShareSource;
    use super::*;

    fn reading(share: f64) -> ClippingReading {
        let end = EndReading { tensor: "a".into(), end: RangeEnd::High, share, calibrated: Some(0.0) };
        ClippingReading { ends: vec![end], source: ShareSource::Table { counted: 1, pictures: 1 } }
    }

    #[test]
    fn a_live_scene_must_stay_outside_and_must_stay_within() {
        let (start, mut alarm) = (Instant::now(), ClippingAlarm::default());
        let mut raised_at = |second: u64, share: f64| {
            alarm.take(start + Duration::from_secs(second), &reading(share), true);
            !alarm.ends().is_empty()
        };
        assert!(!raised_at(0, 0.1) && !raised_at(1, 0.1));
        assert!(!raised_at(2, 0.001), "a flash is no scene");
        assert!(!raised_at(3, 0.1) && !raised_at(4, 0.1) && raised_at(5, 0.1));
        // Within, but not well within.
        assert!(raised_at(6, 0.004) && raised_at(9, 0.004));
        assert!(raised_at(10, 0.001) && raised_at(11, 0.001) && !raised_at(12, 0.001));
        assert!(!raised_at(13, 0.004));
    }

    #[test]
    fn a_picture_that_stands_still_raises_it_at_once() {
        let mut alarm = ClippingAlarm::default();
        alarm.take(Instant::now(), &reading(0.1), false);
        assert_eq!(alarm.ends().len(), 1);
        alarm.take(Instant::now(), &reading(0.004), false);
        assert!(alarm.ends().is_empty());
    }
}
