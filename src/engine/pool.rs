//! Large buffers, used again once nobody looks at them.

use std::sync::Arc;

/// Keeps a hold of every value it made, and writes the next one into a value that nobody else holds.
///
/// It settles at as many values as are in use at once, and then allocates nothing. Values that are held for
/// long (a history, a saved frame) are no longer watched at the limit, and live on with their holders.
#[derive(Debug)]
pub struct Pool<T> {
    /// Oldest first.
    values: Vec<Arc<T>>,
    limit: usize,
}

impl<T: Default> Pool<T> {
    /// `limit`: how many values are watched at most, at least 1.
    pub fn new(limit: usize) -> Self {
        Self { values: Vec::new(), limit: limit.max(1) }
    }

    /// Lets `write` overwrite a value that is free, and shares it. What it held before is unspecified.
    pub fn write<R>(&mut self, write: impl FnOnce(&mut T) -> R) -> (Arc<T>, R) {
        if let Some(value) = self.values.iter_mut().find(|value| Arc::strong_count(value) == 1)
            // Only fails where somebody holds a weak reference; nobody makes one.
            && let Some(free) = Arc::get_mut(value)
        {
            let result = write(free);
            return (Arc::clone(value), result);
        }
        let mut value = T::default();
        let result = write(&mut value);
        let value = Arc::new(value);
        if self.values.len() == self.limit {
            self.values.remove(0);
        }
        self.values.push(Arc::clone(&value));
        (value, result)
    }
}
