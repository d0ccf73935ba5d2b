//! Which time the plots show.

use super::input::PlotInput;

/// How much time is shown at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    TenSeconds,
    #[default]
    Minute,
    FiveMinutes,
    All,
}

impl Reach {
    pub const ALL: [Self; 4] = [Self::TenSeconds, Self::Minute, Self::FiveMinutes, Self::All];

    pub fn label(self) -> &'static str {
        match self {
            Self::TenSeconds => "10 s",
            Self::Minute => "1 min",
            Self::FiveMinutes => "5 min",
            Self::All => "all",
        }
    }

    /// `None` = as much as there is.
    fn seconds(self) -> Option<f64> {
        match self {
            Self::TenSeconds => Some(10.0),
            Self::Minute => Some(60.0),
            Self::FiveMinutes => Some(300.0),
            Self::All => None,
        }
    }
}

/// Times, in seconds since the timeline's first frame.
#[derive(Default)]
pub struct TimeRange {
    pub from: f64,
    pub until: f64,
    pub newest: f64,
    /// From here on every recorded picture is kept.
    pub kept_from: Option<f64>,
    /// Where single older pictures are kept.
    pub worst: Vec<f64>,
    pub in_sight: Option<f64>,
    pub pointed: Option<f64>,
}

impl TimeRange {
    /// Follows the newest frame while it is shown; otherwise stands still, so that what is under the pointer stays
    /// where it is; it moves only to show the current frame.
    pub fn update(&mut self, reach: Reach, input: &PlotInput<'_>) {
        let timeline = input.timeline;
        let seconds = |sequence| timeline.get(sequence).map(|record| record.seconds);
        let oldest = timeline.records().next().map_or(0.0, |record| record.seconds);
        self.newest = timeline.last().map_or(0.0, |record| record.seconds);
        // A second at least: two frames alone are no reason to count milliseconds.
        let width = reach.seconds().unwrap_or(self.newest - oldest).max(1.0);
        self.in_sight = input.in_sight.and_then(seconds);
        if !input.browsing || reach == Reach::All {
            self.until = self.newest;
        }
        if let Some(at) = self.in_sight.filter(|at| *at > self.until || *at < self.until - width) {
            self.until = (at + width / 2.0).min(self.newest);
        }
        self.from = self.until - width;
        self.kept_from = input.ring.newest_from().and_then(|moment| seconds(moment.sequence()));
        let worst = input.ring.worst_kept().filter_map(|moment| seconds(moment.sequence()));
        self.worst = worst.filter(|at| (self.from..=self.until).contains(at)).collect();
    }
}

/// "−12 s", "−3 min": how long before the newest frame.
pub fn ago(seconds: f64) -> String {
    match seconds {
        s if s < 0.05 => "newest".to_owned(),
        s if s < 9.95 && s.fract() > 0.05 && s.fract() < 0.95 => format!("−{s:.1} s"),
        s if s < 119.5 => format!("−{s:.0} s"),
        s if (s / 60.0).fract() < 0.02 => format!("−{:.0} min", s / 60.0),
        s => format!("−{:.0}:{:02.0} min", (s / 60.0).floor(), (s % 60.0).floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let cases = [
            (0.0, "newest"),
            (0.4, "−0.4 s"),
            (5.0, "−5 s"),
            (12.3, "−12 s"),
            (90.0, "−90 s"),
            (120.0, "−2 min"),
            (150.0, "−2:30 min"),
            (600.0, "−10 min"),
        ];
        for (seconds, text) in cases {
            assert_eq!(ago(seconds), text);
        }
    }
}
