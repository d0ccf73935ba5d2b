//! `twinsight replay`: a recording again, as it was or through other models and thresholds, and held against expected
//! boxes.

mod expected;
mod sides;
mod video;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::expected::{BoxChange, EXPECTED, ExpectedBoxes, FrameBoxes, ModelBoxes, ReplayedBox, ReplayedModel, changes};
use self::sides::{EqualHeads, ReplaySide, ReplaySides};
use self::video::ReplayVideo;
use super::arithmetic_flags::ArithmeticFlags;
use super::input::{self, Input};
use super::output::escape::{on_a_line, path_name};
use super::output::force::ForceFlag;
use super::output::progress::ProgressLine;
use super::output::stdout::{out, tell};
use super::output::video_out::{VideoOutFlag, look};
use super::threshold_flags::fraction;
use super::unknown_word::model_flag;
use crate::annotate::Look;
use crate::detect::{Letterbox, Postprocessor};
use crate::interrupt;
use crate::model::{Catalog, FrameDetector, ModelError, ModelLoader};
use crate::recording::{RecordedFrame, RecordingReader};
use crate::source::VideoLocation;

#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// Recording to replay
    #[arg(value_name = "FILE")]
    recording: PathBuf,
    /// Run this model on the frames as A: fp32, int8, tuned, safe, or an ONNX file [default: A's recorded heads]
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    a: Option<String>,
    /// Run this model on the frames as B: fp32, int8, tuned, safe, or an ONNX file [default: B's recorded heads]
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    b: Option<String>,
    /// Run this model on the frames alone, without any recorded heads; given twice, these are A and B
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["a", "b"], value_parser = model_flag)]
    model: Vec<String>,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// Score threshold: keep boxes with a higher score [default: as recorded; 0.25 with --model]
    #[arg(long, value_name = "S", value_parser = fraction)]
    score: Option<f32>,
    /// NMS IoU threshold (per class) [default: as recorded; 0.45 with --model]
    #[arg(long, value_name = "IOU", value_parser = fraction)]
    nms: Option<f32>,
    /// Compare the boxes with those of this file, list those that changed, and exit with 1 if any did
    #[arg(long, value_name = "FILE", conflicts_with = "write_expected")]
    expect: Option<PathBuf>,
    /// Write the boxes to this file, for --expect
    #[arg(long, value_name = "FILE")]
    write_expected: Option<PathBuf>,
    /// Print one JSON object per line: one per frame, then the totals; boxes are [x1, y1, x2, y2] in pixels
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    video_out: VideoOutFlag,
    /// How --video-out shows both models: overlay (A thick, B thin), split (A left, B right), or side-by-side
    #[arg(long, value_name = "overlay|split|side-by-side", default_value = "overlay", value_parser = look)]
    look: Look,
    #[command(flatten)]
    force: ForceFlag,
}

impl ReplayArgs {
    /// The models that run, each with its place: 0 is A.
    fn running(&self) -> Vec<(usize, &str)> {
        let sides =
            [&self.a, &self.b].into_iter().enumerate().filter_map(|(place, model)| Some((place, model.as_deref()?)));
        sides.chain(self.model.iter().map(String::as_str).enumerate()).collect()
    }
}

