//! `twinsight bench`: what each stage costs on this machine, measured fairly.
//!
//! All stages run in turn, round after round, so that a machine that slows down slows all of them; then the
//! engine on the demo takes turns with the bare session, and the age of a camera's frames is taken. Ratios are worth more than times.

mod age;
mod camera;
mod throughput;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::arithmetic_flags::ArithmeticFlags;
use super::out::say;
use super::report::millis;
use crate::compare::{Comparer, Side};
use crate::detect::{Letterboxer, Postprocessor, RawHeads, Thresholds};
use crate::engine::Samples;
use crate::live::PHOTOS;
use crate::model::{Arithmetic, Catalog, Detector, ModelRequest, Runtime, SessionDetector};
use crate::source::load;
use age::Age;
use throughput::Throughput;

/// Rounds that are not counted.
const WARM_UP: usize = 5;

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Rounds over all stages; at most 120 are counted
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=120))]
    rounds: u32,
    /// How long the engine, and then the session alone, run at a time when their throughput is compared
    #[arg(long, value_name = "SECONDS", default_value = "2.5", value_parser = seconds)]
    seconds: Duration,
    /// The first model: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "fp32")]
    a: String,
    /// The model that takes turns with it
    #[arg(long, value_name = "MODEL", default_value = "int8")]
    b: String,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// How long the age of a camera's frames is watched, with B
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    age: Duration,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints the figures.
pub fn run(args: &BenchArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let runtime = Runtime::find(&catalog)?;
    let models = args.arithmetic.requests([&args.a, &args.b]);
    if models[0] == models[1] {
        return Err(format!("--a and --b are the same model, {}; give two, or one in two arithmetics", args.a).into());
    }
    let stages = stages(&catalog, &runtime, &models, args.rounds as usize)?;
    // Each model alone, and both on each frame, as the window compares them.
    let teams = models.iter().map(std::slice::from_ref).chain([&models[..]]);
    let throughput =
        teams.map(|models| Throughput::measure(&catalog, &runtime, models, args.seconds)).collect::<Result<_, _>>()?;
    let result = Bench {
        runtime: runtime.version().to_owned(),
        threads: crate::model::threads(),
        ratios: Ratios::of(&stages, &models),
        models: models.each_ref().map(ModelRequest::label),
        stages,
        throughput,
        age: Age::measure(&catalog, &models[1], args.age)?,
    };
    if args.json {
        say!("{}", serde_json::to_string(&result)?)?;
    } else {
        say!("{}", result.to_text().trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Bench {
    runtime: String,
    threads: usize,
    /// A and B.
    models: [String; 2],
    stages: Vec<Stage>,
    ratios: Ratios,
    throughput: Vec<Throughput>,
    age: Age,
}

/// Milliseconds.
#[derive(Serialize)]
struct Stage {
    name: String,
    median_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    runs: usize,
}

/// Of medians.
#[derive(Serialize)]
struct Ratios {
    b_to_a: f64,
    letterbox_and_postprocess_to_a: f64,
    /// Of each INT8 model: its time in exact arithmetic to that of this processor's plain kernels.
    exact_to_native: Vec<Price>,
}

/// What exactness costs.
#[derive(Serialize)]
struct Price {
    model: String,
    ratio: f64,
}

/// One thing to measure: a name and what to run.
struct Subject<'a> {
    name: String,
    run: Box<dyn FnMut() -> Result<(), Box<dyn Error>> + 'a>,
    samples: Samples,
}

const DECODE: &str = "decode 1280×720 JPEG";
/// For looking, and far more boxes than anybody looks at.
const THRESHOLDS: [Thresholds; 2] = [Thresholds::LIVE, Thresholds { score: 0.01, ..Thresholds::LIVE }];
const LETTERBOX: &str = "letterbox 1280×720";

fn stages(
    catalog: &Catalog,
    runtime: &Runtime,
    models: &[ModelRequest; 2],
    rounds: usize,
) -> Result<Vec<Stage>, Box<dyn Error>> {
    let photo = catalog.download(PHOTOS[1]);
    let frame = load(&photo)?;
    let mut outputs = Vec::new();
    let mut subjects = vec![Subject::new(DECODE, || {
        load(&photo)?;
        Ok(())
    })];
    subjects.extend(camera::works(&photo)?.into_iter().map(|(name, work)| Subject::new(name, work)));
    for name in models {
        let mut detector = SessionDetector::open(runtime, catalog, name)?;
        let info = Arc::clone(detector.info());
        let mut letterboxer = Letterboxer::new(info.form.input);
        let letterbox = letterboxer.fill(&frame);
        let mut heads = RawHeads::zeros(&info.form);
        detector.run(letterboxer.tensor(), &mut heads)?;
        outputs.push((Arc::clone(&info), heads.clone(), letterbox));
        for thresholds in THRESHOLDS {
            let (info, heads) = (Arc::clone(&info), heads.clone());
            let mut postprocessor = Postprocessor::default();
            subjects.push(Subject::new(postprocess(name, thresholds), move || {
                postprocessor.run(&info.form, &heads, &letterbox, thresholds);
                Ok(())
            }));
        }
        if *name == models[0] {
            let (mut letterboxer, frame) = (Letterboxer::new(info.form.input), &frame);
            subjects.push(Subject::new(LETTERBOX, move || {
                letterboxer.fill(frame);
                Ok(())
            }));
        }
        let input: Arc<[f32]> = letterboxer.tensor().into();
        subjects.push(Subject::inference(name, detector, Arc::clone(&input)));
        let twin = twin(name);
        if info.arithmetic.is_some() && !models.contains(&twin) {
            subjects.push(Subject::inference(&twin, SessionDetector::open(runtime, catalog, &twin)?, input));
        }
    }
    for thresholds in THRESHOLDS {
        let (mut comparer, outputs) = (Comparer::default(), &outputs);
        subjects.push(Subject::new(format!("compare at {:.2}", thresholds.score), move || {
            if let [a, b] = outputs.as_slice() {
                let [a, b] =
                    [a, b].map(|(info, heads, letterbox)| Side { form: &info.form, heads, letterbox, thresholds });
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
    Ok(subjects.iter().filter_map(Subject::stage).collect())
}

/// The same model in the other arithmetic, which is timed beside it: what exactness costs.
fn twin(model: &ModelRequest) -> ModelRequest {
    let other = if model.arithmetic == Arithmetic::Exact { Arithmetic::Native } else { Arithmetic::Exact };
    ModelRequest::new(model.name.clone(), other)
}

fn inference(model: &ModelRequest) -> String {
    format!("inference {}", model.label())
}

fn postprocess(model: &ModelRequest, thresholds: Thresholds) -> String {
    format!("postprocess {} at {:.2}", model.label(), thresholds.score)
}

impl<'a> Subject<'a> {
    fn new(name: impl Into<String>, run: impl FnMut() -> Result<(), Box<dyn Error>> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), samples: Samples::new() }
    }

    fn inference(model: &ModelRequest, mut detector: SessionDetector, input: Arc<[f32]>) -> Self {
        let mut heads = RawHeads::default();
        Self::new(inference(model), move || Ok(detector.run(&input, &mut heads)?))
    }

    fn stage(&self) -> Option<Stage> {
        let p = self.samples.percentiles()?;
        let [median_ms, p95_ms, p99_ms] = [p.p50, p.p95, p.p99].map(millis);
        Some(Stage { name: self.name.clone(), median_ms, p95_ms, p99_ms, runs: p.samples })
    }
}

impl Ratios {
    fn of(stages: &[Stage], models: &[ModelRequest; 2]) -> Self {
        let [a, b] = models;
        let median = |name: &str| stages.iter().find(|s| s.name == name).map_or(f64::NAN, |s| s.median_ms);
        let a_ms = median(&inference(a));
        let ours = median(LETTERBOX) + median(&postprocess(a, Thresholds::LIVE));
        let mut exact_to_native: Vec<Price> = Vec::new();
        for name in [&a.name, &b.name] {
            let [exact, native] =
                Arithmetic::ALL.map(|arithmetic| median(&inference(&ModelRequest::new(name.clone(), arithmetic))));
            let (model, ratio) = (name.label(), exact / native);
            // A float model has one time, which is both: FP32's request for native is its request for exact.
            let is_float = ModelRequest::new(name.clone(), Arithmetic::Native) == name.clone().into();
            if ratio.is_finite() && !is_float && exact_to_native.iter().all(|price| price.model != model) {
                exact_to_native.push(Price { model, ratio });
            }
        }
        Self { b_to_a: median(&inference(b)) / a_ms, letterbox_and_postprocess_to_a: ours / a_ms, exact_to_native }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text} is no number of seconds"))?;
    if (0.1..=3600.0).contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err(format!("{text} is not between 0.1 and 3600 seconds"))
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Bench {
    fn to_text(&self) -> String {
        let mut text = format!("ONNX Runtime {}, {} threads\n\n", self.runtime, self.threads);
        text += &format!("{:<30} {:>9} {:>9} {:>9}  runs\n", "ms", "median", "p95", "p99");
        for s in &self.stages {
            let Stage { name, median_ms, p95_ms, p99_ms, runs } = s;
            text += &format!("{name:<30} {median_ms:>9.3} {p95_ms:>9.3} {p99_ms:>9.3}  {runs:>4}\n");
        }
        let [a, b] = &self.models;
        let ratio = |what: String, value: f64| format!("{what:<40} {value:.3}\n");
        text += "\n";
        text += &ratio(format!("{b} / {a}"), self.ratios.b_to_a);
        text += &ratio(format!("(letterbox + postprocess) / {a}"), self.ratios.letterbox_and_postprocess_to_a);
        for Price { model, ratio: of } in &self.ratios.exact_to_native {
            text += &ratio(format!("{model}, exact / native"), *of);
        }
        text += "\nframes per second        engine, demo  sessions alone   ratio\n";
        for t in &self.throughput {
            let Throughput { model, engine, session, ratio } = t;
            text += &format!("{model:<24} {engine:>12.1} {session:>15.1} {ratio:>7.3}\n");
        }
        text + "\n" + &self.age.to_text()
    }
}
