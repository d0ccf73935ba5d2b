//! `twinsight detect`: boxes in pictures, videos and cameras, without a window.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::arithmetic_flags::ArithmeticFlag;
use super::frame_stages::FrameStages;
use super::input::frame_reader::{FrameReader, InputFrame};
use super::input::{self, InputArgs};
use super::output::annotated_folder::AnnotatedFolder;
use super::output::detections::{DetectionsReport, Timing, limit_notice};
use super::output::force::ForceFlag;
use super::output::label_folder::{LabelFolder, label_form};
use super::output::stdout::{out, tell};
use super::output::trace_flag::{TraceFlag, begin_trace};
use super::output::video_out::{FrameTime, VideoOut, VideoOutFlag};
use super::statistics::millis;
use super::threshold_flags::ThresholdFlags;
use crate::annotate::{self, MarkPanes, PanePainter};
use crate::files::Outputs;
use crate::interrupt;
use crate::model::{Arithmetic, Catalog, FrameDetector, ModelLoader, ModelName, ModelRequest};
use crate::workshop::labels::LabelForm;

#[derive(Args, Debug)]
pub struct DetectArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Installed model to use
    #[arg(long, value_name = "fp32|int8|tuned|safe", default_value = "fp32", value_parser = installed)]
    precision: String,
    /// ONNX file to use instead of an installed model
    #[arg(long, value_name = "FILE", conflicts_with = "precision",
        value_parser = PathBufValueParser::new().try_map(model_file))]
    model: Option<PathBuf>,
    #[command(flatten)]
    arithmetic: ArithmeticFlag,
    #[command(flatten)]
    thresholds: ThresholdFlags,
    /// Print one JSON object per line; boxes are [x1, y1, x2, y2] in pixels
    #[arg(long)]
    json: bool,
    /// Save each image or frame with its boxes to this folder
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    #[command(flatten)]
    video_out: VideoOutFlag,
    #[command(flatten)]
    trace: TraceFlag,
    #[command(flatten)]
    force: ForceFlag,
    /// Write the boxes as labels, which `eval --annotations` and labelling tools read, to the folder of --output
    #[arg(long, value_name = "coco|yolo|voc", requires = "output", value_parser = label_form)]
    labels: Option<LabelForm>,
    /// Folder for the labels; must be new or empty
    #[arg(short, long, value_name = "DIR", requires = "labels")]
    output: Option<PathBuf>,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. Ctrl+C stops after the
/// frame in hand; exit 130 then.
pub fn run(args: &DetectArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = args.thresholds.thresholds();
    let inputs = args.input.inputs();
    let model = match &args.model {
        Some(path) => args.arithmetic.file(path)?,
        None => args.arithmetic.request(&args.precision)?,
    };
    let named = args.model.as_deref().and_then(Path::to_str).unwrap_or(&args.precision);
    let of_model = input::model_files(&catalog, std::slice::from_ref(&model));
    let read = [input::files(&inputs), of_model, args.arithmetic.files([named])].concat();
    let outputs = || Outputs::default().reads(read.iter().map(PathBuf::as_path));
    let mut files = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let mut video = args.video_out.plan(&inputs, &mut files)?;
    let trace = args.trace.file(&mut files)?;
    let mut detector = FrameDetector::open(&ModelLoader::new(catalog.clone()), &model)?;
    let mut folder = args.annotate.as_deref().map(|dir| AnnotatedFolder::new(dir, outputs()));
    let labels = args.labels.zip(args.output.as_deref());
    let info = Arc::clone(detector.info());
    let labels = labels.map(|(form, dir)| LabelFolder::new(dir, form, &info.form.classes, outputs()));
    let mut labels = labels.transpose()?;
    let trace = begin_trace(trace)?;
    let mut reader = FrameReader::new(&catalog, &args.input, inputs)?.traced(trace.clone());
    let (mut stages, mut painter) = (FrameStages::new(trace), PanePainter::default());
    let mut count = 0;
    while let Some(InputFrame { source, file, number, time, decode, id }) = reader.next() {
        stages.came(id);
        let start = Instant::now();
        detector.letterbox(reader.frame());
        let letterboxed = Instant::now();
        detector.infer()?;
        let inferred = Instant::now();
        let detections = detector.detections(thresholds);
        let done = Instant::now();
        stages.span("letterbox", start, letterboxed);
        stages.span("inference A", letterboxed, inferred);
        stages.span("postprocess", inferred, done);
        let timing = Timing {
            decode: millis(decode),
            letterbox: millis(letterboxed - start),
            inference: millis(inferred - letterboxed),
            postprocess: millis(done - inferred),
        };
        let mut report = DetectionsReport::new(&source, reader.frame().size(), &info, detections, timing);
        report.frame = number;
        report.time_s = time.map(|time| time.as_secs_f64());
        let text = if args.json { report.to_json()? } else { report.to_text() };
        if report.limited {
            reader.suspend(|| tell!("{}", limit_notice(&source)));
        }
        reader.suspend(|| out!("{text}"))?;
        if let Some(folder) = &mut folder {
            let mut painted = reader.frame().clone();
            stages.stage("paint", || annotate::paint(&mut painted, detections, &info.form.classes));
            stages.stage("write", || folder.save(&file, &painted))?;
        }
        if let Some(video) = &mut video {
            let panes = MarkPanes::One(annotate::class_marks(detections, &info.form.classes));
            stages.stage("paint", || painter.paint(reader.frame(), &panes).map(|_| ()))?;
            let place = FrameTime { time, rate: reader.rate() };
            stages.stage("encode", || video.add(painter.painted(), place))?;
        }
        if let Some(labels) = &mut labels {
            labels.add(&file, reader.frame().size(), detections)?;
        }
        reader.done();
        stages.done();
        count += 1;
        if video.as_ref().is_some_and(VideoOut::is_full) {
            break;
        }
    }
    // What else there is is written all the same.
    let encoded = video.map_or(Ok(()), VideoOut::finish);
    let traced = stages.finish();
    if let Some(labels) = labels {
        labels.finish()?;
    }
    encoded?;
    traced?;
    if interrupt::asked() {
        reader.suspend(|| tell!("stopped after {count} {}", if count == 1 { "image" } else { "images" }));
    }
    Ok(interrupt::exit_code(reader.failures() > 0))
}

/// A model that set-up builds, maybe with its arithmetic: "int8", "int8@native".
fn installed(text: &str) -> Result<String, String> {
    match ModelRequest::from_flag(text, &Arithmetic::Exact).map_err(|error| error.to_string())?.name {
        ModelName::File(_) => {
            Err("use fp32, int8, tuned or safe, with an arithmetic if wanted, as int8@native; pass a file with --model"
                .into())
        }
        _ => Ok(text.to_owned()),
    }
}

/// An ONNX file; what other commands name with --model may be an installed model.
fn model_file(path: PathBuf) -> Result<PathBuf, String> {
    // What is wrong with an arithmetic is told where it is read.
    let file = match ModelRequest::from_file_flag(&path, &Arithmetic::Exact).map(|request| request.name) {
        Ok(ModelName::File(file)) => file,
        _ => return Ok(path),
    };
    if !matches!(file.try_exists(), Ok(false)) {
        return Ok(path);
    }
    Err(match path.to_str().filter(|name| installed(name).is_ok()) {
        Some(name) => format!("there is no such file; the installed model is --precision {name}"),
        None => "there is no such file; pass an ONNX file, or an installed model with --precision".into(),
    })
}
