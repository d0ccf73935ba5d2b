//! The worker thread: owns the models, decides when they look at a frame, and follows the settings.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, after, never, select};

use super::examiner::Examination;
use super::link::{Captured, SourceReport};
use super::models::LoadedModels;
use super::observation::{Observation, Times};
use super::settings::{Settings, WantedSettings};
use super::shared::Shared;
use super::supervisor::Supervisor;
use super::threads::{ThreadDone, ended};
use crate::trace::{Lane, TraceSpan};

pub(super) struct Worker {
    /// First, because fields are dropped in order: the source is told to stop before models take time to go.
    source: Supervisor,
    shared: Arc<Shared>,
    settings: Settings,
    models: LoadedModels,
    /// Frames of others, for whenever there is time.
    examinations: Receiver<Examination>,
    /// The one in hand.
    examination: Option<Examination>,
    /// How many observations were made.
    sequence: u64,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, wanted: WantedSettings, examinations: Receiver<Examination>) -> Self {
        let source = Supervisor::new(Arc::clone(&shared), &wanted);
        let (settings, models) = (wanted.settings, LoadedModels::default());
        Self { source, shared, settings, models, examinations, examination: None, sequence: 0 }
    }

    /// The whole life of the thread, until nobody holds the other end of `stop`.
    pub fn run(mut self, stop: &ThreadDone) {
        self.source.open();
        self.models.choose(&self.settings.models, &self.shared);
        while !ended(stop) {
            self.handle_reports();
            if let Some(wanted) = self.shared.wanted.take() {
                self.apply(wanted);
            }
            self.look();
            // A picture that is being opened comes first, too.
            let (asked, more) = match &self.examination {
                _ if self.source.awaits_first_frame() => (never(), never()),
                Some(_) => (never(), after(Duration::ZERO)),
                None => (self.examinations.clone(), never()),
            };
            select! {
                recv(stop) -> _ => {}
                recv(self.shared.wanted.wake()) -> _ => {}
                recv(self.source.frames()) -> _ => {}
                recv(self.source.reports()) -> report => match report {
                    Ok(report) => self.handle(report),
                    Err(_) => self.source.close_reports(),
                },
                recv(self.source.timer()) -> _ => self.source.check(),
                recv(self.shared.threads.exited()) -> _ => self.source.retry_open(),
                recv(asked) -> examination => match examination {
                    Ok(examination) => self.examination = examination.or_reply(),
                    // Nobody can ask any more.
                    Err(_) => self.examinations = never(),
                },
                recv(more) -> _ => self.examine(),
            }
        }
    }

    fn apply(&mut self, wanted: WantedSettings) {
        let WantedSettings { settings, generation } = wanted;
        let old = std::mem::replace(&mut self.settings, settings);
        if generation != self.source.generation() {
            self.source.switch(&self.settings.source, generation, self.settings.paused);
        } else if old.paused != self.settings.paused {
            self.source.pause(self.settings.paused);
        }
        if old.models != self.settings.models {
            self.models.choose(&self.settings.models, &self.shared);
            // On a paused, still or failed picture no other frame comes to show what the new models see.
            if self.settings.paused || !self.source.has_frame() {
                self.look_again();
            }
        }
    }

    fn handle_reports(&mut self) {
        while let Ok(report) = self.source.reports().try_recv() {
            self.handle(report);
        }
    }

    fn handle(&mut self, report: SourceReport) {
        // The frame before the end or the failure counts.
        if !matches!(report, SourceReport::Opened { .. }) {
            self.look();
        }
        self.source.handle(report);
    }

    /// Looks at the frame that waits, if there is one and it is wanted.
    fn look(&mut self) {
        if !self.source.has_frame() {
            return;
        }
        // A source's first frame may come right after the report that it is open, which counts for it.
        self.handle_reports();
        if let Some(captured) = self.source.take_frame() {
            self.infer(&captured, false);
            self.source.keep_last(captured);
        }
    }

    fn look_again(&mut self) {
        if let Some(captured) = self.source.last_frame().cloned() {
            self.infer(&captured, true);
        }
    }

    fn infer(&mut self, captured: &Captured, again: bool) {
        // By count, not by frame id: where every other frame is dropped, all ids are even.
        let backwards = self.sequence % 2 == 1;
        let (board, generation) = (&self.shared.board, self.source.generation());
        let is_wanted = || board.generation() == generation;
        let begun = self.shared.parts.clock.now();
        let recorded = &captured.description.recorded;
        let (outputs, letterbox) = self.models.run(&captured.frame, recorded, backwards, &self.shared, is_wanted);
        let finished = self.shared.parts.clock.now();
        let trace = &self.shared.parts.trace;
        if trace.is_on() {
            let mut spans = self.models.take_spans();
            spans.push(TraceSpan::new("frame", begun, finished));
            spans.iter_mut().for_each(|span| span.frame = Some(captured.id));
            trace.spans(Lane::Models, &mut spans);
        }
        // Another source was asked for meanwhile: nobody takes this any more.
        if !is_wanted() {
            trace.instant(Lane::Models, "dropped", finished, Some(captured.id), "another source was asked for");
            return;
        }
        let observation = Observation {
            frame_id: captured.id,
            sequence: self.sequence,
            frame: Arc::clone(&captured.frame),
            outputs,
            times: Times { captured: captured.at, capture: captured.took, letterbox, finished },
            source_generation: generation,
            description: captured.description.clone(),
        };
        self.sequence += 1;
        self.shared.board.inferred(&observation, again);
        if let Some(older) = self.shared.observations.put(Arc::new(observation)) {
            let why = "a newer frame was ready before this one was shown";
            self.shared.parts.trace.instant(Lane::Models, "not shown", finished, Some(older.frame_id), why);
        }
        (self.shared.parts.waker)();
    }

    /// Lets one model look at the frame in hand.
    fn examine(&mut self) {
        // They may ask for another picture, which comes first.
        if self.shared.wanted.is_full() {
            return;
        }
        let Some(examination) = self.examination.take() else { return };
        let Some((slot, request)) = examination.next() else { return };
        let result = self.models.examine(slot, request, &examination.frame, &self.shared);
        self.shared.parts.trace.spans(Lane::Models, &mut self.models.take_spans());
        self.examination = examination.record(result);
    }
}
