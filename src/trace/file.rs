//! Events as lines of a file.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::format::{BEGINNING, PROCESS};
use super::lane::Lane;
use super::span::TraceSpan;
use crate::files::{GrowingFile, WriteError};

/// The size at which a trace ends, about the largest that opens in a browser: a window may stand open for days.
pub(super) const TRACE_BYTES: u64 = 2_000_000_000;

/// Writes events whole, a batch in one write.
pub(super) struct TraceFile {
    file: GrowingFile,
    /// Time 0 of the trace.
    start: Instant,
    process: u32,
    /// Lanes whose names were written.
    named: HashSet<Lane>,
    batch: String,
    /// Bytes until it is full.
    left: u64,
    is_closed: bool,
}

impl TraceFile {
    /// Writes what stands at the beginning. It closes with the first event that takes it to `most` bytes.
    pub fn begin(file: GrowingFile, most: u64) -> Result<Self, WriteError> {
        let process = std::process::id();
        let batch = format!("{BEGINNING}\"pid\":{process},\"tid\":0,\"args\":{{{PROCESS}}}}}");
        let mut trace =
            Self { file, start: Instant::now(), process, named: HashSet::new(), batch, left: most, is_closed: false };
        trace.flush()?;
        Ok(trace)
    }

    /// Spans of one lane, the outer ones first; each ends no sooner than it starts.
    pub fn spans(&mut self, lane: Lane, spans: &[TraceSpan]) -> Result<(), WriteError> {
        if self.is_closed {
            return Ok(());
        }
        self.name(lane);
        for span in spans {
            let (from, to) = (self.since_start(span.from), self.since_start(span.to));
            let (start, took) = (Micros(from), Micros(to.saturating_sub(from)));
            self.event(span.name, "X", lane, start);
            let _ = write!(self.batch, ",\"dur\":{took}");
            self.arguments(span.frame, span.model.as_deref().map(|model| ("model", model)));
        }
        self.flush()
    }

    /// Something that happened at an instant.
    pub fn instant(
        &mut self,
        lane: Lane,
        name: &str,
        at: Instant,
        frame: Option<u64>,
        why: &str,
    ) -> Result<(), WriteError> {
        if self.is_closed {
            return Ok(());
        }
        self.name(lane);
        let at = Micros(self.since_start(at));
        self.event(name, "i", lane, at);
        self.batch.push_str(",\"s\":\"t\"");
        self.arguments(frame, Some(("why", why)));
        self.flush()
    }

    /// Ends it as it is, after a write that failed: what is whole so far must not be followed by pieces.
    pub fn abandon(&mut self) {
        self.is_closed = true;
    }

    /// Closes the array. Nothing is written after that.
    pub fn close(&mut self) -> Result<(), WriteError> {
        if std::mem::replace(&mut self.is_closed, true) {
            return Ok(());
        }
        self.file.append(b"\n]\n")
    }

    fn since_start(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start)
    }

    /// Names a lane before its first event.
    fn name(&mut self, lane: Lane) {
        if self.named.insert(lane) {
            let (process, id, name) = (self.process, lane.id(), lane.name());
            let _ = write!(
                self.batch,
                ",\n{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":{process},\"tid\":{id},\"args\":{{\"name\":\"{name}\"}}}}"
            );
        }
    }

    /// Begins an event; [`TraceFile::arguments`] ends it.
    fn event(&mut self, name: &str, kind: &str, lane: Lane, at: Micros) {
        let (process, id) = (self.process, lane.id());
        let _ = write!(
            self.batch,
            ",\n{{\"name\":\"{name}\",\"cat\":\"frame\",\"ph\":\"{kind}\",\"pid\":{process},\"tid\":{id},\"ts\":{at}"
        );
    }

    fn arguments(&mut self, frame: Option<u64>, other: Option<(&str, &str)>) {
        self.batch.push_str(",\"args\":{");
        if let Some(frame) = frame {
            let _ = write!(self.batch, "\"frame\":{frame}");
        }
        if let Some((key, text)) = other {
            let comma = if frame.is_some() { "," } else { "" };
            // Of a model's name, which may be any.
            let text = serde_json::Value::from(text);
            let _ = write!(self.batch, "{comma}\"{key}\":{text}");
        }
        self.batch.push_str("}}");
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        let written = self.file.append(self.batch.as_bytes());
        self.left = self.left.saturating_sub(self.batch.len() as u64);
        self.batch.clear();
        written?;
        if self.left == 0 {
            log::warn!("the trace ends here: it is as large as traces may get");
            self.close()?;
        }
        Ok(())
    }
}

/// Microseconds, to the nanosecond: sums of starts and durations stay exact.
struct Micros(Duration);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = self.0.as_nanos();
        write!(f, "{}.{:03}", nanos / 1000, nanos % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Outputs;
    use crate::trace::TRACE;

    #[test]
    fn a_full_trace_is_closed_and_grows_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.json");
        let output = Outputs::default().file(&path, &TRACE).unwrap();
        let mut trace = TraceFile::begin(GrowingFile::create(output).unwrap(), 600).unwrap();
        let mut sizes = Vec::new();
        for frame in 0..20 {
            trace.instant(Lane::Models, "dropped", Instant::now(), Some(frame), "").unwrap();
            sizes.push(std::fs::metadata(&path).unwrap().len());
        }
        trace.close().unwrap();
        let full = *sizes.last().unwrap();
        assert!((600..1000).contains(&full) && sizes[0] < sizes[1] && sizes[10..] == [full; 10], "{sizes:?}");
        let events: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!((4..12).contains(&events.len()), "{}", events.len());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), full, "it is closed once");
    }
}
