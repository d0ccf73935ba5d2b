//! `twinsight detect`: boxes without a window.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::annotated::Folder;
use super::out::say;
use super::report::{Report, Timing, millis};
use crate::detect::{Frame, Letterboxer, Postprocessor, RawHeads, Thresholds};
use crate::engine::{Engine, Event, ModelPhase, ModelState, Observation, Settings};
use crate::live;
use crate::model::{Catalog, Detector, ModelName, Runtime, SessionDetector};
use crate::source::{self, CameraRequest, SourceRequest};

/// How long a camera may take for a frame.
const CAMERA_PATIENCE: Duration = Duration::from_secs(20);

#[derive(Args, Debug)]
pub struct DetectArgs {
    /// Pictures: JPEG, PNG, WebP, BMP
    #[arg(value_name = "IMAGE", required_unless_present = "camera", conflicts_with = "camera")]
    images: Vec<PathBuf>,
    /// Which of the installed models
    #[arg(long, value_name = "fp32|int8", default_value = "fp32", value_parser = ["fp32", "int8"])]
    precision: String,
    /// An ONNX file in place of an installed model
    #[arg(long, value_name = "FILE", conflicts_with = "precision")]
    model: Option<PathBuf>,
    /// Report boxes with a score over this
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// Of two boxes of a class that overlap by more than this IoU, the weaker one goes
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Save each picture with its boxes into this folder
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    /// Take frames of this camera (see `twinsight cameras`)
    #[arg(long, value_name = "N")]
    camera: Option<u32>,
    /// So many frames of the camera
    #[arg(long, value_name = "K", default_value_t = 1, requires = "camera", conflicts_with = "images",
        value_parser = clap::value_parser!(u64).range(1..))]
    frames: u64,
}

/// Runs the command. A picture that cannot be read is reported, the others are still done; exit 1 then.
pub fn run(args: &DetectArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = Thresholds { score: args.score, nms_iou: args.nms };
    let mut out = Output {
        json: args.json,
        folder: args.annotate.as_deref().map(|dir| Folder::create(dir, &args.images)).transpose()?,
    };
    let model = args.model.clone().map_or_else(|| ModelName::from_flag(&args.precision), ModelName::File);
    match args.camera {
        Some(index) => camera(&catalog, index, args.frames, model, thresholds, &mut out),
        None => images(&catalog, &args.images, &model, thresholds, &mut out),
    }
}

