//! Follows the [`ControlRequests`](super::control_requests::ControlRequests) on the capture thread: sets the controls,
//! turns the pictures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::Shared;
use crate::detect::Frame;
use crate::source::{Control, ControlId, Next, Orientation, Source, SourceError};

/// How long after the last change the controls are read again, as one may have changed others: a slider that moves must
/// not cost a camera's time for them all at each step.
const SETTLED: Duration = Duration::from_millis(300);

#[derive(Default)]
pub(super) struct ControlApplier {
    /// The version of the requests that was applied.
    seen: Option<u64>,
    orientation: Orientation,
    /// What was set on this source.
    set: BTreeMap<ControlId, i64>,
    known: Vec<Control>,
    failure: Option<String>,
    /// When the controls are read again.
    read_at: Option<Instant>,
    /// A picture as the source gave it.
    upright: Frame,
}

impl ControlApplier {
    /// The source was just opened: nothing is set on it yet.
    pub fn begin(&mut self) {
        *self = Self { upright: std::mem::take(&mut self.upright), ..Self::default() };
    }

    /// Brings the source to what is wanted. Costs nothing where nothing changed.
    pub fn follow(&mut self, source: &mut dyn Source, shared: &Shared, generation: u64) {
        let now = shared.parts.clock.now();
        let first = self.seen.is_none();
        let mut changed = false;
        if let Some(wanted) = shared.controls.changes(&mut self.seen) {
            self.orientation = wanted.orientation;
            let changes: Vec<_> = wanted.controls.into_iter().filter(|(id, v)| self.set.get(id) != Some(v)).collect();
            changed = !changes.is_empty();
            if changed {
                self.apply(source, changes);
                self.read_at = Some(now + SETTLED);
            }
        }
        let read = first || self.read_at.is_some_and(|at| at <= now);
        if read {
            self.read_at = None;
            self.known = source.controls();
        }
        if read || changed {
            shared.board.set_controls(generation, Arc::from(self.known.as_slice()), self.failure.clone());
        }
    }

    /// Twice for those that failed: a value may be taken only once a switch, which comes later, is set.
    fn apply(&mut self, source: &mut dyn Source, mut changes: Vec<(ControlId, i64)>) {
        for _ in 0..2 {
            self.failure = None;
            changes.retain(|&(id, value)| match source.set_control(id, value) {
                Ok(()) => {
                    self.set.insert(id, value);
                    self.known.iter_mut().filter(|c| c.id == id).for_each(|c| c.value = value);
                    false
                }
                Err(error) => {
                    self.failure = Some(error.to_string());
                    true
                }
            });
        }
        // A control without effect may refuse every value; that is no failure, as after a reset of all of them.
        if !changes.is_empty() {
            let controls = source.controls();
            if changes.iter().all(|(id, _)| controls.iter().any(|c| c.id == *id && !c.active)) {
                self.failure = None;
            }
        }
        // Not tried again and again with every other change.
        self.set.extend(changes);
        if let Some(failure) = &self.failure {
            log::warn!("{failure}");
        }
    }

    /// The source's next picture, turned.
    pub fn next(&mut self, source: &mut dyn Source, frame: &mut Frame) -> Result<Next, SourceError> {
        if self.orientation.is_upright() {
            return source.next(frame);
        }
        let next = source.next(&mut self.upright)?;
        if next == Next::Frame {
            self.orientation.apply(&self.upright, frame);
        }
        Ok(next)
    }
}
