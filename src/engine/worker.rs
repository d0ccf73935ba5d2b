//! The worker thread: owns the models, decides which frame they see, and follows the settings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never, select};

use super::Shared;
use super::status_board::Phase;
use super::capture::{Capture, RELEASE};
use super::threads::{Done, ended};
use super::event::Event;
use super::link::{Captured, Link, Report};
use super::models::Models;
use super::observation::{Observation, Times};
use super::settings::{Settings, Wanted, may_share_device};
use crate::source::{Description, SourceRequest, TRIED_AGAIN};

/// A live source that gives no frame for this long has stalled...
const STALL: Duration = Duration::from_secs(2);

/// ...unless it is meant to give one more rarely than this often in [`STALL`]: then for so many frames' time.
const MISSED: f32 = 3.0;

/// A camera that is not open after this long hangs in its driver.
const OPENING: Duration = Duration::from_secs(10);

/// How long a thread that was left behind may take to release the device.
const RELEASE_HUNG: Duration = Duration::from_secs(5);

/// A camera that gave no frames must give so many before it is live again: some drivers hand their last one, which is
/// old, to whoever opens them.
const PROOFS: u32 = 3;

/// No more threads than this hang in the driver of one device; it is not opened again before one has come back.
const HUNG: usize = 2;

/// Reports are rare, and the capture thread may wait for the worker.
const REPORTS: usize = 4;

pub(super) struct Worker {
    shared: Arc<Shared>,
    settings: Settings,
    models: Models,
    /// How many observations were made.
    sequence: u64,
    link: Arc<Link>,
    reports: Receiver<Report>,
    /// Capture threads that were not seen to end, and what they have open.
    threads: Vec<(SourceRequest, Done)>,
    source: Opened,
}

/// What is known of the present source.
struct Opened {
    /// What is opened after a failure: the camera that was opened at first, and no other.
    request: SourceRequest,
    live: bool,
    description: Description,
    /// The frame that was looked at last.
    last: Option<Captured>,
    /// The failure that was told last, so that it is not told again.
    failure: Option<String>,
    stalled: bool,
    /// Frames since it was opened anew.
    proofs: u32,
    /// What is not to take too long.
    watch: Watch,
    /// Rings when it may have.
    timer: Receiver<Instant>,
    /// Since when frames are expected.
    expected: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum Watch {
    Nothing,
    /// The opening of a camera.
    Opening,
    /// The next frame.
    Frames,
    /// A hanging thread's end.
    Release,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, wanted: Wanted) -> Self {
        let Wanted { settings, generation } = wanted;
        let link = Arc::new(Link::new(generation, settings.paused));
        let source = Opened::new(&settings.source, shared.parts.clock.now());
        let (models, reports, threads) = (Models::default(), never(), Vec::new());
        Self { shared, settings, models, sequence: 0, link, reports, threads, source }
    }

    /// The whole life of the thread, until nobody holds the other end of `stop`.
    pub fn run(mut self, stop: &Done) {
        self.open(RELEASE);
        self.models.choose(&self.settings.models, &self.shared);
        while !ended(stop) {
            self.hear_all();
            if let Some(wanted) = self.shared.wanted.take() {
                self.apply(wanted);
            }
            self.look();
            select! {
                recv(stop) -> _ => {}
                recv(self.shared.wanted.wake()) -> _ => {}
                recv(self.link.frames.wake()) -> _ => {}
                recv(self.reports) -> report => match report {
                    Ok(report) => self.hear(report),
                    // The capture thread has ended, and everything it said was heard.
                    Err(_) => self.reports = never(),
                },
                recv(self.source.timer) -> _ => self.check(),
                recv(self.shared.crew.rung()) -> _ => self.let_in(),
            }
        }
    }

    fn apply(&mut self, wanted: Wanted) {
        let Wanted { settings, generation } = wanted;
        let old = std::mem::replace(&mut self.settings, settings);
        if generation != self.link.generation {
            self.link.stop();
            self.link = Arc::new(Link::new(generation, self.settings.paused));
            self.source = Opened::new(&self.settings.source, self.shared.parts.clock.now());
            self.open(RELEASE);
        } else if old.paused != self.settings.paused {
            self.pause();
        }
        if old.models != self.settings.models {
            self.models.choose(&self.settings.models, &self.shared);
            // On a paused, still or failed picture no other frame comes to show what the new models see.
            if self.settings.paused || !self.link.frames.is_full() {
                self.look_again();
            }
        }
    }

