//! A source, models and a clock that a test controls. Nothing here sleeps: what a test waits for arrives through a
//! channel, with a deadline so long that only a broken engine reaches it.

mod clock;
mod model;
mod source;

use std::cell::Cell;
use std::convert::Infallible;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use twinsight::detect::{Classes, Form, Head, Size};
use twinsight::engine::{Clock, Engine, Event, Load, Observation, Open, Parts, Settings};
use twinsight::model::{EngineInfo, ModelInfo, ModelName, Precision};
use twinsight::source::{
    CameraDetails, CameraId, CameraRequest, Description, FrameRate, Mode, PixelFormat, SourceError, SourceRequest,
};

pub use clock::FakeClock;
pub use model::Mood;
use model::{FakeLoader, FakeModel, Models};
pub use source::{Call, Remote, Step};
use source::{FakeOpener, FakeSource, Opening};

/// Only a broken engine lets a test wait this long.
pub const LONG: Duration = Duration::from_secs(20);

/// Enough that a fake never blocks on telling what it does.
const NOTES: usize = 4096;

pub fn get<T>(receiver: &Receiver<T>, what: &str) -> T {
    receiver.recv_timeout(LONG).unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Everything an engine is made of, in a test's hands. FP32 and INT8 are there, other models can be added.
pub struct Studio {
    pub clock: Arc<FakeClock>,
    opener: Arc<FakeOpener>,
    loader: Arc<FakeLoader>,
    /// What was asked to be opened, in this order.
    pub opened: Receiver<SourceRequest>,
    pub loads: Receiver<ModelName>,
    /// The model and the frame's number, at the start of each inference.
    pub runs: Receiver<(String, u32)>,
    pub wakes: Receiver<()>,
    wake: Sender<()>,
    curtain: Curtain,
    open: Cell<Option<Sender<Infallible>>>,
}

/// Calls that hang in a fake continue once this disconnects.
type Curtain = Receiver<Infallible>;

/// An engine; at the end of a test nothing hangs any more, so that no test waits for a deadline.
pub struct Stage {
    engine: Option<Engine>,
    open: Option<Sender<Infallible>>,
}

impl Stage {
    /// Stops the engine while hanging calls keep hanging.
    pub fn stop(mut self, deadline: Duration) -> bool {
        self.engine.take().unwrap().stop(deadline)
    }
}

impl Deref for Stage {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.open.take());
        if let Some(engine) = self.engine.take() {
            let ended = engine.stop(LONG);
            assert!(ended || std::thread::panicking(), "a thread did not end");
        }
    }
}

impl Studio {
    pub fn new() -> Self {
        let (opened_in, opened) = bounded(NOTES);
        let (runs_in, runs) = bounded(NOTES);
        let (loads_in, loads) = bounded(NOTES);
        let (wake, wakes) = bounded(NOTES);
        let (open, curtain) = bounded(0);
        let models = Models::default();
        let studio = Self {
            clock: Arc::new(FakeClock::new()),
            opener: Arc::new(FakeOpener { openings: Mutex::default(), opened: opened_in, curtain: curtain.clone() }),
            loader: Arc::new(FakeLoader { models, runs: runs_in, loads: loads_in, curtain: curtain.clone() }),
            opened,
            loads,
            runs,
            wakes,
            wake,
            curtain,
            open: Cell::new(Some(open)),
        };
        studio.add_model(ModelName::Fp32, 32);
        studio.add_model(ModelName::Int8, 32);
        studio
    }

    /// Makes a model with a square input of this side, a multiple of 32.
    pub fn add_model(&self, name: ModelName, side: u32) {
        let heads = vec![Head { stride: 32, anchors: vec![[8.0, 8.0]], scale_x_y: 1.0 }];
        let form = Form { input: Size::new(side, side), classes: Classes::new(["thing"]), heads };
        let info = Arc::new(ModelInfo {
            name: name.label(),
            path: "fake.onnx".into(),
            sha256: String::new(),
            precision: Precision::Unknown,
            recipe: None,
            arithmetic: None,
            engine: EngineInfo::ONNX_RUNTIME,
            form,
        });
        self.loader.models.lock().unwrap().insert(name, FakeModel { info, mood: Mood::Good, gate: None });
    }

    pub fn set_mood(&self, name: &ModelName, mood: Mood) {
        self.loader.models.lock().unwrap().get_mut(name).unwrap().mood = mood;
    }

    /// From now on each run of the model waits for a token.
    pub fn gate(&self, name: &ModelName) -> Sender<()> {
        let (tokens, gate) = bounded(NOTES);
        self.loader.models.lock().unwrap().get_mut(name).unwrap().gate = Some(gate);
        tokens
    }

    fn opening(&self, request: &SourceRequest, opening: Opening) {
        let mut openings = self.opener.openings.lock().unwrap();
        openings.entry(format!("{request:?}")).or_default().push_back(opening);
    }

    /// The next try to open `request` gives a source that this remote moves.
    pub fn source(&self, request: &SourceRequest, live: bool, size: Size) -> Remote {
        self.source_with(request, live, size, None)
    }

