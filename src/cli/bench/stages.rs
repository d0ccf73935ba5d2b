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
use crate::model::{Arithmetic, Catalog, FrameDetector, ModelRequest, Runtime};
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
    catalog: &Catalog,
    runtime: &Runtime,
    models: &[ModelRequest; 2],
    rounds: usize,
) -> Result<Vec<StageTiming>, Box<dyn Error>> {
    let photo = catalog.download(PHOTOS[1]);
    let frame = load(&photo)?;
    let mut outputs = Vec::new();
    let mut subjects = vec![TimedStage::new(DECODE, || {
        load(&photo)?;
        Ok(())
    })];
    subjects.extend(camera::works(&photo)?.into_iter().map(|(name, work)| TimedStage::new(name, work)));
    for name in models {
        let mut detector = FrameDetector::open(runtime, catalog, name)?;
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
        let twin = twin(name);
        if info.arithmetic.is_some() && !models.contains(&twin) {
            let mut detector = FrameDetector::open(runtime, catalog, &twin)?;
            detector.letterbox(&frame);
            subjects.push(TimedStage::inference(&twin, detector));
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

/// The same model in the other arithmetic, which is timed beside it: what exactness costs.
pub fn twin(model: &ModelRequest) -> ModelRequest {
    let other = if model.arithmetic == Arithmetic::Exact { Arithmetic::Native } else { Arithmetic::Exact };
    ModelRequest::new(model.name.clone(), other)
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