    /// Starts a capture thread for the source. The last one is not waited for here: it may hang. `release`: for how
    /// long the new thread waits for it.
    fn open(&mut self, release: Duration) {
        let request = self.source.request.clone();
        let rivals = self.rivals();
        let (sender, reports) = bounded(REPORTS);
        self.reports = reports;
        let (shared, link) = (Arc::clone(&self.shared), Arc::clone(&self.link));
        if request.may_be_camera() {
            let patience = if rivals.is_empty() { OPENING } else { OPENING + release };
            self.source.watch(Watch::Opening, self.shared.parts.clock.at(self.shared.parts.clock.now() + patience));
        }
        let capture = Capture::new(shared, link, request.clone(), sender, rivals, release);
        match self.shared.crew.spawn("capture", || capture.run()) {
            Ok(done) => self.threads.push((request, done)),
            Err(error) => {
                let message =
                    format!("the capture thread cannot be started ({error}); close other programs, try again");
                self.hear(Report::Failed { message, retry_at: None });
            }
        }
    }

    /// Threads that may have the source's device open.
    fn rivals(&mut self) -> Vec<Done> {
        self.threads.retain(|(_, done)| !ended(done));
        let rivals = self.threads.iter().filter(|(other, _)| may_share_device(other, &self.source.request));
        rivals.map(|(_, done)| done.clone()).collect()
    }

    /// Leaves the capture thread behind, in whatever call it hangs, and opens the source anew on another.
    fn replace(&mut self) {
        self.link.stop();
        if self.rivals().len() >= HUNG {
            // What a hanging one may still say is of no use: it was told to stop.
            self.reports = never();
            return self.source.watch(Watch::Release, never());
        }
        self.link = Arc::new(Link::new(self.link.generation, self.settings.paused));
        self.open(RELEASE_HUNG);
    }

    /// A thread has ended: if it was a hanging one that stood in the way, the source is opened now.
    fn let_in(&mut self) {
        if self.source.watch == Watch::Release {
            self.replace();
        }
    }

    fn pause(&mut self) {
        self.link.pause(self.settings.paused);
        // An opening takes as long as it takes, paused or not.
        if matches!(self.source.watch, Watch::Nothing | Watch::Frames) {
            self.source.expect_from(&self.shared, self.link.generation, self.settings.paused);
        }
        if self.settings.paused {
            if self.source.live && self.link.frames.take().is_some() {
                self.shared.board.dropped(self.link.generation);
            }
        } else {
            if self.source.stalled {
                self.source.stalled = false;
                self.shared.board.set_source(self.link.generation, Phase::Live);
            }
        }
    }

    fn hear_all(&mut self) {
        while let Ok(report) = self.reports.try_recv() {
            self.hear(report);
        }
    }

    fn hear(&mut self, report: Report) {
        let generation = self.link.generation;
        let board = &self.shared.board;
        match report {
            Report::Opened { description, live } => {
                if board.generation() != generation {
                    return;
                }
                if let Some(camera) = &description.camera {
                    self.source.request = self.source.request.pinned(&description.name, &camera.id);
                }
                self.source.live = live;
                self.source.proofs = 0;
                self.source.failure = None;
                self.source.description = description.clone();
                self.source.expect_from(&self.shared, self.link.generation, self.settings.paused);
                board.describe(generation, description.clone());
                // Until it has given frames, it is not believed.
                if !self.source.stalled {
                    board.set_source(generation, Phase::Live);
                    self.shared.tell(Event::SourceOpened(description));
                }
            }
            Report::Ended => {
                self.look();
                self.source.watch(Watch::Nothing, never());
                if self.shared.board.set_source(generation, Phase::Ended) {
                    self.shared.tell(Event::SourceEnded);
                }
            }
            Report::Failed { message, retry_at } => {
                self.look();
                self.source.watch(Watch::Nothing, never());
                self.source.stalled = false;
                // The tries that follow open it again, each in its time.
                if let (Some(at), true) = (retry_at, self.source.request.may_be_camera()) {
                    self.source.watch(Watch::Opening, self.shared.parts.clock.at(at + OPENING));
                }
                let phase = Phase::Failed { message: message.clone(), retry_at };
                let current = self.shared.board.set_source(generation, phase);
                if current && self.source.failure.as_ref() != Some(&message) {
                    self.source.failure = Some(message.clone());
                    self.shared.tell(Event::SourceFailed { message, transient: retry_at.is_some() });
                } else {
                    (self.shared.parts.waker)();
                }
            }
        }
    }

