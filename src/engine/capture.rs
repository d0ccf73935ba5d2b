//! The capture thread: opens one source, drains it, opens it again when that may help.
//!
//! It does nothing else, because a driver keeps a short queue: who reads late gets old frames. It may hang in a
//! driver for ever; then it is left behind, so it holds nothing that anybody waits for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Sender, never, select};

use super::threads::Done;
use super::link::{Captured, Link, Report};
use super::pool::Pool;
use super::control_applier::Turning;
use super::{Shared, panic_guard};
use crate::detect::Frame;
use crate::source::{Description, Next, Playback, Source, SourceError, SourceRequest, TRIED_AGAIN};

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
    reports: Sender<Report>,
    /// Threads that may have the same device open.
    predecessors: Vec<Done>,
    release: Duration,
    turning: Turning,
    frames: Pool<Frame>,
    retry: Duration,
    /// Of a video with an end: its last frame, and how it was played.
    place: Option<Playback>,
}

/// Why draining a source came to its end.
enum End {
    /// No longer wanted.
    Stopped,
    Ended,
}

struct Failure {
    message: String,
    transient: bool,
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self { message: error.to_string(), transient: error.is_transient() }
    }
}

impl Capture {
    pub fn new(
        shared: Arc<Shared>,
        link: Arc<Link>,
        request: SourceRequest,
        reports: Sender<Report>,
        predecessors: Vec<Done>,
        release: Duration,
    ) -> Self {
        let (turning, frames, retry) = (Turning::default(), Pool::new(FRAMES), RETRY[0]);
        Self { shared, link, request, reports, predecessors, release, turning, frames, retry, place: None }
    }

    /// The whole life of the thread.
    pub fn run(mut self) {
        self.await_release();
        while !self.link.orders().stop {
            let report = match self.attempt() {
                Ok(End::Stopped) => return,
                Ok(End::Ended) => Report::Ended,
                Err(Failure { message, transient }) => {
                    // It goes on where it was lost.
                    if let Some(place) = self.place.take() {
                        self.request = self.request.going_on(&place);
                    }
                    let retry_at = transient.then(|| self.shared.parts.clock.now() + self.retry);
                    Report::Failed { message, retry_at }
                }
            };
            let retry_at = match report {
                Report::Failed { retry_at, .. } => retry_at,
                _ => None,
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
    fn attempt(&mut self) -> Result<End, Failure> {
        // A driver's fault may be gone when the camera is opened anew; a decoder's comes again with the same file.
        let transient = self.request.may_be_camera();
        let failed = |message| Failure { message, transient };
        let advice = if transient { TRIED_AGAIN } else { "choose it again" };
        let opener = &self.shared.parts.opener;
        let open = || opener.open(&self.request);
        let mut source = panic_guard::guard_with("opening the source", advice, open).map_err(failed)??;
        let result = panic_guard::guard_with("the source", advice, || self.drain(&mut *source));
        // On its own: a driver's clean-up may panic too, and that says nothing about the frames before.
        if let Err(message) = panic_guard::guard("closing the source", || drop(source)) {
            log::warn!("{message}");
        }
        Ok(result.map_err(failed)??)
    }

    fn drain(&mut self, source: &mut dyn Source) -> Result<End, SourceError> {
        let live = source.is_live();
        // The orders when the source was asked last.
        let mut asked = self.link.orders();
        let description = source.description();
        // After a failure the very same camera is waited for.
        if let Some(camera) = &description.camera {
            self.request = self.request.pinned(&description.name, &camera.id);
        }
        self.turning.begin();
        // Left behind while it was opened.
        if asked.stop {
            return Ok(End::Stopped);
        }
        if self.reports.send(Report::Opened { description, live }).is_err() {
            return Ok(End::Stopped);
        }
        loop {
            let orders = self.link.orders();
            if orders.stop {
                return Ok(End::Stopped);
            }
            self.turning.follow(source, &self.shared, self.link.generation);
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
            let turning = &mut self.turning;
            let (frame, next) = self.frames.write(|frame| turning.next(source, frame));
            let at = clock.now();
            match next? {
                // Left behind while it hung.
                _ if self.link.orders().stop => return Ok(End::Stopped),
                Next::Frame => {}
                Next::Idle => continue,
                Next::Broken => {
                    self.shared.board.broken(self.link.generation);
                    continue;
                }
                Next::End => return Ok(End::Ended),
            }
            self.retry = RETRY[0];
            let (description, frame_size) = (source.description(), frame.size());
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
        self.shared.board.captured(generation, captured.at);
        if self.link.frames.put(captured).is_some() {
            self.shared.board.dropped(generation);
        }
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
