//! `twinsight compare`: what two models make of the same pictures, or frames of a video or a camera.

pub(super) mod export;
pub(super) mod report;
mod worst_frames;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use self::export::{
    csv::{CSV, csv},
    html::html,
    json,
    text::text,
};
use self::report::{ComparedModels, ComparisonReport, PictureReport};
use self::worst_frames::WorstFrames;
use super::arithmetic_flags::ArithmeticFlags;
use super::detect::fraction;
use super::input::frame_reader::FrameReader;
use super::input::{self, InputArgs};
use super::output::annotated_folder::AnnotatedFolder;
use super::output::detections::limit_notice;
use super::output::force::ForceFlag;
use super::output::html::PAGE;
use super::output::stdout::{out, tell};
use crate::annotate::{paint_marks, verdict_marks};
use crate::compare::{Comparer, Comparison, ModelInput, ThresholdSearch, Totals};
use crate::detect::{Frame, Thresholds};
use crate::interrupt;
use crate::model::{Catalog, FrameDetector, ModelError, ModelLoader, ModelRequest};

#[derive(Args, Debug)]
pub struct CompareArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Model A: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "fp32")]
    a: String,
    /// Model B: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "int8")]
    b: String,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// Score threshold: keep boxes with a higher score
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// NMS IoU threshold (per class)
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
    /// Print one JSON object per line: one per image, then the totals; boxes are [x1, y1, x2, y2] in pixels
    #[arg(long)]
    json: bool,
    /// Write every box to this CSV table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write an HTML page with the worst images
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Save each image with both sets of boxes to this folder: A solid, B dashed
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. Ctrl+C stops after the
/// frame in hand, and everything is still written; exit 130 then.
pub fn run(args: &CompareArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = Thresholds { score: args.score, nms_iou: args.nms };
    let inputs = args.input.inputs();
    let requests = args.arithmetic.requests([&args.a, &args.b])?;
    let profiles = args.arithmetic.files([args.a.as_str(), &args.b]);
    let read = [input::files(&inputs), input::model_files(&catalog, &requests), profiles].concat();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let table = args.csv.as_deref().map(|file| outputs.file(file, &CSV)).transpose()?;
    let page = args.html.as_deref().map(|file| outputs.file(file, &PAGE)).transpose()?;
    let mut pair = DetectorPair::open(&catalog, &requests)?;
    let mut folder = args.annotate.as_deref().map(|dir| AnnotatedFolder::new(dir, outputs));
    let [a, b] = pair.detectors.each_ref().map(|detector| Arc::clone(detector.info()));
    let models = ComparedModels { a: &a, b: &b, thresholds };

    let mut reader = FrameReader::new(&catalog, &args.input, inputs)?;
    let (mut pictures, mut totals) = (Vec::new(), Totals::default());
    let mut worst = WorstFrames::new(args.html.is_some());
    while let Some(frame) = reader.next() {
        let comparison = pair.compare(reader.frame(), thresholds)?;
        totals.add(comparison);
        let size = reader.frame().size();
        let mut picture = PictureReport::new(frame.source, frame.file.clone(), size, comparison, &models);
        (picture.frame, picture.time_s) = (frame.number, frame.time.map(|time| time.as_secs_f64()));
        if picture.limited {
            reader.suspend(|| tell!("{}", limit_notice(&picture.name())));
        }
        if args.json {
            let line = json::picture(&picture)?;
            reader.suspend(|| out!("{line}"))?;
        }
        if let Some(folder) = &mut folder {
            let mut painted = reader.frame().clone();
            paint_marks(&mut painted, &verdict_marks(comparison, models.classes()));
            folder.save(&frame.file, &painted)?;
        }
        if picture.frame.is_some() {
            worst.keep(&picture, reader.frame());
        }
        pictures.push(picture);
        reader.done();
    }
    let unreadable = reader.failures();
    drop(reader);
    if interrupt::asked() {
        tell!("stopped after {} images", pictures.len());
    }

    let best = (totals.frames > 0).then(|| pair.search.best(thresholds.score));
    let mut report = ComparisonReport { models, pictures, totals, best, unreadable };
    // Where nothing was compared there is nothing to write, and an older report stays.
    let compared = report.totals.frames > 0;
    if let Some(table) = table.filter(|_| compared) {
        table.write(csv(&report).as_bytes())?;
    }
    report.sort_by_damage();
    if let Some(page) = page.filter(|_| compared) {
        page.write(html(&report, &worst).as_bytes())?;
    }
    if args.json {
        out!("{}", json::totals(&report)?)?;
    } else if compared {
        out!("{}", text(&report))?;
    }
    Ok(interrupt::exit_code(unreadable > 0))
}

/// A and B, and what is found over all frames.
struct DetectorPair {
    detectors: [FrameDetector; 2],
    comparer: Comparer,
    search: ThresholdSearch,
}

impl DetectorPair {
    fn open(catalog: &Catalog, [a, b]: &[ModelRequest; 2]) -> Result<Self, Box<dyn Error>> {
        let loader = ModelLoader::new(catalog.clone());
        let detectors = [FrameDetector::open(&loader, a)?, FrameDetector::open(&loader, b)?];
        let [a, b] = detectors.each_ref().map(|detector| &**detector.info());
        if a.form.classes != b.form.classes {
            let [a, b] = [a, b].map(|m| format!("{} ({} classes)", m.path.display(), m.form.classes.len()));
            return Err(format!("{a} and {b} have different classes; compare two models with the same classes").into());
        }
        Ok(Self { detectors, comparer: Comparer::default(), search: ThresholdSearch::default() })
    }

    fn compare(&mut self, frame: &Frame, thresholds: Thresholds) -> Result<&Comparison, ModelError> {
        for detector in &mut self.detectors {
            detector.run(frame)?;
        }
        let [a, b] = self.detectors.each_ref().map(|detector| ModelInput {
            form: &detector.info().form,
            heads: detector.heads(),
            letterbox: detector.place(),
            thresholds,
        });
        self.search.add(&a, &b);
        Ok(self.comparer.run(&a, &b))
    }
}
