//! B's best score threshold over all compared pictures of an album.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::results::PairResults;
use crate::compare::{CompareSettings, ThresholdSearch};
use crate::history::Search;

/// Searches, in slices of time, for the score threshold at which B agrees best with A, as
/// [`BestSearch`](crate::history::BestSearch) does over the history. All classes count.
pub struct AlbumSearch {
    /// Pictures still to examine.
    left: std::vec::IntoIter<PathBuf>,
    settings: CompareSettings,
    search: ThresholdSearch,
    compared: usize,
    total: usize,
}

impl AlbumSearch {
    /// Over those of these pictures that were compared.
    pub fn new(pictures: &[PathBuf], results: &PairResults, settings: &CompareSettings) -> Self {
        let compared: Vec<PathBuf> =
            pictures.iter().filter(|picture| results.agreement(picture).is_some()).cloned().collect();
        Self {
            total: compared.len(),
            left: compared.into_iter(),
            settings: settings.clone(),
            search: ThresholdSearch::default(),
            compared: 0,
        }
    }

    /// Continues for about as long as `budget`.
    pub fn step(&mut self, results: &PairResults, budget: Duration) -> Search {
        let begun = Instant::now();
        while let Some(picture) = self.left.next() {
            if let Some(sides) = results.sides(&picture) {
                self.search.add_ranked(sides);
                self.compared += 1;
            }
            if begun.elapsed() >= budget {
                return Search::Going { done: self.total - self.left.len(), total: self.total };
            }
        }
        match self.compared {
            0 => Search::Nothing,
            moments => Search::Found { best: self.search.best(self.settings.thresholds[1].score), moments },
        }
    }
}
