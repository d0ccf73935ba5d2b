//! B's best score threshold over the whole history.

use std::time::{Duration, Instant};

use super::Ring;
use crate::compare::{BestThreshold, CompareSettings, ThresholdSearch};
use crate::detect::RawHeads;

/// Searches, in slices of time, for the score threshold at which B agrees best with A over the moments of a ring.
///
/// It covers the moments in the ring at the start; one that is evicted meanwhile is skipped. All classes count,
/// because the threshold applies to all of them.
#[derive(Debug)]
pub struct BestSearch {
    /// Moments still to examine, newest first.
    left: std::vec::IntoIter<u64>,
    setting: CompareSettings,
    search: ThresholdSearch,
    unpacked: [RawHeads; 2],
    /// Number of moments compared so far.
    compared: usize,
    total: usize,
}

/// Progress of a [`BestSearch`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Search {
    Going {
        done: usize,
        total: usize,
    },
    /// `moments`: the number of moments compared.
    Found {
        best: BestThreshold,
        moments: usize,
    },
    /// No moment has two comparable models.
    Nothing,
}

impl BestSearch {
    /// Over the moments that the ring holds now.
    pub fn new(ring: &Ring, setting: &CompareSettings) -> Self {
        let sequences: Vec<u64> = ring.moments().rev().filter(|m| m.is_pair()).map(|m| m.sequence()).collect();
        Self {
            total: sequences.len(),
            left: sequences.into_iter(),
            setting: setting.clone(),
            search: ThresholdSearch::default(),
            unpacked: Default::default(),
            compared: 0,
        }
    }

    /// Continues for about as long as `budget`: a moment in progress is finished, which takes a few milliseconds.
    pub fn step(&mut self, ring: &Ring, budget: Duration) -> Search {
        let begun = Instant::now();
        while let Some(sequence) = self.left.next() {
            if let Some([a, b]) = ring.get(sequence).and_then(|m| m.sides(&self.setting, &mut self.unpacked)) {
                self.search.add(&a, &b);
                self.compared += 1;
            }
            if begun.elapsed() >= budget {
                return Search::Going { done: self.total - self.left.len(), total: self.total };
            }
        }
        match self.compared {
            0 => Search::Nothing,
            moments => Search::Found { best: self.search.best(self.setting.thresholds[1].score), moments },
        }
    }
}
