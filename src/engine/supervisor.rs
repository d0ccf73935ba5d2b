//! One source's life: it is opened, watched for stalls and for calls that hang, and replaced.
//!
//! ```text
//! Opening ──▶ Frames ──▶ Nothing     what must not take too long: an opening, the next frame
//!    │ hangs     │ stall
//!    └─────┬─────┘
//!       replace ──▶ Opening on another capture thread, or Release while too many of them hang
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never};

use super::capture::{Capture, RELEASE};
use super::event::Event;
use super::link::{Captured, Link, SourceReport};
use super::settings::{WantedSettings, may_share_device};
use super::shared::Shared;
use super::status_board::Phase;
use super::threads::{ThreadDone, ended};
use crate::source::{Description, SourceError, SourceRequest};

/// A live source that gives no frame for this long has stalled...
const STALL: Duration = Duration::from_secs(2);

/// ...unless it promises a frame less often than this many times in [`STALL`]: then for the time of this many frames.
const MISSED: f32 = 3.0;

/// The longest time for that.
const LONGEST: Duration = Duration::from_secs(3600);

/// A camera that is not open after this long hangs in its driver.
const OPENING: Duration = Duration::from_secs(10);

/// How long a thread that was left behind may take to release the device.
const RELEASE_HUNG: Duration = Duration::from_secs(5);

/// How many frames a camera that stalled must give before it counts as live again: some drivers hand out their last
/// frame, which is old, when they are opened.
const PROBATION: u32 = 3;

/// No more threads than this hang in the driver of one device; it is not opened again before one has come back.
const HUNG: usize = 2;

/// Reports are rare, and the capture thread may wait for the worker.
const REPORTS: usize = 4;

/// Belongs to the worker, which hands it the capture thread's reports and asks it for frames.
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    paused: bool,
    link: Arc<Link>,
    reports: Receiver<SourceReport>,
    /// Capture threads that were not seen to end, and what they have open.
    threads: Vec<(SourceRequest, ThreadDone)>,
    source: Opened,
}

/// What is known of the present source.
struct Opened {
    /// What is opened after a failure: the camera that was opened at first, and no other.
    request: SourceRequest,
    live: bool,
    description: Description,
    /// The last frame that the models saw.
    last: Option<Captured>,
    /// The message of the last failure that was reported, so that it is not reported again.
    failure: Option<String>,
    stalled: bool,
    /// Frames since a stalled camera was opened again; see [`PROBATION`].
    probation_frames: u32,
    /// What must not take too long.
    watch: Watch,
    /// Fires when it may have.
    timer: Receiver<Instant>,
    /// Since when frames are expected.
    expected: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum Watch {
    Nothing,
    /// Nothing either: it has ended or failed, and frames come only once it is opened again.
    Over,
    /// The opening of a camera.
    Opening,
    /// The next frame.
    Frames,
    /// The end of a thread that hangs.
    Release,
}

impl Supervisor {
    /// Opens nothing yet: see [`Supervisor::open`].
    pub fn new(shared: Arc<Shared>, wanted: &WantedSettings) -> Self {
        let paused = wanted.settings.paused;
        let link = Arc::new(Link::new(wanted.generation, paused));
        let source = Opened::new(&wanted.settings.source, shared.parts.clock.now());
        Self { shared, paused, link, reports: never(), threads: Vec::new(), source }
    }

    /// The number of the present source.
    pub fn generation(&self) -> u64 {
        self.link.generation
    }

    /// Gives a token when a frame may wait.
    pub fn frames(&self) -> &Receiver<()> {
        self.link.frames.wake()
    }

    /// What the capture thread says, for [`Supervisor::handle`].
    pub fn reports(&self) -> &Receiver<SourceReport> {
        &self.reports
    }

    /// The capture thread has ended, and everything that it reported was handled.
    pub fn close_reports(&mut self) {
        self.reports = never();
    }

    /// Fires when [`Supervisor::check`] is due.
    pub fn timer(&self) -> &Receiver<Instant> {
        &self.source.timer
    }

    /// Whether a frame waits.
    pub fn has_frame(&self) -> bool {
        self.link.frames.is_full()
    }

    /// Whether the first frame may come at any moment: the source is being opened.
    pub fn awaits_first_frame(&self) -> bool {
        self.source.last.is_none() && self.source.watch != Watch::Over
    }

    /// The last frame that the models saw.
    pub fn last_frame(&self) -> Option<&Captured> {
        self.source.last.as_ref()
    }

    /// The models have seen this frame.
    pub fn keep_last(&mut self, captured: Captured) {
        self.source.last = Some(captured);
    }

    /// Opens the source that was asked for.
    pub fn open(&mut self) {
        self.start_capture(RELEASE);
    }