    /// The next try to open `request` finds the camera in this place, and a later one must ask for that very camera.
    pub fn camera_in(&self, request: &SourceRequest, place: &str) -> Remote {
        let id = CameraId { place: place.into(), serial: None };
        let mode = Mode { format: PixelFormat::Yuyv, size: Size::new(32, 32), rate: FrameRate::new(30, 1).unwrap() };
        let details = CameraDetails { index: 0, id, asked: CameraRequest::default(), given: mode };
        self.source_with(request, true, mode.size, Some(Arc::new(details)))
    }

    fn source_with(
        &self,
        request: &SourceRequest,
        live: bool,
        size: Size,
        camera: Option<Arc<CameraDetails>>,
    ) -> Remote {
        let (steps, steps_out) = bounded(NOTES);
        let (discards, discards_out) = bounded(NOTES);
        let (calls_in, calls) = bounded(NOTES);
        let name = if camera.is_some() { "cam".into() } else { format!("{request:?}") };
        let source = FakeSource {
            name,
            live,
            size,
            steps: steps_out,
            discards: discards_out,
            calls: calls_in,
            curtain: self.curtain.clone(),
            camera,
            controls: Arc::default(),
        };
        let controls = Arc::clone(&source.controls);
        self.opening(request, Opening::Opens(source));
        Remote { steps, discards, calls, entered: Cell::new(false), controls }
    }

    pub fn live(&self, request: &SourceRequest) -> Remote {
        self.source(request, true, Size::new(32, 32))
    }

    pub fn still(&self, request: &SourceRequest) -> Remote {
        self.source(request, false, Size::new(32, 32))
    }

    pub fn fails(&self, request: &SourceRequest, error: SourceError) {
        self.opening(request, Opening::Fails(error));
    }

    pub fn panics(&self, request: &SourceRequest) {
        self.opening(request, Opening::Panics);
    }

    /// The next try to open `request` hangs until what this returns is dropped.
    pub fn hangs(&self, request: &SourceRequest) -> Sender<()> {
        let (open, gate) = bounded(0);
        self.opening(request, Opening::Hangs(gate));
        open
    }

    pub fn start(&self, settings: &Settings) -> Stage {
        let wake = self.wake.clone();
        let parts = Parts {
            opener: Arc::clone(&self.opener) as Arc<dyn Open>,
            loader: Arc::clone(&self.loader) as Arc<dyn Load>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            waker: Arc::new(move || {
                let _ = wake.try_send(());
            }),
            trace: Default::default(),
        };
        Stage { engine: Some(Engine::start(parts, settings.clone()).unwrap()), open: self.open.take() }
    }

    pub fn expect_run(&self, model: &str, number: u32) {
        assert_eq!(get(&self.runs, "an inference"), (model.to_owned(), number));
    }
}

pub fn camera(index: u32) -> SourceRequest {
    SourceRequest::Camera(CameraRequest::index(index))
}

pub fn still(name: &str) -> SourceRequest {
    SourceRequest::Still(name.into())
}

pub fn settings(source: SourceRequest, models: &[ModelName]) -> Settings {
    Settings { source, reopen: 0, models: models.iter().cloned().map(Into::into).collect(), paused: false }
}

pub fn observe(engine: &Engine) -> Arc<Observation> {
    engine.wait(LONG).expect("an observation")
}

/// The number that the frame's pixels carry.
pub fn number(observation: &Observation) -> u32 {
    let [low, high, _] = observation.frame.pixel(0, 0).unwrap();
    u32::from(low) + (u32::from(high) << 8)
}

/// Checks that every output was made from the very pixels of its observation.
pub fn assert_paired(observation: &Observation) {
    for output in &observation.outputs {
        for head in &output.heads.heads {
            assert!(!head.is_empty() && head.iter().all(|v| *v == number(observation) as f32), "{}", output.model.name);
        }
    }
}

pub fn models(observation: &Observation) -> Vec<&str> {
    observation.outputs.iter().map(|output| output.model.name.as_str()).collect()
}

/// The next event for which `pick` gives something, past others.
pub fn event<T>(engine: &Engine, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        if let Some(found) = pick(&get(engine.events(), what)) {
            return found;
        }
    }
}

pub fn await_opened(engine: &Engine) -> Description {
    event(engine, "SourceOpened", |e| match e {
        Event::SourceOpened(description) => Some(description.clone()),
        _ => None,
    })
}

pub fn await_failed(engine: &Engine) -> (String, bool) {
    event(engine, "SourceFailed", |e| match e {
        Event::SourceFailed(error) => Some((error.to_string(), error.is_transient())),
        _ => None,
    })
}

/// Two frames after which a camera that stalled is not believed yet, each seen by the worker before the next comes.
pub fn prove(source: &Remote, engine: &Engine) {
    for _ in 0..2 {
        let before = engine.status().dropped;
        source.publish(9);
        let deadline = Instant::now() + LONG;
        while engine.status().dropped == before {
            assert!(Instant::now() < deadline, "waited in vain for a frame to be dropped");
            std::thread::yield_now();
        }
    }
}
