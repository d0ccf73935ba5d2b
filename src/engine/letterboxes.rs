//! One letterboxed input for each input size among the models.

use std::time::Duration;

use super::clock::Clock;
use crate::detect::{Frame, Letterbox, Letterboxer, Size};

/// Fills each size once a frame, however many models share it.
#[derive(Default)]
pub(super) struct Letterboxes {
    entries: Vec<Entry>,
    took: Duration,
}

struct Entry {
    size: Size,
    letterboxer: Letterboxer,
    /// `None` = not filled with the present frame.
    filled: Option<Letterbox>,
}

impl Letterboxes {
    /// Another frame comes.
    pub fn begin(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.filled = None);
        self.took = Duration::ZERO;
    }

    /// Where the frame sits, and the input tensor.
    pub fn fill(&mut self, size: Size, frame: &Frame, clock: &dyn Clock) -> (Letterbox, &[f32]) {
        let at = self.entries.iter().position(|entry| entry.size == size).unwrap_or_else(|| {
            self.entries.push(Entry { size, letterboxer: Letterboxer::new(size), filled: None });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[at];
        let letterbox = *entry.filled.get_or_insert_with(|| {
            let before = clock.now();
            let letterbox = entry.letterboxer.fill(frame);
            self.took += clock.now().saturating_duration_since(before);
            letterbox
        });
        (letterbox, entry.letterboxer.tensor())
    }

    /// Time in [`Letterboxes::fill`] since [`Letterboxes::begin`].
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Lets go of other sizes.
    pub fn keep(&mut self, sizes: &[Size]) {
        self.entries.retain(|entry| sizes.contains(&entry.size));
    }
}