    /// Looks at the frame that waits, if there is one and it is wanted.
    fn look(&mut self) {
        if !self.link.frames.is_full() {
            return;
        }
        // A source's first frame may come right after the word that it is open, which counts for it.
        self.hear_all();
        let Opened { live, last, .. } = &self.source;
        // A source that waits for us shows its first frame even while paused: an opened picture must appear.
        if self.settings.paused && (*live || last.is_some()) {
            return;
        }
        // Settings that were set before the frame came must count for it.
        let settled = |_: &Captured| !self.shared.wanted.is_full();
        let Some(captured) = self.link.frames.take_if(settled) else { return };
        self.link.nudge();
        if *live && captured.pauses != self.link.orders().pauses {
            self.shared.board.dropped(self.link.generation);
            return;
        }
        if self.source.stalled {
            self.source.proofs += 1;
            if self.source.proofs < PROOFS {
                self.shared.board.dropped(self.link.generation);
                return;
            }
            self.source.stalled = false;
            self.source.expect_from(&self.shared, self.link.generation, false);
            if self.shared.board.set_source(self.link.generation, Phase::Live) {
                self.shared.tell(Event::SourceOpened(self.source.description.clone()));
            }
        }
        self.infer(&captured, false);
        self.source.last = Some(captured);
    }

    fn look_again(&mut self) {
        if let Some(captured) = self.source.last.take() {
            self.infer(&captured, true);
            self.source.last = Some(captured);
        }
    }

    fn infer(&mut self, captured: &Captured, again: bool) {
        // By count, not by frame id: where every other frame is dropped, all ids are even.
        let backwards = self.sequence % 2 == 1;
        let (outputs, letterbox) = self.models.run(&captured.frame, backwards, &self.shared);
        let finished = self.shared.parts.clock.now();
        let observation = Observation {
            frame_id: captured.id,
            sequence: self.sequence,
            frame: Arc::clone(&captured.frame),
            outputs,
            times: Times { captured: captured.at, capture: captured.took, letterbox, finished },
            source_generation: self.link.generation,
            description: captured.description.clone(),
        };
        self.sequence += 1;
        self.shared.board.inferred(&observation, again);
        self.shared.observations.put(Arc::new(observation));
        (self.shared.parts.waker)();
    }

    /// What was watched may have taken too long.
    fn check(&mut self) {
        match std::mem::replace(&mut self.source.watch, Watch::Nothing) {
            Watch::Nothing | Watch::Release => self.source.timer = never(),
            Watch::Opening => self.opening_hangs(),
            Watch::Frames => self.check_stall(),
        }
    }

    fn opening_hangs(&mut self) {
        let retry_at = Some(self.shared.parts.clock.now() + RELEASE_HUNG);
        let message = format!(
            "the camera does not open: its driver has given no answer for {} s; plug it in anew, {TRIED_AGAIN}",
            OPENING.as_secs()
        );
        self.hear(Report::Failed { message, retry_at });
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
            // A stream gives up by itself, later: opening one anew takes longer than a short silence. What it gives
            // until then is its newest.
            self.source.proofs = PROOFS;
            self.source.watch(Watch::Nothing, never());
        }
    }
}

impl Drop for Worker {
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
            proofs: 0,
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
        // Set once, not with each frame: when it rings, the last frame tells whether to wait on.
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
        STALL.max(frames.unwrap_or_default())
    }
}
