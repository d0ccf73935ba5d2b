//! The capture thread: opens one source, drains it, opens it again when that may help.
//!
//! It does nothing else, because a driver keeps a short queue: a late reader gets old frames. It may hang in a
//! driver forever; then it is left behind, so it holds nothing that another thread waits for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, never, select};

use super::control_applier::ControlApplier;
use super::link::{Captured, Link, SourceReport};
use super::panic_guard;
use super::pool::Pool;
use super::shared::Shared;
use super::threads::ThreadDone;
use crate::detect::Frame;
use crate::source::{Description, Next, Playback, Source, SourceError, SourceRequest};
use crate::trace::{Lane, TraceSpan};

/// Waits between tries: the first, and the longest.
const RETRY: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(5)];

/// How long an earlier thread may take to release the same device, before it is opened all the same.
pub(super) const RELEASE: Duration = Duration::from_secs(1);

/// A `discard` that returns sooner did not wait for the source...
const NO_WAIT: Duration = Duration::from_millis(1);

/// ...so that this pause paces it: short enough to drain a camera of 200 frames per second.
const PACE: Duration = Duration::from_millis(5);

/// Frames in use at once: being written, waiting, at the worker (twice), waiting to be shown, shown; and two more.
const FRAMES: usize = 8;

pub(super) struct Capture {
    shared: Arc<Shared>,
    link: Arc<Link>,
    request: SourceRequest,
    reports: Sender<SourceReport>,
    /// Threads that may have the same device open.
    predecessors: Vec<ThreadDone>,
    release: Duration,
    controls: ControlApplier,
    frames: Pool<Frame>,
    retry: Duration,
    /// Of a video with an end: its last frame, and how it was played.
    place: Option<Playback>,
    /// Frames that the video has passed over so far.
    skipped: u64,
}

/// Why draining a source came to its end.
enum DrainEnd {
    /// No longer wanted.
    Stopped,
    Ended,
}

impl Capture {
    pub fn new(
        shared: Arc<Shared>,
        link: Arc<Link>,
        request: SourceRequest,
        reports: Sender<SourceReport>,
        predecessors: Vec<ThreadDone>,
        release: Duration,
    ) -> Self {
        let (controls, frames, retry) = (ControlApplier::default(), Pool::new(FRAMES), RETRY[0]);
        let (place, skipped) = (None, 0);
        Self { shared, link, request, reports, predecessors, release, controls, frames, retry, place, skipped }
    }

    /// The whole life of the thread.
    pub fn run(mut self) {
        self.await_release();
        while !self.link.orders().stop {
            let (report, retry_at) = match self.attempt() {
                Ok(DrainEnd::Stopped) => return,
                Ok(DrainEnd::Ended) => (SourceReport::Ended { damage: None }, None),
                Err(error) if error.is_end() => (SourceReport::Ended { damage: Some(error) }, None),
                Err(error) => {
                    // It resumes where it was lost.
                    if let Some(place) = self.place.take() {
                        self.request = self.request.resuming_at(&place);
                    }
                    let retry_at = error.is_transient().then(|| self.shared.parts.clock.now() + self.retry);
                    (SourceReport::Failed { error, retry_at }, retry_at)
                }
            };
            // An error means that the worker has left this source behind.
            if self.reports.send(report).is_err() {
                return;
            }
            let Some(retry_at) = retry_at else { return };
            self.retry = (self.retry * 2).min(RETRY[1]);
            let timer = self.shared.parts.clock.at(retry_at);
            while !self.link.orders().stop && !self.link.wait(&timer) {}
        }
    }

    /// Gives earlier threads a moment to close the device, so that opening it does not find it busy.
    fn await_release(&mut self) {
        if self.predecessors.is_empty() {
            return;
        }
        let timer = self.shared.parts.clock.at(self.shared.parts.clock.now() + self.release);
        for done in std::mem::take(&mut self.predecessors) {
            loop {
                select! {
                    recv(done) -> _ => break,
                    recv(timer) -> _ => return,
                    recv(self.link.nudged()) -> _ => if self.link.orders().stop { return },
                }
            }
        }
    }

