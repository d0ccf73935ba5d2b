//! `twinsight bench`: what each stage costs on this machine, measured fairly.
//!
//! All stages run in turn, round after round, so that a machine that slows down slows all of them; then the
//! engine on the demo takes turns with the bare detectors, and the age of a camera's frames is taken. Ratios are worth more than times.

mod camera;
mod latency;
mod stages;
mod throughput;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use self::latency::FrameLatency;
use self::stages::{LETTERBOX, PROFILE, StageTiming, exact_by, inference, postprocess, stages};
use self::throughput::Throughput;
use super::output::stdout::out;
use super::pair_flags::PairFlags;
use super::processor::processor;
use crate::detect::Thresholds;
use crate::model::{Arithmetic, Catalog, InferenceEngine, ModelLoader, ModelName, ModelRequest, Runtime};
use crate::workshop::card::BenchProcessor;

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Number of rounds over all stages
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=120))]
    rounds: u32,
    /// How long the engine and the session alone run in turn to compare their throughput
    #[arg(long, value_name = "SECONDS", default_value = "2.5", value_parser = seconds)]
    seconds: Duration,
    #[command(flatten)]
    pair: PairFlags,
    /// How long to measure the age of camera frames, with B
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
    let models = args.pair.requests()?;
    if models[0] == models[1] {
        let [a, _] = args.pair.names();
        return Err(format!("--a and --b are the same model, {a}; pass two models, or one in two arithmetics").into());
    }
    let loader = ModelLoader::measuring(catalog.clone());
    let stages = stages(&loader, &models, args.rounds as usize)?;
    // Each model alone, and both on each frame, as the window compares them.
    let teams = models.iter().map(std::slice::from_ref).chain([&models[..]]);
    let throughput =
        teams.map(|models| Throughput::measure(&loader, models, args.seconds)).collect::<Result<_, _>>()?;
    let result = BenchResults {
        runtime: runtime.version().to_owned(),
        threads: crate::model::threads(),
        processor: processor(),
        ratios: Ratios::of(&stages, &models),
        models: models.each_ref().map(ModelRequest::label),
        stages,
        throughput,
        age: FrameLatency::measure(&catalog, &models[1], args.age)?,
    };
    if args.json {
        out!("{}", serde_json::to_string(&result)?)?;
    } else {
        out!("{}", result.to_text().trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct BenchResults {
    runtime: String,
    threads: usize,
    processor: BenchProcessor,
    /// A and B.
    models: [String; 2],
    stages: Vec<StageTiming>,
    ratios: Ratios,
    throughput: Vec<Throughput>,
    age: FrameLatency,
}

/// Of medians.
#[derive(Serialize)]
struct Ratios {
    b_to_a: f64,
    letterbox_and_postprocess_to_a: f64,
    /// Of each INT8 model: its time in exact arithmetic to that of this processor's plain kernels.
    exact_to_native: Vec<Price>,
    /// In exact arithmetic by the integer engine, to ONNX Runtime's.
    integer_to_onnxruntime: Vec<Price>,
    /// In a profile's arithmetic to exact, both by the integer engine.
    profile_to_exact: Vec<Price>,
}

/// What one way to compute a model costs in terms of another.
#[derive(Serialize)]
struct Price {
    model: String,
    ratio: f64,
}

impl Ratios {
    fn of(stages: &[StageTiming], models: &[ModelRequest; 2]) -> Self {
        let [a, b] = models;
        let median = |name: &str| stages.iter().find(|s| s.name == name).map_or(f64::NAN, |s| s.median_ms);
        let a_ms = median(&inference(a));
        let ours = median(LETTERBOX) + median(&postprocess(a, Thresholds::LIVE));
        let mut names: Vec<&ModelName> = models.iter().map(|model| &model.name).collect();
        names.dedup();
        let prices = |of: &dyn Fn(&ModelName) -> [ModelRequest; 2]| -> Vec<Price> {
            // FP32 is computed in one way alone.
            let differs = |name: &&&ModelName| {
                let [one, other] = of(name);
                one != other
            };
            let price = |name: &&ModelName| {
                let [one, other] = of(name).map(|request| median(&inference(&request)));
                Price { model: name.label(), ratio: one / other }
            };
            // Of a float model there is one time, and of one that is partly in float there are not all.
            names.iter().filter(differs).map(price).filter(|price| price.ratio.is_finite()).collect()
        };
        let in_arithmetic = |name: &ModelName, arithmetic| ModelRequest::new(name.clone(), arithmetic);
        let [by_onnx_runtime, by_integer] =
            InferenceEngine::ALL.map(|engine| move |name: &ModelName| exact_by(name, engine));
        let profile = Arithmetic::named(PROFILE).unwrap_or_default();
        Self {
            b_to_a: median(&inference(b)) / a_ms,
            letterbox_and_postprocess_to_a: ours / a_ms,
            exact_to_native: prices(&|name| {
                [Arithmetic::Exact, Arithmetic::Native].map(|arithmetic| in_arithmetic(name, arithmetic))
            }),
            integer_to_onnxruntime: prices(&|name| [by_integer(name), by_onnx_runtime(name)]),
            profile_to_exact: prices(&|name| [in_arithmetic(name, profile.clone()), by_integer(name)]),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("\"{text}\" is not a number of seconds"))?;
    if (0.1..=3600.0).contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err(format!("\"{text}\" is not between 0.1 and 3600 seconds"))
    }
}

impl BenchResults {
    fn to_text(&self) -> String {
        let mut text = format!("ONNX Runtime {}, {} threads\n\n", self.runtime, self.threads);
        text += &format!("{:<34} {:>9} {:>9} {:>9}  runs\n", "ms", "median", "p95", "p99");
        for s in &self.stages {
            let StageTiming { name, median_ms, p95_ms, p99_ms, runs } = s;
            text += &format!("{name:<34} {median_ms:>9.3} {p95_ms:>9.3} {p99_ms:>9.3}  {runs:>4}\n");
        }
        let [a, b] = &self.models;
        let ratio = |what: String, value: f64| format!("{what:<46} {value:.3}\n");
        text += "\n";
        text += &ratio(format!("{b} / {a}"), self.ratios.b_to_a);
        text += &ratio(format!("(letterbox + postprocess) / {a}"), self.ratios.letterbox_and_postprocess_to_a);
        let Ratios { exact_to_native, integer_to_onnxruntime, profile_to_exact, .. } = &self.ratios;
        for (what, prices) in [
            ("exact / native".to_owned(), exact_to_native),
            ("exact, integer engine / ONNX Runtime".into(), integer_to_onnxruntime),
            (format!("{PROFILE} / exact, integer engine"), profile_to_exact),
        ] {
            for Price { model, ratio: of } in prices {
                text += &ratio(format!("{model}, {what}"), *of);
            }
        }
        text += "\nframes per second        engine, demo detectors alone   ratio\n";
        for t in &self.throughput {
            let Throughput { model, engine, session, ratio } = t;
            text += &format!("{model:<24} {engine:>12.1} {session:>15.1} {ratio:>7.3}\n");
        }
        text + "\n" + &self.age.to_text()
    }
}