    /// Leaves the source behind, and opens the one wanted now.
    pub fn switch(&mut self, request: &SourceRequest, generation: u64, paused: bool) {
        self.link.stop();
        self.paused = paused;
        self.link = Arc::new(Link::new(generation, paused));
        self.source = Opened::new(request, self.shared.parts.clock.now());
        self.open();
    }

    /// Starts a capture thread for the source. The last one is not waited for here: it may hang. `release`: for how
    /// long the new thread waits for it.
    fn start_capture(&mut self, release: Duration) {
        let request = self.source.request.clone();
        let device_holders = self.device_holders();
        let (sender, reports) = bounded(REPORTS);
        self.reports = reports;
        let (shared, link) = (Arc::clone(&self.shared), Arc::clone(&self.link));
        if request.may_be_camera() {
            let patience = if device_holders.is_empty() { OPENING } else { OPENING + release };
            self.source.watch(Watch::Opening, self.shared.parts.clock.at(self.shared.parts.clock.now() + patience));
        }
        let capture = Capture::new(shared, link, request.clone(), sender, device_holders, release);
        match self.shared.threads.spawn("capture", || capture.run()) {
            Ok(done) => self.threads.push((request, done)),
            Err(cause) => self.failed(SourceError::NoThread { cause }, None),
        }
    }

    /// Threads that may have the source's device open.
    fn device_holders(&mut self) -> Vec<ThreadDone> {
        self.threads.retain(|(_, done)| !ended(done));
        let device_holders = self.threads.iter().filter(|(other, _)| may_share_device(other, &self.source.request));
        device_holders.map(|(_, done)| done.clone()).collect()
    }

    /// Leaves the capture thread behind, in whatever call it hangs, and opens the source again on another.
    fn replace(&mut self) {
        self.link.stop();
        // What came too late is not shown after its source has failed.
        if self.link.frames.take().is_some() {
            self.shared.board.dropped(self.link.generation);
        }
        if self.device_holders().len() >= HUNG {
            // What a thread that hangs may still report is of no use: it was told to stop.
            self.reports = never();
            return self.source.watch(Watch::Release, never());
        }
        self.link = Arc::new(Link::new(self.link.generation, self.paused));
        self.start_capture(RELEASE_HUNG);
    }

    /// A thread has ended: if it hung and kept the device, the source is opened now.
    pub fn retry_open(&mut self) {
        if self.source.watch == Watch::Release {
            self.replace();
        }
    }

    /// Pauses the source, or resumes it.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.link.pause(paused);
        // An opening takes as long as it takes, paused or not.
        if matches!(self.source.watch, Watch::Nothing | Watch::Frames) {
            self.source.expect_from(&self.shared, self.link.generation, self.paused);
        }
        if self.paused {
            if self.source.live && self.link.frames.take().is_some() {
                self.shared.board.dropped(self.link.generation);
            }
        } else if self.source.stalled {
            self.source.stalled = false;
            self.shared.board.set_source(self.link.generation, Phase::Live);
        }
    }

    /// Follows a report of the capture thread.
    pub fn handle(&mut self, report: SourceReport) {
        match report {
            SourceReport::Opened { description, live } => self.opened(description, live),
            SourceReport::Ended { damage } => {
                self.source.watch(Watch::Over, never());
                if self.shared.board.set_source(self.link.generation, Phase::Ended) {
                    self.shared.tell(Event::SourceEnded { damage: damage.map(Arc::new) });
                }
            }
            SourceReport::Failed { error, retry_at } => self.failed(error, retry_at),
        }
    }

    fn opened(&mut self, description: Description, live: bool) {
        let generation = self.link.generation;
        let board = &self.shared.board;
        if board.generation() != generation {
            return;
        }
        if let Some(camera) = &description.camera {
            self.source.request = self.source.request.pinned(&description.name, &camera.id);
        }
        self.source.live = live;
        self.source.probation_frames = 0;
        self.source.failure = None;
        self.source.description = description.clone();
        self.source.expect_from(&self.shared, generation, self.paused);
        board.describe(generation, description.clone());
        // Until it has given frames, it is not believed.
        if !self.source.stalled {
            board.set_source(generation, Phase::Live);
            self.shared.tell(Event::SourceOpened(description));
        }
    }

    fn failed(&mut self, error: SourceError, retry_at: Option<Instant>) {
        self.source.watch(Watch::Over, never());
        self.source.stalled = false;
        // The tries that follow open it again, each in its time.
        if let (Some(at), true) = (retry_at, self.source.request.may_be_camera()) {
            self.source.watch(Watch::Opening, self.shared.parts.clock.at(at + OPENING));
        }
        let message = Some(error.to_string());
        let error = Arc::new(error);
        let phase = Phase::Failed { error: Arc::clone(&error), retry_at };
        let current = self.shared.board.set_source(self.link.generation, phase);
        if current && self.source.failure != message {
            self.source.failure = message;
            self.shared.tell(Event::SourceFailed(error));
        } else {
            (self.shared.parts.waker)();
        }
    }

