//! The lines of boxes, on the screen and on saved pictures alike: the width tells A's from B's, the strokes tell one verdict
//! from another.

use crate::compare::VerdictKind;

/// What tells the two boxes of a pair apart that are drawn on one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceInPair {
    /// There is no other on the picture.
    Alone,
    /// A's.
    First,
    /// B's.
    Second,
}

impl PlaceInPair {
    /// Of a box's line, in points on the screen; saved pictures keep the ratios. Those of a pair are told apart at any zoom.
    pub fn width(self) -> f32 {
        match self {
            Self::First => 3.0,
            Self::Alone => 2.0,
            Self::Second => 1.0,
        }
    }
}

impl VerdictKind {
    /// Lengths of strokes and of the gaps after them, in line widths; empty = solid.
    pub fn pattern(self) -> &'static [(f32, f32)] {
        match self {
            Self::Lost => &[(4.5, 3.0)],
            Self::Gained => &[(1.25, 2.75)],
            Self::Flip => &[(5.0, 2.75), (1.25, 2.75)],
            Self::Matched => &[],
        }
    }
}

/// Strokes of a line of this `length`, from where to where; only those of which something may be `seen`, between two
/// places. Gaps are adjusted a little, so that a whole number of patterns fits and a stroke ends each side as one began it.
pub fn strokes(length: f32, pattern: &[(f32, f32)], width: f32, seen: [f32; 2]) -> impl Iterator<Item = (f32, f32)> {
    let sum = |part: fn(&(f32, f32)) -> f32| pattern.iter().map(part).sum::<f32>() * width;
    let (ink, gaps) = (sum(|p| p.0), sum(|p| p.1));
    let first = pattern.first().map_or(0.0, |p| p.0 * width);
    let times = ((length - first) / (ink + gaps).max(1.0)).round().max(1.0);
    let period = (length - first) / times;
    // A side that is shorter than its ink is one stroke.
    let short = period <= ink;
    let stretch = if gaps > 0.0 { (period - ink) / gaps } else { 1.0 };
    let nearest = |t: f32| (t / period.max(1e-3)).clamp(0.0, times) as usize;
    let [from, until] = seen;
    let periods = if short || pattern.is_empty() { 0..0 } else { nearest(from)..nearest(until) + 1 };
    let whole = short.then_some((0.0, length)).filter(|_| !pattern.is_empty());
    let strokes = periods.flat_map(move |n| {
        let mut at = n as f32 * period;
        pattern.iter().enumerate().filter_map(move |(i, (ink, gap))| {
            let stroke = (at, at + ink * width);
            at = stroke.1 + gap * width * stretch;
            // The last period is its first stroke alone.
            (i == 0 || (n as f32) < times).then_some(stroke)
        })
    });
    whole.into_iter().chain(strokes)
}
