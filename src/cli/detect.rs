//! `twinsight detect`: boxes in pictures, videos and cameras, without a window.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::annotated::Folder;
use super::arithmetic_flags::ArithmeticFlag;
use super::feed::Feed;
use super::inputs::{self, InputArgs};
use super::interrupt;
use super::out::say;
use super::report::{Report, Timing, millis};
use crate::detect::{Frame, Letterboxer, Postprocessor, RawHeads, Thresholds};
use crate::model::{Catalog, Detector, ModelName, Runtime, SessionDetector};

#[derive(Args, Debug)]
pub struct DetectArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Which of the installed models
    #[arg(long, value_name = "fp32|int8|tuned|safe", default_value = "fp32", value_parser = ["fp32", "int8", "tuned", "safe"])]
    precision: String,
    /// An ONNX file in place of an installed model
    #[arg(long, value_name = "FILE", conflicts_with = "precision")]
    model: Option<PathBuf>,
    #[command(flatten)]
    arithmetic: ArithmeticFlag,
    /// Report boxes with a score over this
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// Of two boxes of a class that overlap by more than this IoU, the weaker one goes
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Save each picture or frame with its boxes into this folder
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. Ctrl+C stops after the
/// frame in hand; exit 130 then.
pub fn run(args: &DetectArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = Thresholds { score: args.score, nms_iou: args.nms };
    let named = args.input.inputs();
    let mut out = Output {
        json: args.json,
        folder: args.annotate.as_deref().map(|dir| Folder::create(dir, &inputs::files(&named))).transpose()?,
    };
    let model = match &args.model {
        // A file may have the name of a built model.
        Some(path) => args.arithmetic.of(ModelName::File(path.clone())),
        None => args.arithmetic.request(&args.precision),
    };
    let mut detector = SessionDetector::open(&Runtime::find(&catalog)?, &catalog, &model)?;
    let info = Arc::clone(detector.info());
    let mut letterboxer = Letterboxer::new(info.form.input);
    let mut heads = RawHeads::zeros(&info.form);
    let mut postprocessor = Postprocessor::default();
    let mut feed = Feed::new(&catalog, &args.input, named)?;
    let mut done = 0;
    while let Some(take) = feed.next() {
        let start = Instant::now();
        let letterbox = letterboxer.fill(feed.frame());
        let letterboxed = Instant::now();
        detector.run(letterboxer.tensor(), &mut heads)?;
        let inferred = Instant::now();
        let detections = postprocessor.run(&info.form, &heads, &letterbox, thresholds);
        let timing = Timing {
            decode: millis(take.decode),
            letterbox: millis(letterboxed - start),
            inference: millis(inferred - letterboxed),
            postprocess: millis(inferred.elapsed()),
        };
        let mut report = Report::new(&take.source, feed.frame().size(), &info, detections, timing);
        report.frame = take.number;
        report.time_s = take.time.map(|time| time.as_secs_f64());
        feed.suspend(|| out.report(&report))?;
        out.picture(&take.file, feed.frame(), detections, &info.form.classes)?;
        feed.done();
        done += 1;
    }
    if interrupt::asked() {
        feed.suspend(|| {
            eprintln!("twinsight: stopped after {done} {}", if done == 1 { "picture" } else { "pictures" })
        });
    }
    Ok(interrupt::exit_code(feed.failures() > 0))
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
        frame: &Frame,
        detections: &[crate::detect::Detection],
        classes: &crate::detect::Classes,
    ) -> Result<(), Box<dyn Error>> {
        match &mut self.folder {
            Some(folder) => Ok(folder.save(path, frame.clone(), detections, classes)?),
            None => Ok(()),
        }
    }
}

/// A flag's value between 0 and 1.
pub(super) fn fraction(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("{text} is no number"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(format!("{text} is not between 0 and 1")) }
}