    /// Opens the source and drains it to its end. Sources call drivers and decoders: a panic in one is a failure
    /// like others, and cannot take the window with it.
    fn attempt(&mut self) -> Result<DrainEnd, SourceError> {
        // A driver's fault may be gone when the camera is opened again; a decoder's comes again with the same file.
        let camera = self.request.may_be_camera();
        let fault = |part| move |cause| SourceError::Fault { part, cause, camera };
        let opener = &self.shared.parts.opener;
        let opened = panic_guard::guard(|| opener.open(&self.request));
        let mut source = opened.map_err(fault("opening the source"))??;
        let result = panic_guard::guard(|| self.drain(&mut *source)).map_err(fault("the source"));
        // On its own: a driver's clean-up may panic too, and that says nothing about the frames before.
        if let Err(error) = panic_guard::guard(|| drop(source)).map_err(fault("closing the source")) {
            log::warn!("{error}");
        }
        result?
    }

    fn drain(&mut self, source: &mut dyn Source) -> Result<DrainEnd, SourceError> {
        let live = source.is_live();
        // The orders when the source was asked last.
        let mut asked = self.link.orders();
        let description = source.description();
        // After a failure the very same camera is waited for.
        if let Some(camera) = &description.camera {
            self.request = self.request.pinned(&description.name, &camera.id);
        }
        self.controls.begin();
        // Left behind while it was opened.
        if asked.stop {
            return Ok(DrainEnd::Stopped);
        }
        if self.reports.send(SourceReport::Opened { description, live }).is_err() {
            return Ok(DrainEnd::Stopped);
        }
        loop {
            let orders = self.link.orders();
            if orders.stop {
                return Ok(DrainEnd::Stopped);
            }
            self.controls.follow(source, &self.shared, self.link.generation);
            if live && orders.paused {
                self.discard(source)?;
                continue;
            }
            if !live && self.link.frames.is_full() {
                // Loses no frame, and rests while paused: the worker takes nothing then.
                self.link.wait(&never());
                continue;
            }
            if asked.paused || asked.pauses != orders.pauses {
                source.resume();
            }
            asked = orders;
            let clock = &*self.shared.parts.clock;
            let before = clock.now();
            let controls = &mut self.controls;
            let (frame, next) = self.frames.write(|frame| controls.next(source, frame));
            let at = clock.now();
            match next? {
                // Left behind while it hung.
                _ if self.link.orders().stop => return Ok(DrainEnd::Stopped),
                Next::Frame => {}
                Next::Idle => continue,
                Next::Broken => {
                    self.shared.board.broken(self.link.generation);
                    self.mark("broken", at, None, "it is no picture");
                    continue;
                }
                Next::End => return Ok(DrainEnd::Ended),
            }
            self.retry = RETRY[0];
            let (description, frame_size) = (source.description(), frame.size());
            self.count_skipped(&description, at);
            self.place = description.playback.as_ref().filter(|p| p.duration.is_some()).cloned();
            self.publish(Captured {
                id: self.shared.frame_ids.fetch_add(1, Ordering::Relaxed),
                frame,
                pauses: orders.pauses,
                at,
                took: at.saturating_duration_since(before),
                description: Description { size: Some(frame_size), ..description },
            });
        }
    }

    fn publish(&self, captured: Captured) {
        let generation = self.link.generation;
        let at = captured.at;
        self.shared.board.captured(generation, at);
        let trace = &self.shared.parts.trace;
        if trace.is_on() {
            let start = at.checked_sub(captured.took).unwrap_or(at);
            let span = TraceSpan::new("capture", start, at).of_frame(captured.id);
            trace.spans(Lane::Capture(generation), &mut [span]);
        }
        if let Some(older) = self.link.frames.put(captured) {
            self.shared.board.dropped(generation);
            self.mark("dropped", at, Some(older.id), "a newer frame came before the models had time for it");
        }
    }

    /// Frames that a video passes over, because they would come too late.
    fn count_skipped(&mut self, description: &Description, at: Instant) {
        let skipped = description.playback.as_ref().map_or(0, |playback| playback.skipped);
        for _ in self.skipped..skipped {
            self.mark("dropped", at, None, "the video passed over it, to keep its rate");
        }
        self.skipped = skipped;
    }

    /// Notes in the trace that something happened to a frame.
    fn mark(&self, name: &str, at: Instant, frame: Option<u64>, why: &str) {
        self.shared.parts.trace.instant(Lane::Capture(self.link.generation), name, at, frame, why);
    }

    fn discard(&self, source: &mut dyn Source) -> Result<(), SourceError> {
        let clock = &*self.shared.parts.clock;
        let before = clock.now();
        source.discard()?;
        let now = clock.now();
        if now.saturating_duration_since(before) < NO_WAIT {
            self.link.wait(&clock.at(now + PACE));
        }
        Ok(())
    }
}