/// Runs the command. Exit 1 where a box is not as it was expected. Ctrl+C stops after the frame in hand, and writes
/// nothing; exit 130 then.
pub fn run(args: &ReplayArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let running = args.running();
    args.arithmetic.check_running([0, 1].map(|side| running.iter().any(|(place, _)| *place == side)))?;
    let requests = running.iter().map(|(place, model)| args.arithmetic.request(*place, model));
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    let profiles = args.arithmetic.files(running.iter().map(|(_, model)| *model));
    let named: Vec<PathBuf> = std::iter::once(&args.recording).chain(&args.expect).cloned().collect();
    let read = [named, input::model_files(&catalog, &requests), profiles].concat();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let file = args.write_expected.as_deref().map(|file| outputs.file(file, &EXPECTED)).transpose()?;
    let input = Input::Video(VideoLocation::File(args.recording.clone()));
    let video = args.video_out.plan(std::slice::from_ref(&input), &mut outputs)?;
    let mut video = video.map(|out| ReplayVideo::new(out, args.look));
    let expected = args.expect.as_deref().map(ExpectedBoxes::read).transpose()?;
    let mut reader = RecordingReader::open(&args.recording)?;
    if reader.is_cut() {
        tell!("{} was cut off: it ends after its last whole frame", path_name(&args.recording));
    }
    let loader = ModelLoader::new(catalog);
    let detectors = running
        .iter()
        .zip(&requests)
        .map(|((place, _), request)| FrameDetector::open(&loader, request).map(|detector| (*place, detector)));
    let detectors = detectors.collect::<Result<Vec<_>, ModelError>>()?;
    let sides = ReplaySides::new(detectors, args.model.is_empty(), args.score, args.nms);
    let mut replay = Replay { sides, postprocessor: Postprocessor::default() };
    interrupt::watch()?;
    let mut progress = ProgressLine::new(Some(reader.len()), "frames");
    let mut found =
        ExpectedBoxes { twinsight_expected: ExpectedBoxes::VERSION, models: Vec::new(), frames: Vec::new() };
    let mut totals =
        ReplayTotals { frames: 0, expected: expected.as_ref().map(|e| e.frames.len()), ..Default::default() };
    for number in 0..reader.len() {
        if interrupt::asked() {
            break;
        }
        let recorded = reader.read(number)?;
        let boxes = replay.frame(&recorded)?;
        // A video that is full ends alone: boxes are told of all frames.
        if let Some(video) = video.as_mut().filter(|video| !video.is_full()) {
            video.add(&recorded, &replay.sides.of(&recorded))?;
        }
        if let Some(expected) = &expected {
            let differing = differing(expected.frames.get(number), &boxes);
            totals.count(&differing);
            for line in differing.iter().map(|(model, change)| changed_line(args.json, &boxes, model, change)) {
                let line = line?;
                progress.suspend(|| out!("{line}"))?;
            }
        } else {
            let line = if args.json { serde_json::to_string(&boxes)? } else { text(&boxes) };
            progress.suspend(|| out!("{line}"))?;
        }
        if file.is_some() {
            found.frames.push(boxes);
        }
        totals.frames += 1;
        progress.step();
    }
    drop(progress);
    if interrupt::asked() {
        tell!("stopped after {} of {} frames", totals.frames, reader.len());
        return Ok(interrupt::exit_code(false));
    }
    totals.heads = replay.sides.equal_heads();
    video.map_or(Ok(()), ReplayVideo::finish)?;
    if let Some(file) = file {
        found.models = replay.sides.models();
        file.write(format!("{}\n", serde_json::to_string(&found)?).as_bytes())?;
    }
    let mut failed = false;
    if let Some(expected) = &expected {
        failed = totals.changed_boxes > 0 || expected.frames.len() != totals.frames;
        tell_models(&expected.models, &replay.sides.models());
    }
    out!("{}", if args.json { totals.to_json()? } else { totals.to_text() })?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs through the frames.
struct Replay {
    sides: ReplaySides,
    postprocessor: Postprocessor,
}

impl Replay {
    /// The boxes of A and B.
    fn frame(&mut self, recorded: &RecordedFrame) -> Result<FrameBoxes, ModelError> {
        self.sides.look(recorded)?;
        let mut models = Vec::new();
        for ReplaySide { name, form, heads, thresholds } in self.sides.of(recorded) {
            let letterbox = Letterbox::new(recorded.frame.size(), form.input);
            let detections = self.postprocessor.run(form, heads, &letterbox, thresholds);
            let detections = detections.iter().map(|detection| ReplayedBox::of(detection, &form.classes)).collect();
            models.push(ModelBoxes { model: name.to_owned(), detections });
        }
        Ok(FrameBoxes { frame: recorded.number, time_s: recorded.time.as_secs_f64(), models })
    }
}

/// Each box of a frame that is not as it was expected, with its model.
fn differing(expected: Option<&FrameBoxes>, found: &FrameBoxes) -> Vec<(String, BoxChange)> {
    let expected: &[ModelBoxes] = expected.map_or(&[], |frame| frame.models.as_slice());
    let mut differing = Vec::new();
    for at in 0..expected.len().max(found.models.len()) {
        let (expected, found) = (expected.get(at), found.models.get(at));
        let model = found.or(expected).map_or(String::new(), |models| models.model.clone());
        let changes = changes(boxes_of(expected), boxes_of(found));
        differing.extend(changes.into_iter().map(|change| (model.clone(), change)));
    }
    differing
}

fn boxes_of(models: Option<&ModelBoxes>) -> &[ReplayedBox] {
    models.map_or(&[], |models| models.detections.as_slice())
}

fn changed_line(json: bool, boxes: &FrameBoxes, model: &str, change: &BoxChange) -> Result<String, serde_json::Error> {
    if json {
        let (frame, time_s) = (boxes.frame, boxes.time_s);
        return serde_json::to_string(&serde_json::json!({
            "frame": frame, "time_s": time_s, "model": model, "change": change
        }));
    }
    Ok(format!("frame {} at {:.2} s: {}: {change}", boxes.frame, boxes.time_s, on_a_line(model)))
}

/// A frame for people.
fn text(boxes: &FrameBoxes) -> String {
    let mut text = format!("frame {} at {:.2} s", boxes.frame, boxes.time_s);
    for ModelBoxes { model, detections } in &boxes.models {
        text += &format!("\n  {}: {}", on_a_line(model), detections.len());
        for ReplayedBox { class, score, bbox: [x1, y1, x2, y2], .. } in detections {
            text += &format!("\n    {:<14} {score:.3}  {x1:7.1} {y1:7.1} {x2:7.1} {y2:7.1}", on_a_line(class));
        }
    }
    text
}

/// That other models ran explains boxes that changed.
fn tell_models(expected: &[ReplayedModel], found: &[ReplayedModel]) {
    for (expected, found) in expected.iter().zip(found).filter(|(expected, found)| expected.sha256 != found.sha256) {
        tell!("{} is another model than {}, whose boxes are expected", found.name, expected.name);
    }
    for (expected, found) in expected.iter().zip(found).filter(|(e, f)| e.arithmetic != f.arithmetic) {
        tell!("{} is computed in another arithmetic than {}, whose boxes are expected", found.name, expected.name);
    }
}

/// All frames together.
#[derive(Debug, Default, serde::Serialize)]
struct ReplayTotals {
    frames: usize,
    /// Frames that were expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<usize>,
    changed_boxes: usize,
    changed_frames: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    heads: Option<EqualHeads>,
}

impl ReplayTotals {
    fn count(&mut self, differing: &[(String, BoxChange)]) {
        self.changed_boxes += differing.len();
        self.changed_frames += usize::from(!differing.is_empty());
    }

    fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&serde_json::json!({ "totals": self }))
    }

    fn to_text(&self) -> String {
        let Self { frames, expected, changed_boxes, changed_frames, heads } = self;
        let mut text = format!("{frames} frames");
        if let Some(EqualHeads { equal, of, inexact_frames }) = heads {
            text += &format!("; raw heads computed again: {equal} of {of} equal to the recorded ones, bit by bit");
            if *inexact_frames > 0 {
                text += " (frames are kept as JPEG: the models saw slightly other pixels)";
            }
        }
        match expected {
            None => {}
            Some(expected) if expected != frames => text += &format!("; {expected} frames were expected"),
            Some(_) if *changed_boxes == 0 => text += "; every box as expected",
            Some(_) => {}
        }
        if *changed_boxes > 0 {
            text += &format!("; {changed_boxes} boxes changed in {changed_frames} frames");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_say_what_is_wrong() {
        let mut totals = ReplayTotals { frames: 3, ..ReplayTotals::default() };
        assert_eq!(totals.to_text(), "3 frames");
        totals.expected = Some(3);
        assert_eq!(totals.to_text(), "3 frames; every box as expected");
        (totals.changed_boxes, totals.changed_frames) = (4, 2);
        assert_eq!(totals.to_text(), "3 frames; 4 boxes changed in 2 frames");
        totals.expected = Some(5);
        totals.heads = Some(EqualHeads { equal: 5, of: 6, inexact_frames: 1 });
        let text = totals.to_text();
        assert!(
            text.contains("5 of 6 equal") && text.contains("JPEG") && text.contains("5 frames were expected"),
            "{text}"
        );
    }
}