fn images(
    catalog: &Catalog,
    paths: &[PathBuf],
    model: &ModelName,
    thresholds: Thresholds,
    out: &mut Output,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut detector = SessionDetector::open(&Runtime::find(catalog)?, catalog, model)?;
    let info = Arc::clone(detector.info());
    let mut letterboxer = Letterboxer::new(info.form.input);
    let mut heads = RawHeads::zeros(&info.form);
    let mut postprocessor = Postprocessor::default();
    let mut failed = false;
    for path in paths {
        let start = Instant::now();
        let frame = match source::load(path) {
            Ok(frame) => frame,
            Err(error) => {
                eprintln!("twinsight: {error}");
                failed = true;
                continue;
            }
        };
        let decoded = Instant::now();
        let letterbox = letterboxer.fill(&frame);
        let letterboxed = Instant::now();
        detector.run(letterboxer.tensor(), &mut heads)?;
        let inferred = Instant::now();
        let detections = postprocessor.run(&info.form, &heads, &letterbox, thresholds);
        let timing = Timing {
            decode: millis(decoded - start),
            letterbox: millis(letterboxed - decoded),
            inference: millis(inferred - letterboxed),
            postprocess: millis(inferred.elapsed()),
        };
        let source = path.to_string_lossy();
        out.report(&Report::new(&source, frame.size(), &info, detections, timing))?;
        out.picture(path, frame, detections, &info.form.classes)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn camera(
    catalog: &Catalog,
    index: u32,
    frames: u64,
    model: ModelName,
    thresholds: Thresholds,
    out: &mut Output,
) -> Result<ExitCode, Box<dyn Error>> {
    let source = SourceRequest::Camera(CameraRequest { index, ..CameraRequest::default() });
    let settings = Settings { source, reopen: 0, models: vec![model], paused: false };
    let engine = Engine::start(live::parts(catalog, Arc::new(|| {})), settings)?;
    let name = format!("camera:{index}");
    let mut postprocessor = Postprocessor::default();
    for number in 0..frames {
        let Some(observation) = next(&engine)? else {
            return Err(format!("{name} gave no frame within {} s", CAMERA_PATIENCE.as_secs()).into());
        };
        let Some(output) = observation.outputs.first() else {
            return Err(model_failure(&engine).into());
        };
        let start = Instant::now();
        let detections = postprocessor.run(&output.model.form, &output.heads, &output.letterbox, thresholds);
        let timing = Timing {
            decode: millis(observation.times.capture),
            letterbox: millis(observation.times.letterbox),
            inference: millis(output.inference),
            postprocess: millis(start.elapsed()),
        };
        let mut report = Report::new(&name, observation.frame.size(), &output.model, detections, timing);
        report.frame = Some(number);
        out.report(&report)?;
        let file = PathBuf::from(format!("camera{index}-{number:04}"));
        out.picture(&file, Frame::clone(&observation.frame), detections, &output.model.form.classes)?;
    }
    engine.stop(Duration::from_secs(2));
    Ok(ExitCode::SUCCESS)
}

/// The next observation, or the error that stands in its way; `None` after [`CAMERA_PATIENCE`] without a sign of
/// life. A model that loads, and frames that wait for a slow processor, are signs of life.
fn next(engine: &Engine) -> Result<Option<Arc<Observation>>, Box<dyn Error>> {
    let mut seen = 0;
    let mut deadline = Instant::now() + CAMERA_PATIENCE;
    while Instant::now() < deadline {
        let observation = engine.wait(Duration::from_millis(200));
        // First, because a failure may have come before a frame that nothing was found in.
        for event in engine.events().try_iter() {
            if let Event::SourceFailed { message, .. }
            | Event::ModelFailed { message, .. }
            | Event::InferenceFailed { message, .. } = event
            {
                return Err(message.into());
            }
        }
        if observation.is_some() {
            return Ok(observation);
        }
        let status = engine.status();
        let loading = status.models.iter().any(|m| m.phase == ModelPhase::Loading);
        if loading || status.captured != seen {
            seen = status.captured;
            deadline = Instant::now() + CAMERA_PATIENCE;
        }
    }
    Ok(None)
}

/// Why a frame went through no model.
fn model_failure(engine: &Engine) -> String {
    let failure = |m: ModelState| match m.phase {
        ModelPhase::Failed { message } => Some(message),
        ModelPhase::Loading | ModelPhase::Ready => None,
    };
    engine.status().models.into_iter().find_map(failure).unwrap_or_else(|| "the model gave nothing".into())
}

/// Where results go.
struct Output {
    json: bool,
    folder: Option<Folder>,
}

impl Output {
    fn report(&self, report: &Report<'_>) -> Result<(), Box<dyn Error>> {
        let text = if self.json { report.to_json()? } else { report.to_text() };
        Ok(say!("{text}")?)
    }

    fn picture(
        &mut self,
        path: &Path,
        frame: Frame,
        detections: &[crate::detect::Detection],
        classes: &crate::detect::Classes,
    ) -> Result<(), Box<dyn Error>> {
        match &mut self.folder {
            Some(folder) => Ok(folder.save(path, frame, detections, classes)?),
            None => Ok(()),
        }
    }
}

/// A flag's value between 0 and 1.
pub(super) fn fraction(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("{text} is no number"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(format!("{text} is not between 0 and 1")) }
}
