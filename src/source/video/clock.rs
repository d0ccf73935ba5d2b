//! When a frame of a video is due.

use std::time::{Duration, Instant};

/// A longer wait between two frames is a jump of the time stamps, not a still picture.
const LONGEST: Duration = Duration::from_secs(60);

/// Ties a video's times to the system's. The first frame asked about is due at once, and so is one whose time stamp
/// jumped.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlayClock {
    /// A moment, and the video's time then.
    anchor: Option<(Instant, Duration)>,
    last: Duration,
}

impl PlayClock {
    /// Forgets what was: the next frame is due at once.
    pub fn restart(&mut self) {
        self.anchor = None;
    }

    /// When the frame of this time is due. Asked again for the same frame, it gives the same.
    pub fn due(&mut self, time: Duration, now: Instant) -> Instant {
        let jumped = time < self.last || time - self.last > LONGEST;
        self.last = time;
        match self.anchor {
            Some((moment, then)) if !jumped && time >= then => moment + (time - then),
            _ => {
                self.anchor = Some((now, time));
                now
            }
        }
    }

    /// Whether the time of a frame is over, because the one `after` it is due as well. Changes nothing: after a jump, a
    /// frame is due only once it is asked for.
    pub fn is_over(&self, time: Duration, after: Duration, now: Instant) -> bool {
        let jumps = after < time || after - time > LONGEST;
        !jumps && self.anchor.is_some_and(|(moment, then)| after >= then && moment + (after - then) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_due_at_their_times_and_jumps_at_once() {
        let ms = Duration::from_millis;
        let start = Instant::now();
        let mut clock = PlayClock::default();
        assert_eq!(clock.due(ms(500), start), start, "wherever it starts");
        assert_eq!(clock.due(ms(540), start + ms(3)), start + ms(40));
        assert_eq!(clock.due(ms(540), start + ms(9)), start + ms(40), "the same question");
        assert_eq!(clock.due(ms(700), start + ms(900)), start + ms(200), "late, and told so");
        assert_eq!(clock.due(ms(90_000), start + ms(950)), start + ms(950), "a jump ahead");
        assert_eq!(clock.due(ms(90_040), start + ms(951)), start + ms(990));
        assert_eq!(clock.due(ms(10), start + ms(1000)), start + ms(1000), "a jump back");
        clock.restart();
        assert_eq!(clock.due(ms(50), start + ms(2000)), start + ms(2000), "after a pause");
    }

    #[test]
    fn a_frame_is_over_when_the_next_is_due_but_not_before_a_jump() {
        let ms = Duration::from_millis;
        let start = Instant::now();
        let mut clock = PlayClock::default();
        assert!(!clock.is_over(ms(0), ms(40), start), "nothing was shown yet");
        clock.due(ms(0), start);
        let over = [(40, 39), (40, 40), (40, 90), (90_000, 90)]
            .map(|(after, now)| clock.is_over(ms(0), ms(after), start + ms(now)));
        assert_eq!(over, [false, true, true, false]);
        assert!(!clock.is_over(ms(80), ms(0), start + ms(90)), "a jump back");
    }
}
