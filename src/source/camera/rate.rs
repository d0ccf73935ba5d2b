//! How many frames a second, exactly.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A rate as cameras have it: 30/s, but also 30000/1001/s. Kept in lowest terms, so that equal rates are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    frames: u32,
    seconds: u32,
}

impl FrameRate {
    /// `frames` in `seconds`; `None` where either is 0.
    pub fn new(frames: u32, seconds: u32) -> Option<Self> {
        let divisor = divisor(frames, seconds);
        (frames > 0 && seconds > 0).then(|| Self { frames: frames / divisor, seconds: seconds / divisor })
    }

    /// Frames per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    /// To whole frames, at least 1: 30000/1001 counts as 30.
    pub fn rounded(self) -> u32 {
        (self.per_second().round() as u32).max(1)
    }

    /// The rate where it is a whole number.
    pub fn whole(self) -> Option<u32> {
        (self.seconds == 1).then_some(self.frames)
    }

    /// See [`FrameRate::seconds`].
    pub fn frames(self) -> u32 {
        self.frames
    }

    /// In how many seconds [`FrameRate::frames`] come.
    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// Whether a user who writes `asked` means this rate: as exactly as two decimals tell, so that 29.97 means
    /// 30000/1001 and 30 does not.
    pub fn answers(self, asked: Self) -> bool {
        self == asked || (self.per_second() - asked.per_second()).abs() < 0.005
    }
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { divisor(b, a % b) }
}

impl Ord for FrameRate {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (u64::from(self.frames), u64::from(other.frames));
        (a * u64::from(other.seconds)).cmp(&(b * u64::from(self.seconds)))
    }
}

impl PartialOrd for FrameRate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// "30", "29.97", "7.5": at most two decimals.
impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole() {
            Some(rate) => write!(f, "{rate}"),
            None => f.write_str(format!("{:.2}", self.per_second()).trim_end_matches('0').trim_end_matches('.')),
        }
    }
}

impl FromStr for FrameRate {
    type Err = String;

    /// "30", "29.97" or "30000/1001", in frames per second.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match (text.split_once('/'), text.split_once('.')) {
            (Some((frames, seconds)), _) => frames.parse().ok().zip(seconds.parse().ok()),
            (None, Some((whole, decimals))) if (1..=3).contains(&decimals.len()) => {
                let scale = 10u32.pow(decimals.len() as u32);
                let (whole, decimals) = (whole.parse::<u32>().ok(), decimals.parse::<u32>().ok());
                whole
                    .zip(decimals)
                    .and_then(|(whole, decimals)| whole.checked_mul(scale)?.checked_add(decimals))
                    .map(|frames| (frames, scale))
            }
            (None, _) => text.parse().ok().map(|frames| (frames, 1)),
        };
        parsed
            .and_then(|(frames, seconds)| Self::new(frames, seconds))
            .ok_or_else(|| format!("\"{text}\" is not a frame rate; use e.g. 30, 29.97 or 30000/1001"))
    }
}
