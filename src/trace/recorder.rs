//! What all threads hold of a trace.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::file::{TRACE_BYTES, TraceFile};
use super::lane::Lane;
use super::span::TraceSpan;
use crate::files::{GrowingFile, OutputFile, WriteError};

/// A trace that is being written, from any thread; clones write to the same one. The default is none, and costs nothing.
#[derive(Clone, Default)]
pub struct Trace(Option<Arc<SharedTrace>>);

struct SharedTrace(Mutex<TraceState>);

struct TraceState {
    file: TraceFile,
    /// Why no more is written.
    failure: Option<WriteError>,
}

impl Trace {
    /// Begins a trace; its file is there at once.
    pub fn create(output: OutputFile) -> Result<Self, WriteError> {
        let file = TraceFile::begin(GrowingFile::create(output)?, TRACE_BYTES)?;
        Ok(Self(Some(Arc::new(SharedTrace(Mutex::new(TraceState { file, failure: None }))))))
    }

    /// Whether anything is written. Where not, nothing need be measured for it.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes spans of one lane, in any order. Those that one holds come after it.
    pub fn spans(&self, lane: Lane, spans: &mut [TraceSpan]) {
        if spans.is_empty() {
            return;
        }
        self.write(|file| {
            spans.sort_by_key(|span| (span.from, Reverse(span.to)));
            file.spans(lane, spans)
        });
    }

    /// Writes that something happened, as "dropped"; `why` is for people.
    pub fn instant(&self, lane: Lane, name: &str, at: Instant, frame: Option<u64>, why: &str) {
        self.write(|file| file.instant(lane, name, at, frame, why));
    }

    /// Ends the trace, for all that hold it; the error that ended it before, where one did.
    pub fn finish(&self) -> Result<(), WriteError> {
        let Some(shared) = &self.0 else { return Ok(()) };
        let mut state = shared.lock();
        match state.failure.take() {
            Some(failure) => Err(failure),
            None => state.file.close(),
        }
    }

    /// After the first failure nothing more is written: a disk that is full does not slow down the frames.
    fn write(&self, write: impl FnOnce(&mut TraceFile) -> Result<(), WriteError>) {
        let Some(shared) = &self.0 else { return };
        let mut state = shared.lock();
        if state.failure.is_none()
            && let Err(failure) = write(&mut state.file)
        {
            log::warn!("the trace ends here: {failure}");
            state.file.abandon();
            state.failure = Some(failure);
        }
    }
}

impl SharedTrace {
    /// A panic elsewhere does not close it: each event is whole.
    fn lock(&self) -> MutexGuard<'_, TraceState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedTrace {
    fn drop(&mut self) {
        if let Err(failure) = self.lock().file.close() {
            log::warn!("{failure}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::files::Outputs;
    use crate::trace::TRACE;

    #[test]
    fn each_state_of_the_file_is_a_trace_and_outer_spans_come_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.json");
        let output = || Outputs::default().file(&path, &TRACE).unwrap();
        let trace = Trace::create(output()).unwrap();
        let parsed = |end: &str| -> Vec<serde_json::Value> {
            serde_json::from_str(&(std::fs::read_to_string(&path).unwrap() + end)).unwrap()
        };
        assert_eq!(parsed("]").len(), 1);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut spans = [
            TraceSpan::new("letterbox", at(1), at(2)).of_frame(7),
            TraceSpan::new("inference A", at(2), at(5)).of_frame(7).of_model("my \"model\""),
            TraceSpan::new("frame", at(1), at(5)).of_frame(7),
            // A clock that went back.
            TraceSpan::new("paint", at(9), at(8)),
        ];
        trace.spans(Lane::Models, &mut spans);
        trace.clone().instant(Lane::Capture(3), "dropped", at(6), Some(8), "a newer frame came");
        let events = parsed("]");
        let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
        let expected =
            ["process_name", "thread_name", "frame", "letterbox", "inference A", "paint", "thread_name", "dropped"];
        assert_eq!(names, expected);
        let took = |event: &serde_json::Value| event["dur"].as_f64().unwrap();
        assert_eq!([2, 3, 4, 5].map(|at| took(&events[at])), [4000.0, 1000.0, 3000.0, 0.0]);
        assert_eq!((&events[4]["args"]["frame"], &events[4]["args"]["model"]), (&7.into(), &"my \"model\"".into()));
        assert_eq!((&events[7]["ph"], &events[7]["args"]["frame"]), (&"i".into(), &8.into()));
        trace.finish().unwrap();
        trace.spans(Lane::Models, &mut spans);
        drop(trace);
        assert_eq!(parsed("").len(), events.len());
        // It is replaced by another, and by nothing else.
        assert!(output().path().is_file());
        std::fs::write(&path, "[\n{\"name\":\"mine\"}]").unwrap();
        assert!(Outputs::default().file(&path, &TRACE).is_err());
    }

    #[test]
    fn without_a_file_nothing_is_written() {
        let trace = Trace::default();
        trace.instant(Lane::Window, "dropped", Instant::now(), None, "");
        assert!(!trace.is_on() && trace.finish().is_ok());
    }
}
