//! Memory for float tensors, which threads share: what one gives back, another takes.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most that is kept while nobody uses it: a few for each thread.
const MOST_SPARE: usize = 16;

#[derive(Default)]
pub struct FloatPool {
    /// What is not in use, empty.
    spare: Mutex<Vec<Vec<f32>>>,
}

/// Floats in memory of a pool, which has it back when they are dropped.
pub struct PooledFloats<'p> {
    floats: Vec<f32>,
    pool: &'p FloatPool,
}

impl FloatPool {
    /// Room for this many values, the smallest that is large enough; empty.
    pub fn take(&self, values: usize) -> PooledFloats<'_> {
        let mut spare = self.spare();
        let fits = spare.iter().enumerate().filter(|(_, memory)| memory.capacity() >= values);
        let smallest = fits.min_by_key(|(_, memory)| memory.capacity()).map(|(place, _)| place);
        let floats = match smallest {
            Some(place) => spare.swap_remove(place),
            None => Vec::with_capacity(values),
        };
        PooledFloats { floats, pool: self }
    }

    /// A copy of these values.
    pub fn copy(&self, values: &[f32]) -> PooledFloats<'_> {
        let mut floats = self.take(values.len());
        floats.extend_from_slice(values);
        floats
    }

    /// Sees to it that there is memory of these sizes. Allocated by one thread, it does not spread over the heaps of all.
    pub fn reserve(&self, sizes: impl IntoIterator<Item = usize>) {
        drop(sizes.into_iter().map(|values| self.take(values)).collect::<Vec<_>>());
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<f32>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for PooledFloats<'_> {
    type Target = Vec<f32>;

    fn deref(&self) -> &Vec<f32> {
        &self.floats
    }
}

impl DerefMut for PooledFloats<'_> {
    fn deref_mut(&mut self) -> &mut Vec<f32> {
        &mut self.floats
    }
}

impl Drop for PooledFloats<'_> {
    fn drop(&mut self) {
        let mut floats = std::mem::take(&mut self.floats);
        floats.clear();
        let mut spare = self.pool.spare();
        spare.push(floats);
        if spare.len() > MOST_SPARE {
            let smallest = spare.iter().enumerate().min_by_key(|(_, memory)| memory.capacity());
            if let Some((place, _)) = smallest {
                spare.swap_remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_by_size_and_given_back() {
        let pool = FloatPool::default();
        pool.reserve([100; 2]);
        let sizes = || {
            let mut sizes: Vec<usize> = pool.spare().iter().map(Vec::capacity).collect();
            sizes.sort_unstable();
            sizes
        };
        drop((pool.copy(&[1.0; 100]), pool.take(1000)));
        assert_eq!(sizes(), [100, 100, 1000]);
        let (small, large) = (pool.take(7), pool.take(101));
        assert!(small.is_empty() && large.is_empty());
        assert_eq!((small.capacity(), large.capacity(), sizes()), (100, 1000, vec![100]));
        drop((small, large));
        // However many are in use at once, the large ones are kept.
        pool.reserve([10; 2 * MOST_SPARE]);
        assert_eq!((sizes().len(), sizes()[MOST_SPARE - 1]), (MOST_SPARE, 1000));
    }
}
