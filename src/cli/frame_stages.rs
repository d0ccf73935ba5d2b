//! The stages of one frame after another, for a trace.

use std::time::Instant;

use crate::files::WriteError;
use crate::trace::{Lane, Trace, TraceSpan};

/// Measures what a command does with each frame; nothing where nothing is traced.
pub struct FrameStages {
    trace: Trace,
    spans: Vec<TraceSpan>,
    begun: Instant,
    /// How many frames are done.
    count: u64,
    /// Of the frame in hand.
    id: u64,
}

impl FrameStages {
    /// The first frame begins.
    pub fn new(trace: Trace) -> Self {
        Self { trace, spans: Vec::new(), begun: Instant::now(), count: 0, id: 0 }
    }

    /// The wait for the frame in hand, or its decoding, ends. `id`: what the trace calls it elsewhere; `None` = nowhere, and
    /// frames are counted from 0.
    pub fn came(&mut self, id: Option<u64>) {
        self.id = id.unwrap_or(self.count);
        if self.trace.is_on() {
            self.spans.push(TraceSpan::new("decode", self.begun, Instant::now()));
        }
    }

    /// Does one stage's work.
    pub fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        if !self.trace.is_on() {
            return work();
        }
        let from = Instant::now();
        let done = work();
        self.spans.push(TraceSpan::new(name, from, Instant::now()));
        done
    }

    /// One stage that was measured already.
    pub fn span(&mut self, name: &'static str, from: Instant, to: Instant) {
        if self.trace.is_on() {
            self.spans.push(TraceSpan::new(name, from, to));
        }
    }

    /// The frame in hand is done, and the next one begins.
    pub fn done(&mut self) {
        let now = Instant::now();
        if self.trace.is_on() {
            self.spans.push(TraceSpan::new("frame", self.begun, now));
            self.spans.iter_mut().for_each(|span| span.frame = Some(self.id));
            self.trace.spans(Lane::Command, &mut self.spans);
            self.spans.clear();
        }
        (self.begun, self.count) = (now, self.count + 1);
    }

    /// Ends the trace.
    pub fn finish(self) -> Result<(), WriteError> {
        self.trace.finish()
    }
}
