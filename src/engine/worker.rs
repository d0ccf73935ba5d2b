//! The worker thread: owns the models, decides which frame they see, and follows the settings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never, select};

use super::Shared;
use super::board::Phase;
use super::capture::Capture;
use super::crew::{Done, ended};
use super::event::Event;
use super::link::{Captured, Link, Report};
use super::models::Models;
use super::observation::{Observation, Times};
use super::settings::{Settings, Wanted, may_share_device};
use crate::source::{Description, SourceRequest};

/// A live source that gives no frame for this long has stalled.
const STALL: Duration = Duration::from_secs(2);

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
    live: bool,
    description: Description,
    /// The frame that was looked at last.
    last: Option<Captured>,
    /// The failure that was told last, so that it is not told again.
    failure: Option<String>,
    stalled: bool,
    /// Rings when the source may have stalled.
    timer: Receiver<Instant>,
    /// Since when frames are expected.
    expected: Instant,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, wanted: Wanted) -> Self {
        let Wanted { settings, generation } = wanted;
        let link = Arc::new(Link::new(generation, settings.paused));
        let source = Opened::new(shared.parts.clock.now());
        let (models, reports, threads) = (Models::default(), never(), Vec::new());
        Self { shared, settings, models, sequence: 0, link, reports, threads, source }
    }

    /// The whole life of the thread, until nobody holds the other end of `stop`.
    pub fn run(mut self, stop: &Done) {
        self.open();
        self.models.choose(&self.settings.models, &self.shared);
        while !ended(stop) {
            while let Ok(report) = self.reports.try_recv() {
                self.hear(report);
            }
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
                recv(self.source.timer) -> _ => self.check_stall(),
            }
        }
    }

    fn apply(&mut self, wanted: Wanted) {
        let Wanted { settings, generation } = wanted;
        let old = std::mem::replace(&mut self.settings, settings);
        if generation != self.link.generation {
            self.link.stop();
            self.link = Arc::new(Link::new(generation, self.settings.paused));
            self.source = Opened::new(self.shared.parts.clock.now());
            self.open();
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

    /// Starts a capture thread for the settings' source. The last one is not waited for here: it may hang.
    fn open(&mut self) {
        let request = self.settings.source.clone();
        self.threads.retain(|(_, done)| !ended(done));
        let rivals = self.threads.iter().filter(|(other, _)| may_share_device(other, &request));
        let rivals = rivals.map(|(_, done)| done.clone()).collect();
        let (sender, reports) = bounded(REPORTS);
        self.reports = reports;
        let capture = Capture::new(Arc::clone(&self.shared), Arc::clone(&self.link), request.clone(), sender, rivals);
        match self.shared.crew.spawn("capture", || capture.run()) {
            Ok(done) => self.threads.push((request, done)),
            Err(error) => {
                let message =
                    format!("the capture thread cannot be started ({error}); close other programs, try again");
                self.hear(Report::Failed { message, retry_at: None });
            }
        }
    }

    fn pause(&mut self) {
        self.link.pause(self.settings.paused);
        self.source.expect_from(&self.shared, self.settings.paused);
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

    fn hear(&mut self, report: Report) {
        let generation = self.link.generation;
        let board = &self.shared.board;
        match report {
            Report::Opened { description, live } => {
                if !board.set_source(generation, Phase::Live) {
                    return;
                }
                self.source.live = live;
                self.source.stalled = false;
                self.source.failure = None;
                self.source.description = description.clone();
                self.source.expect_from(&self.shared, self.settings.paused);
                board.describe(generation, description.clone());
                self.shared.tell(Event::SourceOpened(description));
            }
            Report::Ended => {
                self.look();
                self.source.timer = never();
                if self.shared.board.set_source(generation, Phase::Ended) {
                    self.shared.tell(Event::SourceEnded);
                }
            }
            Report::Failed { message, retry_at } => {
                self.look();
                self.source.timer = never();
                self.source.stalled = false;
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
        if std::mem::take(&mut self.source.stalled) {
            self.shared.board.set_source(self.link.generation, Phase::Live);
            self.source.expect_from(&self.shared, false);
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

    fn check_stall(&mut self) {
        let now = self.shared.parts.clock.now();
        let last = self.shared.board.last_captured(self.link.generation);
        let last = last.unwrap_or(self.source.expected).max(self.source.expected);
        if now.saturating_duration_since(last) < STALL {
            self.source.timer = self.shared.parts.clock.at(last + STALL);
            return;
        }
        self.source.timer = never();
        self.source.stalled = true;
        if self.shared.board.set_source(self.link.generation, Phase::Stalled { last }) {
            self.shared.tell(Event::SourceStalled(self.source.description.clone()));
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
    fn new(now: Instant) -> Self {
        Self {
            live: false,
            description: Description::default(),
            last: None,
            failure: None,
            stalled: false,
            timer: never(),
            expected: now,
        }
    }

    /// Frames are expected from now on, where the source is live and not paused.
    fn expect_from(&mut self, shared: &Shared, paused: bool) {
        self.expected = shared.parts.clock.now();
        let watched = self.live && !paused;
        // Set once, not with each frame: when it rings, the last frame tells whether to wait on.
        self.timer = if watched { shared.parts.clock.at(self.expected + STALL) } else { never() };
    }
}
