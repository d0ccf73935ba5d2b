//! When the next frame of a source without hardware is due.

use std::time::{Duration, Instant};

/// A longer gap than this means that nobody wanted frames: the clock stood still meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// A clock that ticks in slots of equal length. A reader who is late skips the slots it missed, so that motion keeps
/// its speed; a reader who paused resumes where it was.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    slot: Duration,
    /// The slot given last, and when it was due.
    last: Option<(u64, Instant)>,
}

impl Pace {
    /// `rate`: slots per second, at least 1.
    pub fn new(rate: u32) -> Self {
        Self { slot: Duration::from_secs(1) / rate.max(1), last: None }
    }

    /// The number of the next slot, from 0, and when it is due; that is never before `now` by a slot or more.
    pub fn next(&mut self, now: Instant) -> (u64, Instant) {
        let next = match self.last {
            None => (0, now),
            Some((number, due)) => {
                let late = now.saturating_duration_since(due + self.slot);
                if late > PAUSE {
                    (number + 1, now)
                } else {
                    let missed = (late.as_nanos() / self.slot.as_nanos()) as u32;
                    (number + 1 + u64::from(missed), due + self.slot * (missed + 1))
                }
            }
        };
        self.last = Some(next);
        next
    }
}