    /// The frame that waits, if there is one and it is wanted.
    pub fn take_frame(&mut self) -> Option<Captured> {
        let Opened { live, last, .. } = &self.source;
        // A source that waits for us shows its first frame even while paused: an opened picture must appear.
        if self.paused && (*live || last.is_some()) {
            return None;
        }
        // Settings that were set before the frame came must count for it.
        let settled = |_: &Captured| !self.shared.wanted.is_full();
        let captured = self.link.frames.take_if(settled)?;
        self.link.nudge();
        if *live && captured.pauses != self.link.orders().pauses {
            self.shared.board.dropped(self.link.generation);
            return None;
        }
        if self.source.stalled {
            self.source.probation_frames += 1;
            if self.source.probation_frames < PROBATION {
                self.shared.board.dropped(self.link.generation);
                return None;
            }
            self.source.stalled = false;
            self.source.expect_from(&self.shared, self.link.generation, false);
            if self.shared.board.set_source(self.link.generation, Phase::Live) {
                self.shared.tell(Event::SourceOpened(self.source.description.clone()));
            }
        }
        Some(captured)
    }

    /// What was watched may have taken too long. A report that waits comes first, and sets another watch.
    pub fn check(&mut self) {
        if !self.reports.is_empty() {
            return;
        }
        match std::mem::replace(&mut self.source.watch, Watch::Nothing) {
            Watch::Nothing | Watch::Release => self.source.timer = never(),
            Watch::Over => self.source.watch(Watch::Over, never()),
            Watch::Opening => self.opening_hangs(),
            Watch::Frames => self.check_stall(),
        }
    }

    fn opening_hangs(&mut self) {
        let retry_at = Some(self.shared.parts.clock.now() + RELEASE_HUNG);
        self.failed(SourceError::Unresponsive { seconds: OPENING.as_secs() }, retry_at);
        self.replace();
    }

    fn check_stall(&mut self) {
        let now = self.shared.parts.clock.now();
        let stall = self.source.stall();
        let last = self.shared.board.last_captured(self.link.generation);
        let last = last.unwrap_or(self.source.expected).max(self.source.expected);
        if now.saturating_duration_since(last) < stall {
            self.source.watch(Watch::Frames, self.shared.parts.clock.at(last + stall));
            return;
        }
        if !std::mem::replace(&mut self.source.stalled, true)
            && self.shared.board.set_source(self.link.generation, Phase::Stalled { last })
        {
            self.shared.tell(Event::SourceStalled(self.source.description.clone()));
        }
        if self.source.request.may_be_camera() {
            self.replace();
        } else {
            // A stream gives up by itself, later: opening one again takes longer than a short silence. What it gives
            // until then is its newest.
            self.source.probation_frames = PROBATION;
            self.source.watch(Watch::Nothing, never());
        }
    }
}

impl Drop for Supervisor {
    /// However the worker ends, the capture thread is not left with an open camera.
    fn drop(&mut self) {
        self.link.stop();
    }
}

impl Opened {
    fn new(request: &SourceRequest, now: Instant) -> Self {
        Self {
            request: request.clone(),
            live: false,
            description: Description::default(),
            last: None,
            failure: None,
            stalled: false,
            probation_frames: 0,
            watch: Watch::Nothing,
            timer: never(),
            expected: now,
        }
    }

    /// Frames are expected from now on, where the source is live and not paused.
    fn expect_from(&mut self, shared: &Shared, generation: u64, paused: bool) {
        self.expected = shared.parts.clock.now();
        let watched = self.live && !paused;
        shared.board.expect(generation, watched.then(|| (self.expected, self.stall())));
        // Set once, not with each frame: when it fires, the last frame tells whether to wait on.
        if watched {
            self.watch(Watch::Frames, shared.parts.clock.at(self.expected + self.stall()));
        } else {
            self.watch(Watch::Nothing, never());
        }
    }

    fn watch(&mut self, watch: Watch, timer: Receiver<Instant>) {
        (self.watch, self.timer) = (watch, timer);
    }

    /// How long it may give no frame.
    fn stall(&self) -> Duration {
        let rate = self.description.nominal_rate.filter(|rate| *rate > 0.0);
        let frames = rate.and_then(|rate| Duration::try_from_secs_f32(MISSED / rate).ok());
        // A rate as good as none must not reach beyond the clock's end.
        STALL.max(frames.unwrap_or_default()).min(LONGEST)
    }
}
