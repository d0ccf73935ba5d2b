//! B's best threshold over all that is kept.

use std::time::{Duration, Instant};

use super::Ring;
use crate::compare::{BestThreshold, CompareSettings, ThresholdSearch};
use crate::detect::RawHeads;

/// Looks, slice by slice, for the score threshold at which B agrees best with A over the moments of a ring.
///
/// What is in the ring at the start counts; a moment that goes in the middle is left out. All classes count: a
/// threshold is not set for some alone.
#[derive(Debug)]
pub struct BestSearch {
    /// Moments still to look at, newest first.
    left: std::vec::IntoIter<u64>,
    setting: CompareSettings,
    search: ThresholdSearch,
    unpacked: [RawHeads; 2],
    /// How many moments were compared.
    compared: usize,
    total: usize,
}

/// How far a [`BestSearch`] is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Search {
    Going {
        done: usize,
        total: usize,
    },
    /// Over this many moments.
    Found {
        best: BestThreshold,
        moments: usize,
    },
    /// No moment has two models that can be compared.
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

    /// Continues for about as long as `budget`: a moment that has begun is finished, which takes a few milliseconds.
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
