//! How many frames the engine gets through, against the detectors alone.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::statistics::median;
use crate::detect::{Frame, RawHeads};
use crate::engine::{Engine, Open, Parts, Settings};
use crate::live;
use crate::model::{Catalog, ModelError, ModelLoader, ModelRequest};
use crate::source::{DemoSource, Description, Next, Source, SourceError, SourceRequest};

/// Measurements that are not counted.
pub const WARM_UP: usize = 5;

/// How often the engine and the bare detectors take turns.
const TURNS: usize = 3;

/// How long the demo may take for a frame.
const PATIENCE: Duration = Duration::from_secs(5);

/// Frames per second: the engine on the demo, and the detectors alone.
#[derive(Serialize)]
pub struct Throughput {
    /// "FP32", or "FP32 and INT8" for both on each frame.
    pub model: String,
    pub engine: f64,
    pub session: f64,
    pub ratio: f64,
}

impl Throughput {
    /// The engine and the bare detectors take turns. Two models: the detectors run one after the other.
    pub fn measure(loader: &ModelLoader, models: &[ModelRequest], turn: Duration) -> Result<Self, Box<dyn Error>> {
        let mut detectors = models
            .iter()
            .map(|model| {
                let detector = loader.load(model)?;
                let input = vec![0.5; detector.info().form.input_len()];
                Ok((detector, input, RawHeads::default()))
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        let catalog = loader.catalog();
        let parts = Parts { opener: Arc::new(UnpacedOpener(catalog.clone())), ..live::parts(catalog, Arc::new(|| {})) };
        let settings = |paused| Settings { source: SourceRequest::Demo, reopen: 0, models: models.to_vec(), paused };
        let engine = Engine::start(parts, settings(true))?;
        let (mut with_engine, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            engine.set(settings(false));
            let engines = rate(turn, || engine.wait(PATIENCE).map(drop).ok_or_else(|| "the demo has stopped".into()))?;
            engine.set(settings(true));
            let bare = rate(turn, || {
                detectors.iter_mut().try_for_each(|(detector, input, heads)| Ok(detector.run(input, heads)?))
            })?;
            with_engine.push(engines);
            alone.push(bare);
            ratios.push(engines / bare);
        }
        engine.stop(Duration::from_secs(2));
        let names: Vec<String> = models.iter().map(ModelRequest::label).collect();
        Ok(Self {
            model: names.join(" and "),
            engine: median(&mut with_engine),
            session: median(&mut alone),
            ratio: median(&mut ratios),
        })
    }
}

/// Calls per second over a while; the first few are not counted.
fn rate(turn: Duration, mut call: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    for _ in 0..WARM_UP {
        call()?;
    }
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < turn {
        call()?;
        calls += 1;
    }
    Ok(f64::from(calls) / start.elapsed().as_secs_f64())
}

/// The demo as fast as anybody takes its frames.
struct UnpacedOpener(Catalog);

impl Open for UnpacedOpener {
    fn open(&self, _: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        let photos = live::opener(&self.0).photos;
        Ok(Box::new(UnpacedDemo { demo: DemoSource::open(&photos, "bench")?, number: 0 }))
    }
}

struct UnpacedDemo {
    demo: DemoSource,
    number: u64,
}

impl Source for UnpacedDemo {
    fn description(&self) -> Description {
        Description { nominal_rate: None, ..self.demo.description() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.demo.render(self.number, frame)?;
        self.number += 1;
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        false
    }
}
