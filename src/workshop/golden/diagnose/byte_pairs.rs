//! How often each right byte became each found byte: all that a rule from byte to byte can be judged by.

use super::subject::Subject;

/// Number of different bytes.
const BYTES: usize = 256;

/// Numbers of values, by the right byte and by the one that was found.
pub struct BytePairs {
    low: i32,
    counts: Vec<usize>,
}

impl BytePairs {
    /// `low`: the lowest value of the subject's type, which is one of bytes.
    pub fn of(subject: &Subject<'_>, low: i32) -> Self {
        let mut counts = vec![0; BYTES * BYTES];
        for (right, found) in subject.right.iter().zip(&subject.found) {
            counts[(right - low) as usize * BYTES + (found - low) as usize] += 1;
        }
        Self { low, counts }
    }

    /// Each right value with the numbers of values that were found for it, from the lowest value on.
    pub fn rows(&self) -> impl Iterator<Item = (i32, &[usize])> {
        (self.low..).zip(self.counts.chunks_exact(BYTES))
    }
}
