//! The handle of a video's position bar: where it is held, and when to go there.

use std::time::{Duration, Instant};

/// While the handle is dragged, the video goes to it no more often than this: each time costs a run of ffmpeg.
const BETWEEN: Duration = Duration::from_millis(250);

/// How long the bar stays where the handle was let go, until the video is there.
const PATIENCE: Duration = Duration::from_millis(2500);

/// As near as this, in seconds, the video is there.
const NEAR: f64 = 0.5;

/// Of several requests the newest wins.
#[derive(Default)]
pub struct SeekBar {
    /// In seconds.
    wanted: Option<f64>,
    sent: Option<(f64, Instant)>,
}

impl SeekBar {
    /// The handle was moved, in seconds.
    pub fn hold(&mut self, at: f64) {
        self.wanted = Some(at);
    }

    /// Where the handle was moved to, until the video is there; in seconds.
    pub fn wanted(&self) -> Option<f64> {
        self.wanted
    }

    /// Where to go now, if anywhere. `held`: the handle may still move. To be asked with every painting.
    pub fn due(&mut self, held: bool, now: Instant) -> Option<f64> {
        let wanted = self.wanted?;
        let before = self.sent.is_some_and(|(to, _)| to == wanted);
        let soon = self.sent.is_some_and(|(_, at)| now.saturating_duration_since(at) < BETWEEN);
        if before || (held && soon) {
            return None;
        }
        self.sent = Some((wanted, now));
        Some(wanted)
    }

    /// Position of the seek bar while the video is at `time`, in seconds.
    pub fn place(&mut self, time: f64, held: bool, now: Instant) -> f64 {
        let Some(wanted) = self.wanted else { return time };
        let there = (time - wanted).abs() < NEAR;
        let late = self.sent.is_some_and(|(_, at)| now.saturating_duration_since(at) > PATIENCE);
        if held || !(there || late) {
            return wanted;
        }
        *self = Self::default();
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_asks_now_and_then_and_its_end_asks_once() {
        let mut seek_bar = SeekBar::default();
        let start = Instant::now();
        let mut asked = Vec::new();
        // A hundred moves in one second.
        for n in 0..100_u32 {
            seek_bar.hold(f64::from(n));
            asked.extend(seek_bar.due(true, start + Duration::from_millis(10) * n));
        }
        let end = start + Duration::from_secs(1);
        asked.extend(seek_bar.due(false, end));
        asked.extend(seek_bar.due(false, end + Duration::from_secs(1)));
        assert_eq!(asked, [0.0, 25.0, 50.0, 75.0, 99.0]);
    }

    #[test]
    fn the_bar_waits_for_the_video_but_not_for_ever() {
        let mut seek_bar = SeekBar::default();
        let start = Instant::now();
        assert_eq!(seek_bar.place(3.0, false, start), 3.0);
        seek_bar.hold(12.0);
        assert_eq!(seek_bar.due(false, start), Some(12.0));
        assert_eq!(seek_bar.place(3.0, false, start), 12.0, "it does not jump back");
        assert_eq!(seek_bar.wanted(), Some(12.0), "and neither do the figures");
        assert_eq!(seek_bar.place(12.1, false, start), 12.1);
        assert_eq!(seek_bar.wanted(), None);
        assert_eq!(seek_bar.place(12.9, false, start), 12.9);
        seek_bar.hold(20.0);
        seek_bar.due(false, start);
        assert_eq!(seek_bar.place(13.0, false, start + 2 * PATIENCE), 13.0);
    }
}
