//! The loaded models: which run, which are kept for switching back.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::event::Event;
use super::observation::Output;
use super::panic_guard;
use super::pool::Pool;
use super::shared::Shared;
use super::status::{ModelPhase, ModelState};
use crate::detect::{Frame, Letterbox, Letterboxes, RawHeads};
use crate::model::{Detector, ModelError, ModelInfo, ModelRequest};
use crate::source::RecordedHeads;
use crate::trace::TraceSpan;

/// How many models stay loaded, so that switching back is instant.
const KEPT: usize = 3;

/// Raw heads in use at once: being written, waiting to be shown, shown, and a short history.
const HEADS: usize = 8;

/// Belongs to the worker, which alone runs models.
#[derive(Default)]
pub(super) struct LoadedModels {
    /// Used longest ago first.
    loaded: Vec<Loaded>,
    /// One for each of the settings' models.
    slots: Vec<Slot>,
    letterboxes: Letterboxes,
    /// What was done since [`LoadedModels::take_spans`]; none where nothing is traced.
    spans: Vec<TraceSpan>,
}

struct Loaded {
    request: ModelRequest,
    /// [`Load::stamp`](super::shared::Load::stamp) when it was loaded.
    stamp: u64,
    info: Arc<ModelInfo>,
    /// As recorded heads name it, made once and not for each frame.
    arithmetic: String,
    detector: Box<dyn Detector>,
    heads: Pool<RawHeads>,
    /// Why its last inference failed.
    failure: Option<Arc<ModelError>>,
}

struct Slot {
    wanted: ModelRequest,
    /// A loaded model: the one wanted, or the last good one.
    running: Option<ModelRequest>,
    /// Why the one wanted could not be loaded.
    failure: Option<Arc<ModelError>>,
}

impl LoadedModels {
    /// Makes these the models to run, and loads those that are not loaded yet. Where one cannot be loaded, the
    /// model that ran in its place before keeps running.
    pub fn choose(&mut self, wanted: &[ModelRequest], shared: &Shared) {
        shared.board.keep_models(wanted.len());
        let mut before: Vec<_> = std::mem::take(&mut self.slots).into_iter().map(|slot| slot.running).collect();
        before.resize(wanted.len(), None);
        self.slots = wanted
            .iter()
            .zip(before)
            .map(|(wanted, running)| Slot { wanted: wanted.clone(), running, failure: None })
            .collect();
        let failures = self.load(wanted, shared);
        for (at, request) in wanted.iter().enumerate() {
            // Again, so that the ones wanted are those that were used last.
            self.find_again(request, shared.parts.loader.stamp(&request.name));
            let failure = failures.iter().find(|(failed, _)| failed == request).map(|(_, error)| Arc::clone(error));
            if let Some(error) = &failure {
                shared.tell(Event::ModelFailed { request: request.clone(), error: Arc::clone(error) });
            } else {
                self.slots[at].running = Some(request.clone());
            }
            self.slots[at].failure = failure;
            shared.board.set_model(at, self.state(at));
        }
        self.evict(None);
    }

