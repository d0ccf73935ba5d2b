//! `twinsight compare`: what two models make of the same pictures, or frames of a video or a camera.

pub(super) mod export;
pub(super) mod report;
mod truth;
mod worst_frames;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::export::{
    csv::{CSV, csv},
    html::html,
    json,
    text::text,
};
use self::report::{ComparedModels, ComparisonReport, PictureReport};
use self::worst_frames::WorstFrames;
use super::detector_pair::DetectorPair;
use super::frame_stages::FrameStages;
use super::input::frame_reader::FrameReader;
use super::input::{self, InputArgs};
use super::output::annotated_folder::AnnotatedFolder;
use super::output::detections::limit_notice;
use super::output::force::ForceFlag;
use super::output::html::PAGE;
use super::output::stdout::{out, tell};
use super::output::trace_flag::{TraceFlag, begin_trace};
use super::output::video_out::{FrameTime, VideoOut, VideoOutFlag, look};
use super::pair_flags::PairFlags;
use super::threshold_flags::ThresholdFlags;
use crate::annotate::{Look, PanePainter, paint_marks, paint_names, verdict_marks};
use crate::compare::truth::TruthTotals;
use crate::compare::{ThresholdSearch, Totals};
use crate::detect::ClassSet;
use crate::interrupt;
use crate::model::{Catalog, ModelError};

/// What a golden pack stands for: below the flags.
const PACKS: &str = "A golden pack among the inputs stands for its images; where one is all that is named, its raw heads are B \
unless --b names a model. As --a or --b, a pack is a model of its own images alone.";

#[derive(Args, Debug)]
#[command(after_help = PACKS)]
pub struct CompareArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    pair: PairFlags,
    /// With a golden pack as B: take what a board dumped of it, named as in the pack, in any of its formats
    #[arg(long, value_name = "DIR|FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    thresholds: ThresholdFlags,
    /// Annotations, to say of each box whether it is right: a COCO JSON file, a folder of YOLO labels (or its data.yaml or
    /// classes.txt), or a folder of Pascal VOC files [default: found beside the images: in their folder, in `labels` or
    /// `Annotations`]
    #[arg(long, value_name = "PATH")]
    annotations: Option<PathBuf>,
    /// Print one JSON object per line: one per image, then the totals; boxes are [x1, y1, x2, y2] in pixels
    #[arg(long)]
    json: bool,
    /// Write every box to this CSV table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write an HTML page with the worst images
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Save each image with both sets of boxes to this folder: A thick, B thin
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    #[command(flatten)]
    video_out: VideoOutFlag,
    /// How --video-out shows both models: overlay (A thick, B thin), split (A left, B right), or side-by-side
    #[arg(long, value_name = "overlay|split|side-by-side", default_value = "overlay", value_parser = look)]
    look: Look,
    #[command(flatten)]
    trace: TraceFlag,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. Ctrl+C stops after the
/// frame in hand, and everything is still written; exit 130 then.
pub fn run(args: &CompareArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = args.thresholds.thresholds();
    let inputs = args.input.inputs();
    let requests = args.pair.requests_with(args.input.pack().as_ref(), args.against.as_deref())?;
    let annotations = args.annotations.as_deref();
    let annotated = truth::pictures(&inputs);
    let labels = truth::files(annotations, &annotated);
    let models = input::model_files(&catalog, &requests);
    let read = [input::files(&inputs), models, args.pair.profiles(), labels].concat();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let table = args.csv.as_deref().map(|file| outputs.file(file, &CSV)).transpose()?;
    let page = args.html.as_deref().map(|file| outputs.file(file, &PAGE)).transpose()?;
    let mut video = args.video_out.plan(&inputs, &mut outputs)?;
    let trace = args.trace.file(&mut outputs)?;
    let mut pair = DetectorPair::open_alike(&catalog, &requests)?;
    let mut folder = args.annotate.as_deref().map(|dir| AnnotatedFolder::new(dir, outputs));
    let [a, b] = pair.infos();
    let models = ComparedModels { a: &a, b: &b, thresholds };
    let truth = truth::read(annotations, &annotated, &a)?;

    let trace = begin_trace(trace)?;
    let mut reader = FrameReader::new(&catalog, &args.input, inputs)?.traced(trace.clone());
    let (mut stages, mut search) = (FrameStages::new(trace), ThresholdSearch::default());
    let mut painter = PanePainter::default();
    let (mut pictures, mut totals, mut truths) = (Vec::new(), Totals::default(), TruthTotals::default());
    let mut worst = WorstFrames::new(args.html.is_some());
    while let Some(frame) = reader.next() {
        stages.came(frame.id);
        match pair.look(reader.frame(), &mut stages) {
            // A golden pack is of its own pictures, of which others may be among the inputs.
            Err(why @ ModelError::OtherPicture { .. }) if frame.number.is_none() => {
                reader.refuse(&frame, &why);
                stages.done();
                continue;
            }
            looked => looked?,
        };
        let [of_a, of_b] = pair.inputs(thresholds);
        search.add(&of_a, &of_b);
        stages.stage("compare", || _ = pair.compare(thresholds));
        let comparison = pair.comparison();
        totals.add(comparison);
        let size = reader.frame().size();
        let mut picture = PictureReport::new(frame.source, frame.file.clone(), size, comparison, &models);
        (picture.frame, picture.time_s) = (frame.number, frame.time.map(|time| time.as_secs_f64()));
        let truth = truth.as_ref().filter(|_| frame.number.is_none()).and_then(|truth| truth.picture(&frame.file));
        if let Some(truth) = truth {
            let judged = [truth.judge(comparison.a()), truth.judge(comparison.b())];
            truths.add(&truth, comparison, &judged, &ClassSet::default());
            picture.add_truth(&truth, &judged, comparison, &models);
        }
        if picture.limited {
            reader.suspend(|| tell!("{}", limit_notice(&picture.name())));
        }
        if args.json {
            let line = json::picture(&picture)?;
            reader.suspend(|| out!("{line}"))?;
        }
        if let Some(folder) = &mut folder {
            let mut painted = reader.frame().clone();
            stages.stage("paint", || paint_marks(&mut painted, &verdict_marks(comparison, models.classes())));
            stages.stage("write", || folder.save(&frame.file, &painted))?;
        }
        if let Some(video) = &mut video {
            let panes = args.look.panes(size, comparison, models.classes());
            let place = FrameTime { time: frame.time, rate: reader.rate() };
            stages.stage("paint", || {
                painter.paint(reader.frame(), &panes).map(|painted| paint_names(painted, &panes, [&a.name, &b.name]))
            })?;
            stages.stage("encode", || video.add(painter.painted(), place))?;
        }
        if picture.frame.is_some() {
            worst.keep(&picture, reader.frame());
        }
        pictures.push(picture);
        reader.done();
        stages.done();
        if video.as_ref().is_some_and(VideoOut::is_full) {
            break;
        }
    }
    let unreadable = reader.failures();
    drop(reader);
    // What else there is is written all the same.
    let encoded = video.map_or(Ok(()), VideoOut::finish);
    let traced = stages.finish();
    if interrupt::asked() {
        tell!("stopped after {} images", pictures.len());
    }

    let best = (totals.frames > 0).then(|| search.best(thresholds.score));
    let truth = (truths.pictures > 0).then_some(truths);
    let mut report = ComparisonReport { models, pictures, totals, truth, best, unreadable };
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
    encoded?;
    traced?;
    Ok(interrupt::exit_code(unreadable > 0))
}
