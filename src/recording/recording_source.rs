//! A recording that plays like a video: scrubbed, stepped, looped; each frame with the raw heads that belong to it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::RecordingError;
use super::reader::RecordingReader;
use crate::detect::{Frame, Size};
use crate::source::video::PlayClock;
use crate::source::{
    Description, Next, Playback, RecordedHeads, Source, SourceError, VideoControls, VideoLocation, VideoRequest,
};

/// How long [`Source::next`] waits before it gives [`Next::Idle`].
const SLICE: Duration = Duration::from_millis(100);

/// A recording as a source of frames.
pub struct RecordingSource {
    reader: RecordingReader,
    name: String,
    every_frame: bool,
    controls: VideoControls,
    clock: PlayClock,
    /// The frame that comes next.
    next: usize,
    /// The frame that was given last.
    given: usize,
    size: Option<Size>,
    recorded: Arc<[RecordedHeads]>,
    /// Passed over, to keep the recording's own pace.
    skipped: u64,
}

impl RecordingSource {
    /// Opens a recording, and reads its first frame, so that an error shows at once.
    pub fn open(path: &Path, request: &VideoRequest) -> Result<Self, SourceError> {
        let mut reader = RecordingReader::open(path).map_err(failed)?;
        let next = reader.nearest(request.start);
        let size = reader.read(next).map_err(failed)?.frame.size();
        Ok(Self {
            name: VideoLocation::File(path.into()).name(),
            reader,
            every_frame: request.every_frame,
            controls: VideoControls::new(request.looped, request.paused),
            clock: PlayClock::default(),
            next,
            given: next,
            size: Some(size),
            recorded: Arc::default(),
            skipped: 0,
        })
    }

    /// The frame to go to. Back by less than from one frame to the other is the frame before all the same.
    fn place(&self, to: Duration) -> usize {
        let nearest = self.reader.nearest(to);
        if nearest == self.given && to < self.reader.time(self.given) { nearest.saturating_sub(1) } else { nearest }
    }

    /// Passes over frames whose time is over by now.
    fn catch_up(&mut self, now: Instant) {
        while self.next + 1 < self.reader.len() {
            let [time, after] = [self.next, self.next + 1].map(|at| self.reader.time(at));
            if !self.clock.is_over(time, after, now) {
                return;
            }
            self.next += 1;
            self.skipped += 1;
        }
    }

    fn give(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let read = self.reader.read(self.next).map_err(failed)?;
        *frame = read.frame;
        self.size = Some(frame.size());
        let recorded = read.outputs.into_iter().map(|output| RecordedHeads {
            sha256: output.model.sha256.clone(),
            arithmetic: output.model.arithmetic_json(),
            heads: output.heads,
            inference: output.inference,
        });
        self.recorded = recorded.collect();
        self.given = self.next;
        self.next += 1;
        Ok(Next::Frame)
    }
}

impl Source for RecordingSource {
    fn description(&self) -> Description {
        let duration = self.reader.time(self.reader.len());
        let intervals = (self.reader.len() - 1) as f32;
        let rate = Some(intervals / duration.as_secs_f32()).filter(|rate| rate.is_finite() && *rate > 0.0);
        Description {
            name: self.name.clone(),
            file: None,
            size: self.size,
            format: Some(format!("recording, {}", self.reader.pictures())),
            nominal_rate: rate,
            note: self.reader.is_cut().then(|| "this recording was cut off: it ends after its last whole frame".into()),
            playback: Some(Playback {
                time: self.reader.time(self.given),
                number: self.given as u64,
                duration: Some(duration),
                skipped: self.skipped,
                controls: self.controls.clone(),
            }),
            camera: None,
            recorded: Arc::clone(&self.recorded),
        }
    }

    /// Waits for a short while at most, so that requests and the end of interest are noticed.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let requests = self.controls.take();
        if let Some(to) = requests.seek {
            self.next = self.place(to);
            self.clock.restart();
        }
        if requests.paused && requests.steps == 0 {
            let _ = self.controls.wake().recv_timeout(SLICE);
            self.clock.restart();
            return Ok(Next::Idle);
        }
        if self.next >= self.reader.len() {
            if !self.controls.is_looped() {
                return Ok(Next::End);
            }
            self.next = 0;
            self.clock.restart();
            // So that the last frame is seen too, and a single one not decoded as fast as that goes.
            let _ = self.controls.wake().recv_timeout(SLICE);
            return Ok(Next::Idle);
        }
        if requests.paused {
            self.controls.stepped();
            self.clock.restart();
        } else if !self.every_frame {
            let now = Instant::now();
            let due = self.clock.due(self.reader.time(self.next), now);
            if due <= now {
                self.catch_up(now);
            } else if self.controls.wake().recv_deadline(due.min(now + SLICE)).is_ok() || due > now + SLICE {
                return Ok(Next::Idle);
            }
        }
        self.give(frame)
    }

    fn resume(&mut self) {
        self.clock.restart();
    }

    /// It waits for whoever takes its frames.
    fn is_live(&self) -> bool {
        false
    }
}

fn failed(error: RecordingError) -> SourceError {
    match error {
        RecordingError::Read { path, cause } => SourceError::Read { path, cause },
        other => SourceError::Recording { cause: other.to_string() },
    }
}