    /// Loads the models that are not loaded yet, side by side: each reads a file and works on it for long. Gives those
    /// that could not be loaded.
    fn load(&mut self, wanted: &[ModelRequest], shared: &Shared) -> Vec<(ModelRequest, Arc<ModelError>)> {
        let mut missing: Vec<(&ModelRequest, u64)> = Vec::new();
        for (at, request) in wanted.iter().enumerate() {
            let stamp = shared.parts.loader.stamp(&request.name);
            if !self.find_again(request, stamp) {
                shared.board.set_model(at, ModelState { phase: ModelPhase::Loading, ..self.state(at) });
                if missing.iter().all(|(other, _)| other != &request) {
                    missing.push((request, stamp));
                }
            }
        }
        let loaded = thread::scope(|scope| {
            let loading: Vec<_> = missing
                .iter()
                .skip(1)
                .map(|(request, _)| {
                    let named = thread::Builder::new().name("model loading".into());
                    named.spawn_scoped(scope, || read(request, shared))
                })
                .collect();
            let first = missing.first().map(|(request, _)| read(request, shared));
            let others = loading.into_iter().zip(&missing[missing.len().min(1)..]).map(|(thread, (request, _))| {
                // Without a thread to spare it is loaded here; a panic is an error by then.
                thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| read(request, shared))
            });
            first.into_iter().chain(others).collect::<Vec<_>>()
        });
        let mut failures = Vec::new();
        for ((request, stamp), loaded) in missing.into_iter().zip(loaded) {
            match loaded {
                Ok(detector) => self.keep(request, stamp, detector, shared),
                Err(error) => failures.push((request.clone(), Arc::new(error))),
            }
        }
        failures
    }

    /// Where the model is loaded already, it is the last of `loaded` afterwards. False: it is not.
    fn find_again(&mut self, request: &ModelRequest, stamp: u64) -> bool {
        let found = self.loaded.iter().position(|loaded| &loaded.request == request && loaded.stamp == stamp);
        if let Some(found) = found {
            let loaded = self.loaded.remove(found);
            self.loaded.push(loaded);
        }
        found.is_some()
    }

    /// Afterwards it is the last of `loaded`.
    fn keep(&mut self, request: &ModelRequest, stamp: u64, detector: Box<dyn Detector>, shared: &Shared) {
        let info = Arc::clone(detector.info());
        shared.tell(Event::ModelLoaded(Arc::clone(&info)));
        let (arithmetic, heads) = (info.arithmetic_json(), Pool::new(HEADS));
        // Its file was written again: what was loaded from it before goes, now that there is another.
        self.loaded.retain(|loaded| &loaded.request != request);
        self.loaded.push(Loaded { request: request.clone(), stamp, info, arithmetic, detector, heads, failure: None });
    }

    /// Unloads the models that were used longest ago and do not run; not the one that is about to.
    fn evict(&mut self, next: Option<&ModelRequest>) {
        let runs = |request: &ModelRequest| {
            next == Some(request) || self.slots.iter().any(|slot| slot.running.as_ref() == Some(request))
        };
        let mut surplus = self.loaded.len().saturating_sub(KEPT);
        self.loaded.retain(|loaded| {
            let goes = surplus > 0 && !runs(&loaded.request);
            surplus -= usize::from(goes);
            !goes
        });
        let sizes: Vec<_> = self.loaded.iter().map(|loaded| loaded.info.form.input).collect();
        self.letterboxes.keep(&sizes);
    }

    /// Runs every model on one frame: A first, or last where `backwards`, so that neither always has the warmer
    /// caches; stops between two models once the frame is not wanted any more. Gives the outputs in the order of the
    /// slots, and the time that letterboxing took. A model whose heads of this frame are among `recorded` does not run.
    pub fn run(
        &mut self,
        frame: &Frame,
        recorded: &[RecordedHeads],
        backwards: bool,
        shared: &Shared,
        is_wanted: impl Fn() -> bool,
    ) -> (Vec<Output>, Duration) {
        self.letterboxes.begin();
        let count = self.slots.len();
        let (mut outputs, mut letterboxing) = (Vec::with_capacity(count), Duration::ZERO);
        for i in 0..count {
            if i > 0 && !is_wanted() {
                break;
            }
            let slot = if backwards { count - 1 - i } else { i };
            outputs.extend(self.run_slot(slot, frame, recorded, &mut letterboxing, shared));
        }
        if backwards {
            outputs.reverse();
        }
        (outputs, letterboxing)
    }

    /// Adds the time that letterboxing took to `letterboxing`.
    fn run_slot(
        &mut self,
        slot: usize,
        frame: &Frame,
        recorded: &[RecordedHeads],
        letterboxing: &mut Duration,
        shared: &Shared,
    ) -> Option<Output> {
        let running = self.slots[slot].running.as_ref()?;
        let at = self.loaded.iter().position(|loaded| &loaded.request == running)?;
        let result = match recorded_output(&self.loaded[at], slot, frame, recorded) {
            Some(output) => Ok(output),
            None => self.infer(at, slot, frame, letterboxing, shared),
        };
        let now = result.as_ref().err().cloned();
        let was = std::mem::replace(&mut self.loaded[at].failure, now.clone());
        if was.as_ref().map(ToString::to_string) != now.as_ref().map(ToString::to_string) {
            // At 30 frames per second, the second message in a row would only be noise.
            if let (None, Some(error)) = (&was, &now) {
                let name = self.loaded[at].info.name.clone();
                shared.tell(Event::InferenceFailed { name, error: Arc::clone(error) });
            }
            (0..self.slots.len()).for_each(|at| shared.board.set_model(at, self.state(at)));
        }
        result.ok()
    }

    /// Lets a model look at a frame that no source gave; the model need not be one of the settings'. `slot` goes into the
    /// output.
    pub fn examine(
        &mut self,
        slot: usize,
        request: &ModelRequest,
        frame: &Frame,
        shared: &Shared,
    ) -> Result<Output, Arc<ModelError>> {
        let stamp = shared.parts.loader.stamp(&request.name);
        if !self.find_again(request, stamp) {
            let detector = read(request, shared)?;
            self.keep(request, stamp, detector, shared);
            self.evict(Some(request));
        }
        self.letterboxes.begin();
        // It is the last now: it was found, or loaded.
        let mut letterboxing = Duration::ZERO;
        self.infer(self.loaded.len() - 1, slot, frame, &mut letterboxing, shared)
    }

    /// Runs the loaded model `at` this place.
    fn infer(
        &mut self,
        at: usize,
        slot: usize,
        frame: &Frame,
        letterboxing: &mut Duration,
        shared: &Shared,
    ) -> Result<Output, Arc<ModelError>> {
        let clock = &*shared.parts.clock;
        let Loaded { detector, heads, info, .. } = &mut self.loaded[at];
        let begun = clock.now();
        let (letterbox, tensor) = self.letterboxes.fill(info.form.input, frame);
        let before = clock.now();
        *letterboxing += before.saturating_duration_since(begun);
        let (heads, result) = heads.write(|heads| panic_guard::guard(|| detector.run(tensor, heads)));
        let done = clock.now();
        let inference = done.saturating_duration_since(before);
        let model = Arc::clone(info);
        if shared.parts.trace.is_on() {
            let name = if slot == 0 { "inference A" } else { "inference B" };
            self.spans.push(TraceSpan::new("letterbox", begun, before));
            self.spans.push(TraceSpan::new(name, before, done).of_model(&model.name));
        }
        let fault = |cause| ModelError::Fault { part: format!("inference with {}", model.name), cause };
        result.map_err(fault).and_then(|done| done)?;
        Ok(Output { slot, model, heads, letterbox, inference })
    }

    /// What was done since the last call, for the trace.
    pub fn take_spans(&mut self) -> Vec<TraceSpan> {
        std::mem::take(&mut self.spans)
    }

    fn state(&self, at: usize) -> ModelState {
        let slot = &self.slots[at];
        let running =
            slot.running.as_ref().and_then(|request| self.loaded.iter().find(|loaded| &loaded.request == request));
        let failure = slot.failure.clone().or_else(|| running?.failure.clone());
        ModelState {
            request: slot.wanted.clone(),
            running: running.map(|loaded| Arc::clone(&loaded.info)),
            phase: failure.map_or(ModelPhase::Ready, |error| ModelPhase::Failed { message: error.to_string() }),
        }
    }
}

/// What this very model computed of the frame when it was recorded.
fn recorded_output(loaded: &Loaded, slot: usize, frame: &Frame, recorded: &[RecordedHeads]) -> Option<Output> {
    let Loaded { info, arithmetic, .. } = loaded;
    let form = &info.form;
    let found = recorded.iter().find(|known| known.sha256 == info.sha256 && known.arithmetic == *arithmetic)?;
    // A description beside the model may have been changed since.
    let lengths = form.heads.iter().map(|head| form.shape(head).iter().product::<usize>());
    let fits = found.heads.heads.iter().map(Vec::len).eq(lengths);
    fits.then(|| Output {
        slot,
        model: Arc::clone(info),
        heads: Arc::clone(&found.heads),
        letterbox: Letterbox::new(frame.size(), form.input),
        inference: found.inference,
    })
}

fn read(request: &ModelRequest, shared: &Shared) -> Result<Box<dyn Detector>, ModelError> {
    let fault = |cause| ModelError::Fault { part: format!("loading the model {}", request.label()), cause };
    panic_guard::guard(|| shared.parts.loader.load(request)).map_err(fault)?
}
