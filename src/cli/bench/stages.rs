//! The stages of a frame, each alone.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::camera;
use super::throughput::WARM_UP;
use crate::cli::statistics::millis;
use crate::compare::{Comparer, ModelInput};
use crate::detect::{Letterboxer, Postprocessor, Thresholds};
use crate::engine::Samples;
use crate::live::PHOTOS;
use crate::model::{Arithmetic, FrameDetector, InferenceEngine, ModelError, ModelLoader, ModelName, ModelRequest};
use crate::source::load;

/// What a stage takes, in milliseconds.
#[derive(Serialize)]
pub struct StageTiming {
    pub name: String,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub runs: usize,
}

/// One thing to measure: a name and what to run.
struct TimedStage<'a> {
    name: String,
    run: Box<dyn FnMut() -> Result<(), Box<dyn Error>> + 'a>,
    samples: Samples,
}

const DECODE: &str = "decode 1280×720 JPEG";
/// For looking, and far more boxes than anybody looks at.
const THRESHOLDS: [Thresholds; 2] = [Thresholds::LIVE, Thresholds { score: 0.01, ..Thresholds::LIVE }];
/// The name of letterboxing among the stages.
pub const LETTERBOX: &str = "letterbox 1280×720";

/// Runs all stages in turn, `rounds` times after a few that are not counted.
pub fn stages(
    loader: &ModelLoader,
    models: &[ModelRequest; 2],
    rounds: usize,
) -> Result<Vec<StageTiming>, Box<dyn Error>> {
    let photo = loader.catalog().download(PHOTOS[1]);
    let frame = load(&photo)?;
    let mut outputs = Vec::new();
    let mut subjects = vec![TimedStage::new(DECODE, || {
        load(&photo)?;
        Ok(())
    })];
    subjects.extend(camera::works(&photo)?.into_iter().map(|(name, work)| TimedStage::new(name, work)));
    for name in models {
        let mut detector = FrameDetector::open(loader, name)?;
        detector.run(&frame)?;
        let (info, heads, letterbox) = (Arc::clone(detector.info()), detector.heads().clone(), *detector.place());
        outputs.push((Arc::clone(&info), heads.clone(), letterbox));
        for thresholds in THRESHOLDS {
            let (info, heads) = (Arc::clone(&info), heads.clone());
            let mut postprocessor = Postprocessor::default();
            subjects.push(TimedStage::new(postprocess(name, thresholds), move || {
                postprocessor.run(&info.form, &heads, &letterbox, thresholds);
                Ok(())
            }));
        }
        if *name == models[0] {
            let (mut letterboxer, frame) = (Letterboxer::new(info.form.input), &frame);
            subjects.push(TimedStage::new(LETTERBOX, move || {
                letterboxer.fill(frame);
                Ok(())
            }));
        }
        subjects.push(TimedStage::inference(name, detector));
        if info.arithmetic.is_none() || models.iter().take_while(|other| *other != name).any(|m| m.name == name.name) {
            continue;
        }
        for other in others(&name.name).into_iter().filter(|other| !models.contains(other)) {
            let mut detector = match FrameDetector::open(loader, &other) {
                // A model that is partly in float is timed in ONNX Runtime alone.
                Err(ModelError::Integer { .. }) => continue,
                opened => opened?,
            };
            detector.letterbox(&frame);
            subjects.push(TimedStage::inference(&other, detector));
        }
    }
    for thresholds in THRESHOLDS {
        let (mut comparer, outputs) = (Comparer::default(), &outputs);
        subjects.push(TimedStage::new(format!("compare at {:.2}", thresholds.score), move || {
            if let [a, b] = outputs.as_slice() {
                let [a, b] = [a, b].map(|(info, heads, letterbox)| ModelInput {
                    form: &info.form,
                    heads,
                    letterbox,
                    thresholds,
                });
                comparer.run(&a, &b);
            }
            Ok(())
        }));
    }
    for round in 0..WARM_UP + rounds {
        for subject in &mut subjects {
            let start = Instant::now();
            (subject.run)()?;
            if round >= WARM_UP {
                subject.samples.add(start.elapsed());
            }
        }
    }
    Ok(subjects.iter().filter_map(TimedStage::stage).collect())
}

/// The profile that is timed beside the other arithmetics.
pub const PROFILE: &str = "m18";

/// An INT8 model in every way to compute it, which are timed side by side: exact by each engine, with the overflows of
/// this processor's kernels and with those of any without VNNI, and as a chip does.
fn others(model: &ModelName) -> Vec<ModelRequest> {
    let by = |engine| exact_by(model, engine);
    let arithmetics = [Some(Arithmetic::Native), Some(Arithmetic::Saturating), Arithmetic::named(PROFILE)];
    let others = arithmetics.into_iter().flatten().map(|arithmetic| ModelRequest::new(model.clone(), arithmetic));
    InferenceEngine::ALL.map(by).into_iter().chain(others).collect()
}

/// A model in exact arithmetic by one of the engines.
pub fn exact_by(model: &ModelName, engine: InferenceEngine) -> ModelRequest {
    ModelRequest { engine: Some(engine), ..ModelRequest::from(model.clone()) }
}

/// The name of a model's inference among the stages.
pub fn inference(model: &ModelRequest) -> String {
    format!("inference {}", model.label())
}

/// The name of a model's decoding and NMS among the stages.
pub fn postprocess(model: &ModelRequest, thresholds: Thresholds) -> String {
    format!("postprocess {} at {:.2}", model.label(), thresholds.score)
}

impl<'a> TimedStage<'a> {
    fn new(name: impl Into<String>, run: impl FnMut() -> Result<(), Box<dyn Error>> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), samples: Samples::new() }
    }

    fn inference(model: &ModelRequest, mut detector: FrameDetector) -> Self {
        Self::new(inference(model), move || Ok(detector.infer()?))
    }

    fn stage(&self) -> Option<StageTiming> {
        let p = self.samples.percentiles()?;
        let [median_ms, p95_ms, p99_ms] = [p.p50, p.p95, p.p99].map(millis);
        Some(StageTiming { name: self.name.clone(), median_ms, p95_ms, p99_ms, runs: p.samples })
    }
}
