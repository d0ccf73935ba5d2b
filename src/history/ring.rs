//! The stored moments, limited in bytes.

use std::collections::VecDeque;

use super::{FrameFigures, Moment};

/// 256 MB.
pub const DEFAULT_LIMIT: usize = 256 << 20;

/// The worst of the older moments may take one part in this many of the limit.
const SHARE_OF_WORST: usize = 4;

/// The newest moments, and before them the worst of the evicted ones: those with the lowest agreement at the setting
/// for which they were last judged. If everything agrees, or nothing is compared, the newest have the whole limit.
///
/// Moments are ordered by sequence number. Their total size never exceeds the limit, so a moment larger than that is
/// not stored at all.
#[derive(Debug)]
pub struct Ring {
    /// All older than the newest ones.
    worst: VecDeque<RingEntry>,
    newest: VecDeque<RingEntry>,
    /// Sizes of `worst` and of `newest`.
    bytes: [usize; 2],
    limit: usize,
}

#[derive(Debug)]
pub(super) struct RingEntry {
    pub moment: Moment,
    /// `None` = never judged.
    pub judged: Option<Judged>,
}

/// Figures, and the setting for which they were computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub revision: u32,
    /// `None` if nothing can be compared.
    pub figures: Option<FrameFigures>,
}

impl Ring {
    /// `limit` in bytes.
    pub fn new(limit: usize) -> Self {
        Self { worst: VecDeque::new(), newest: VecDeque::new(), bytes: [0; 2], limit }
    }

    /// Adds a moment that is newer than all others; any other is dropped and `false` returned.
    pub fn push(&mut self, moment: Moment) -> bool {
        if self.last().is_some_and(|last| last >= moment.sequence()) {
            return false;
        }
        self.bytes[1] += moment.bytes();
        self.newest.push_back(RingEntry { moment, judged: None });
        self.trim();
        true
    }

    /// Takes effect immediately.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.trim();
    }

    /// In bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Total size of the moments.
    pub fn bytes(&self) -> usize {
        self.bytes.iter().sum()
    }

    pub fn len(&self) -> usize {
        self.worst.len() + self.newest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all moments; the limit stays.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// The moment of this sequence number.
    pub fn get(&self, sequence: u64) -> Option<&Moment> {
        let place = self.search(sequence).ok()?;
        self.entry(place).map(|entry| &entry.moment)
    }

    /// Ordered by sequence number.
    pub fn moments(&self) -> impl DoubleEndedIterator<Item = &Moment> {
        self.worst.iter().chain(&self.newest).map(|entry| &entry.moment)
    }

    /// Moments kept for their low agreement only, no longer because they are new.
    pub fn worst_kept(&self) -> impl DoubleEndedIterator<Item = &Moment> {
        self.worst.iter().map(|entry| &entry.moment)
    }

    /// From this moment on, every recorded one is still stored.
    pub fn newest_from(&self) -> Option<&Moment> {
        self.newest.front().map(|entry| &entry.moment)
    }

    /// The moment with the lowest agreement as last judged, the newest of several; `None` if all agree.
    pub fn worst(&self) -> Option<u64> {
        let harm = |entry: &RingEntry| Some((entry.harm()?, entry.moment.sequence()));
        let harmed = self.worst.iter().chain(&self.newest).filter_map(harm);
        harmed.min_by(|x, y| x.0.by_harm(&y.0).then(y.1.cmp(&x.1))).map(|(_, sequence)| sequence)
    }

    /// The oldest.
    pub fn first(&self) -> Option<u64> {
        self.sequence(0)
    }

    /// The newest.
    pub fn last(&self) -> Option<u64> {
        self.sequence(self.len().checked_sub(1)?)
    }

    /// The newest that is older than `sequence`, which need not be in the ring.
    pub fn before(&self, sequence: u64) -> Option<u64> {
        let (Ok(place) | Err(place)) = self.search(sequence);
        self.sequence(place.checked_sub(1)?)
    }

    /// The oldest that is newer than `sequence`, which need not be in the ring.
    pub fn after(&self, sequence: u64) -> Option<u64> {
        self.sequence(match self.search(sequence) {
            Ok(place) => place + 1,
            Err(place) => place,
        })
    }

    /// On a tie, the older.
    pub fn nearest(&self, sequence: u64) -> Option<u64> {
        let (Ok(place) | Err(place)) = self.search(sequence);
        let around = [place.checked_sub(1), Some(place)];
        let near = around.into_iter().flatten().filter_map(|place| self.sequence(place));
        near.min_by_key(|found| found.abs_diff(sequence))
    }

    pub(super) fn judge(&mut self, sequence: u64, judged: Judged) {
        if let Ok(place) = self.search(sequence)
            && let Some(entry) = self.entry_mut(place)
        {
            entry.judged = Some(judged);
        }
    }

    /// By index, 0 for the oldest.
    pub(super) fn entry(&self, place: usize) -> Option<&RingEntry> {
        self.worst.get(place).or_else(|| self.newest.get(place.checked_sub(self.worst.len())?))
    }

    fn entry_mut(&mut self, place: usize) -> Option<&mut RingEntry> {
        match place.checked_sub(self.worst.len()) {
            None => self.worst.get_mut(place),
            Some(place) => self.newest.get_mut(place),
        }
    }

    fn sequence(&self, place: usize) -> Option<u64> {
        self.entry(place).map(|entry| entry.moment.sequence())
    }

    /// The index of a sequence number, or where it would be inserted.
    fn search(&self, sequence: u64) -> Result<usize, usize> {
        let find = |entries: &VecDeque<RingEntry>| entries.binary_search_by_key(&sequence, |e| e.moment.sequence());
        match self.newest.front().filter(|first| first.moment.sequence() <= sequence) {
            Some(_) => find(&self.newest).map(|i| i + self.worst.len()).map_err(|i| i + self.worst.len()),
            None => find(&self.worst),
        }
    }

    /// Evicts moments until the rest is within the limit.
    fn trim(&mut self) {
        // In case the limit was lowered.
        self.evict_worst();
        while self.bytes() > self.limit {
            let Some(oldest) = self.newest.pop_front() else { break };
            self.bytes[1] -= oldest.moment.bytes();
            if oldest.harm().is_some() {
                self.bytes[0] += oldest.moment.bytes();
                self.worst.push_back(oldest);
                self.evict_worst();
            }
        }
    }

    /// Evicts those that agree by now, then those with the highest agreement; on a tie the older.
    fn evict_worst(&mut self) {
        while self.bytes[0] > self.limit / SHARE_OF_WORST {
            let by_harm = |x: &RingEntry, y: &RingEntry| match (x.harm(), y.harm()) {
                (Some(x), Some(y)) => x.by_harm(&y),
                (x, y) => y.is_some().cmp(&x.is_some()),
            };
            let kept = self.worst.iter().enumerate();
            let best = kept.max_by(|(i, x), (j, y)| by_harm(x, y).then(j.cmp(i))).map(|(i, _)| i);
            let Some(gone) = best.and_then(|i| self.worst.remove(i)) else { break };
            self.bytes[0] -= gone.moment.bytes();
        }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl RingEntry {
    /// The figures of a moment on which A and B differ.
    fn harm(&self) -> Option<FrameFigures> {
        self.judged?.figures.filter(|figures| !figures.is_perfect())
    }
}
