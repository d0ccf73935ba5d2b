//! `twinsight harvest`: the frames on which two models part, as a data set.

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
use crate::workshop::harvest::{HarvestFrame, HarvestOutcome, HarvestSettings, HarvestTotals, Harvester};
use crate::workshop::labels::LabelForm;

/// What each condition means, and when two frames are alike: below the flags.
const NOTES: &str = "Conditions of --when (a frame is kept where it meets one of them):
  lost           A has a box that B lacks
  gained         B has a box that A lacks
  flip           both have a box there, of different classes
  agreement<N    the agreement (F1) of the frame is below N
  uncertain      a box of A or of B scores less than 0.1 over the score threshold

Near-duplicates are dropped: a frame must differ from every frame that was kept by at least 4 of 255 grey levels, in the
mean over 16×16 cells, each with its mean grey level.

The folder has images/ (PNG, the pixels that the models saw), the labels (annotations.json, labels/ or Annotations/), and
harvest.jsonl: one JSON line for each frame that met a condition, with its reasons and both models' boxes, also of
near-duplicates. Use it with `twinsight eval --images DIR/images` and `twinsight models calibrate --images DIR/images`.";

#[derive(Args, Debug)]
#[command(after_help = NOTES)]
pub struct HarvestArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Folder for the harvest; must be new or empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Keep a frame that meets one of these: lost, gained, flip, uncertain, agreement<0.8
    #[arg(long, value_name = "CONDITION,…", value_delimiter = ',', default_values = ["lost", "gained", "flip"], value_parser = condition)]
    when: Vec<Condition>,
    /// Form of the labels, which are A's boxes
    #[arg(long, value_name = "coco|yolo|voc", default_value = "coco", value_parser = label_form)]
    labels: LabelForm,
    #[command(flatten)]
    pair: PairFlags,
    #[command(flatten)]
    thresholds: ThresholdFlags,
    /// Print the lines of harvest.jsonl as they come, then the totals
    #[arg(long)]
    json: bool,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. A camera or a stream without an end
/// goes on until Ctrl+C, which stops after the frame in hand; exit 130 then, and the folder is complete.
pub fn run(args: &HarvestArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = args.thresholds.thresholds();
    let mut input = args.input.clone();
    if input.camera.name().is_some() {
        // One frame, as of other commands, is no harvest.
        input.frames = input.frames.or(Some(u64::MAX));
    }
    let inputs = input.inputs();
    let requests = args.pair.requests()?;
    let read = [input::files(&inputs), input::model_files(&catalog, &requests), args.pair.profiles()].concat();
    let outputs = Outputs::default().reads(read.iter().map(PathBuf::as_path));
    let mut pair = DetectorPair::open_alike(&catalog, &requests)?;
    let settings = HarvestSettings { when: args.when.clone(), form: args.labels, models: pair.infos() };
    let mut harvester = Harvester::create(&args.output, outputs, settings)?;

    let mut reader = FrameReader::new(&catalog, &input, inputs)?;
    let offered = offer_all(&mut reader, &mut pair, thresholds, &mut harvester, args.json);
    let failures = reader.failures();
    drop(reader);
    // What was kept has its labels, whatever ended it.
    let finished = harvester.finish();
    offered?;
    let totals = finished?;
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

/// Lets both models look at every frame, until there are no more or one cannot be looked at or kept.
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
    }
    Ok(())
}

fn condition(text: &str) -> Result<Condition, ConditionError> {
    text.trim().parse()
}
