//! The loaded models: which run, which are kept for switching back.

use std::sync::Arc;
use std::time::Duration;

use super::event::Event;
use super::observation::Output;
use super::panic_guard;
use super::pool::Pool;
use super::shared::Shared;
use super::status::{ModelPhase, ModelState};
use crate::detect::{Frame, Letterboxes, RawHeads};
use crate::model::{Detector, ModelError, ModelInfo, ModelRequest};

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
}

struct Loaded {
    request: ModelRequest,
    /// [`Load::stamp`](super::shared::Load::stamp) when it was loaded.
    stamp: u64,
    info: Arc<ModelInfo>,
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
        for (at, request) in wanted.iter().enumerate() {
            let failure = self.load(at, request, shared).err().map(Arc::new);
            if let Some(error) = &failure {
                shared.tell(Event::ModelFailed { request: request.clone(), error: Arc::clone(error) });
            } else {
                self.slots[at].running = Some(request.clone());
            }
            self.slots[at].failure = failure;
            shared.board.set_model(at, self.state(at));
        }
        self.evict();
    }

    /// Afterwards the model is loaded, and the last of `loaded`.
    fn load(&mut self, at: usize, request: &ModelRequest, shared: &Shared) -> Result<(), ModelError> {
        let stamp = shared.parts.loader.stamp(&request.name);
        let found = self.loaded.iter().position(|loaded| &loaded.request == request);
        if let Some(found) = found.filter(|found| self.loaded[*found].stamp == stamp) {
            let loaded = self.loaded.remove(found);
            self.loaded.push(loaded);
            return Ok(());
        }
        shared.board.set_model(at, ModelState { phase: ModelPhase::Loading, ..self.state(at) });
        let loaded = panic_guard::guard(|| shared.parts.loader.load(request));
        let fault = |cause| ModelError::Fault { part: format!("loading the model {}", request.label()), cause };
        let detector = loaded.map_err(fault)??;
        let info = Arc::clone(detector.info());
        shared.tell(Event::ModelLoaded(Arc::clone(&info)));
        let heads = Pool::new(HEADS);
        // Its file was written again: what was loaded from it before goes, now that there is another.
        self.loaded.retain(|loaded| &loaded.request != request);
        self.loaded.push(Loaded { request: request.clone(), stamp, info, detector, heads, failure: None });
        Ok(())
    }

    /// Unloads the models that were used longest ago and do not run.
    fn evict(&mut self) {
        let runs = |request: &ModelRequest| self.slots.iter().any(|slot| slot.running.as_ref() == Some(request));
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
    /// caches. Gives the outputs in the order of the slots, and the time that letterboxing took.
    pub fn run(&mut self, frame: &Frame, backwards: bool, shared: &Shared) -> (Vec<Output>, Duration) {
        self.letterboxes.begin();
        let count = self.slots.len();
        let (mut outputs, mut letterboxing) = (Vec::with_capacity(count), Duration::ZERO);
        for i in 0..count {
            let slot = if backwards { count - 1 - i } else { i };
            outputs.extend(self.run_slot(slot, frame, &mut letterboxing, shared));
        }
        if backwards {
            outputs.reverse();
        }
        (outputs, letterboxing)
    }

    /// Adds the time that letterboxing took to `letterboxing`.
    fn run_slot(&mut self, slot: usize, frame: &Frame, letterboxing: &mut Duration, shared: &Shared) -> Option<Output> {
        let clock = &*shared.parts.clock;
        let running = self.slots[slot].running.as_ref()?;
        let loaded = self.loaded.iter_mut().find(|loaded| &loaded.request == running)?;
        let begun = clock.now();
        let (letterbox, tensor) = self.letterboxes.fill(loaded.info.form.input, frame);
        let before = clock.now();
        *letterboxing += before.saturating_duration_since(begun);
        let Loaded { detector, heads, info, failure, .. } = loaded;
        let (heads, result) = heads.write(|heads| panic_guard::guard(|| detector.run(tensor, heads)));
        let inference = clock.now().saturating_duration_since(before);
        let model = Arc::clone(info);
        let fault = |cause| ModelError::Fault { part: format!("inference with {}", model.name), cause };
        let now = result.map_err(fault).and_then(|done| done).err().map(Arc::new);
        let was = std::mem::replace(failure, now.clone());
        if was.as_ref().map(ToString::to_string) != now.as_ref().map(ToString::to_string) {
            // At 30 frames per second, the second message in a row would only be noise.
            if let (None, Some(error)) = (&was, &now) {
                shared.tell(Event::InferenceFailed { name: model.name.clone(), error: Arc::clone(error) });
            }
            (0..self.slots.len()).for_each(|at| shared.board.set_model(at, self.state(at)));
        }
        now.is_none().then_some(Output { slot, model, heads, letterbox, inference })
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
