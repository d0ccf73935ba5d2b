//! `twinsight harvest`: the frames on which two models disagree, as a data set.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::detector_pair::DetectorPair;
use super::frame_stages::FrameStages;
use super::input::frame_reader::{FrameReader, InputFrame};
use super::input::{self, InputArgs};
use super::output::label_folder::label_form;
use super::output::stdout::{out, tell};
use super::pair_flags::PairFlags;
use super::threshold_flags::ThresholdFlags;
use crate::compare::{Condition, ConditionError};
use crate::detect::Thresholds;
use crate::files::Outputs;
use crate::interrupt;
use crate::model::Catalog;
use crate::trace::Trace;
use crate::workshop::harvest::{
    HarvestFrame, HarvestLimit, HarvestLimits, HarvestOutcome, HarvestSettings, HarvestTotals, Harvester,
};
use crate::workshop::labels::LabelForm;

/// What each condition means, and when two frames are alike: below the flags.
const NOTES: &str = "Conditions of --when (a frame is kept where it meets one of them):
  lost           A has a box that B lacks
  gained         B has a box that A lacks
  flip           both have a box there, of different classes
  agreement<N    the agreement (F1) of the frame is below N
  uncertain      a box of A or of B scores less than 0.1 over the score threshold

Near-duplicates are dropped: a frame must differ from every frame that was kept by at least 4 of 255 \
grey levels, in the mean over 16×16 cells, each with its mean grey level, (R + G + B) / 3.

The folder has images/ (PNG, the pixels that the models saw), the labels (annotations.json, labels/ or Annotations/), and \
harvest.jsonl: one JSON line for each frame that met a condition, with its reasons and both models' boxes, also of \
near-duplicates. Use it with `twinsight eval --images DIR/images` and `twinsight models calibrate --images DIR/images`.";

/// One frame of a camera, as other commands take, is no harvest.
const FRAMES: &str = "Stop after looking at N frames [default: all]";

#[derive(Args, Debug)]
#[command(after_help = NOTES, mut_arg("frames", |frames| frames.help(FRAMES)))]
pub struct HarvestArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Folder for the harvest; must be new or empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Keep a frame that meets one of these: lost, gained, flip, uncertain, agreement<0.8
    #[arg(long, value_name = "CONDITION,…", value_delimiter = ',', default_value = "lost,gained,flip", value_parser = condition)]
    when: Vec<Condition>,
    /// Form of the labels, which are A's boxes
    #[arg(long, value_name = "coco|yolo|voc", default_value = "coco", value_parser = label_form)]
    labels: LabelForm,
    /// Stop once this many frames are kept [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_kept: Option<u64>,
    /// Stop before a frame with which the folder would have more than this many megabytes
    #[arg(long, value_name = "MB", default_value_t = 8000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    max_size: u64,
    #[command(flatten)]
    pair: PairFlags,
    #[command(flatten)]
    thresholds: ThresholdFlags,
    /// Print the lines of the frames in harvest.jsonl as they come, then the totals
    #[arg(long)]
    json: bool,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. A camera or a stream without an end
/// goes on until a limit is reached, or Ctrl+C, which stops after the frame in hand; exit 130 then. The folder is complete.
pub fn run(args: &HarvestArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = args.thresholds.thresholds();
    let mut input = args.input.clone();
    if input.camera.name().is_some() {
        input.frames = input.frames.or(Some(u64::MAX));
    }
    let inputs = input.inputs();
    let requests = args.pair.requests()?;
    let read = [input::files(&inputs), input::model_files(&catalog, &requests), args.pair.profiles()].concat();
    let outputs = Outputs::default().reads(read.iter().map(PathBuf::as_path));
    let mut pair = DetectorPair::open_alike(&catalog, &requests)?;
    let limits = HarvestLimits {
        frames: args.max_kept.unwrap_or(HarvestLimits::default().frames),
        bytes: args.max_size * 1_000_000,
    };
    let settings = HarvestSettings { when: args.when.clone(), form: args.labels, limits, models: pair.infos() };
    let mut harvester = Harvester::create(&args.output, outputs, settings)?;

    let mut reader = FrameReader::new(&catalog, &input, inputs)?;
    let offered = offer_all(&mut reader, &mut pair, thresholds, &mut harvester, args.json);
    let failures = reader.failures();
    drop(reader);
    let limit = harvester.limit();
    // What was kept has its labels, whatever ended it.
    let finished = harvester.finish();
    offered?;
    let totals = finished?;
    // That as many are kept as were asked for needs no word.
    match limit {
        Some(HarvestLimit::Size) => tell!("the harvest ends at the limit of its size; --max-size sets another"),
        Some(HarvestLimit::Frames) if args.max_kept.is_none() => {
            tell!("the harvest ends with {} kept frames; --max-kept sets another limit", totals.kept);
        }
        Some(HarvestLimit::Frames) | None => {}
    }
    if interrupt::asked() {
        tell!("stopped after {} {}", totals.frames, if totals.frames == 1 { "frame" } else { "frames" });
    }
    if args.json {
        out!("{}", serde_json::json!({ "totals": totals }))?;
    } else {
        let (HarvestTotals { kept, frames, .. }, images) = (totals, args.output.join("images"));
        out!("{kept} of {frames} frames kept in {} ({} dropped)", images.display(), totals.told_near())?;
    }
    Ok(interrupt::exit_code(failures > 0))
}

/// Lets both models look at every frame, until there are no more, it is enough, or one cannot be looked at or kept.
fn offer_all(
    reader: &mut FrameReader,
    pair: &mut DetectorPair,
    thresholds: Thresholds,
    harvester: &mut Harvester,
    json: bool,
) -> Result<(), Box<dyn Error>> {
    let mut stages = FrameStages::new(Trace::default());
    while let Some(InputFrame { source, file, number, time, .. }) = reader.next() {
        pair.look(reader.frame(), &mut stages)?;
        let seen = HarvestFrame {
            source: &source,
            file: &file,
            number,
            time_s: time.map(|time| time.as_secs_f64()),
            frame: reader.frame(),
            comparison: pair.compare(thresholds),
            thresholds: [thresholds; 2],
        };
        let outcome = harvester.offer(&seen)?;
        if let (true, HarvestOutcome::Kept { line } | HarvestOutcome::Near { line }) = (json, outcome) {
            reader.suspend(|| out!("{line}"))?;
        }
        reader.done();
        if harvester.limit().is_some() {
            break;
        }
    }
    Ok(())
}

fn condition(text: &str) -> Result<Condition, ConditionError> {
    text.trim().parse()
}
