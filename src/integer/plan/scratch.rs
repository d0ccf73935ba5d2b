//! A thread's own memory.

use crate::integer::kernel::lines::Lines;

#[derive(Debug, Default)]
pub struct ThreadMemory {
    /// What tiles read where they cannot read the input itself.
    pub staged: Lines,
    /// What the portable kernel reads.
    pub patches: Vec<i16>,
    /// The sums of a tile, and their bytes.
    pub totals: Vec<i32>,
    pub bytes: Vec<u8>,
}

impl ThreadMemory {
    /// Makes it at least so large.
    pub fn reserve(&mut self, staged: usize, patches: usize, totals: usize) {
        if staged > self.staged.bytes().len() {
            self.staged = Lines::zeros(staged);
        }
        self.patches.resize(self.patches.len().max(patches), 0);
        self.totals.resize(self.totals.len().max(totals), 0);
        self.bytes.resize(self.totals.len(), 0);
    }
}
