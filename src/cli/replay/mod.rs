//! `twinsight replay`: a recording again, as it was or through other models and thresholds, and held against expected
//! boxes.

mod expected;
mod video;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use self::expected::{BoxChange, EXPECTED, ExpectedBoxes, FrameBoxes, ModelBoxes, ReplayedBox, ReplayedModel, changes};
use self::video::{ReplaySide, ReplayVideo};
use super::arithmetic_flags::ArithmeticFlag;
use super::input::{self, Input};
use super::output::escape::{on_a_line, path_name};
use super::output::force::ForceFlag;
use super::output::progress::ProgressLine;
use super::output::stdout::{out, tell};
use super::output::video_out::{VideoOutFlag, look};
use super::threshold_flags::fraction;
use super::unknown_word::model_flag;
use crate::annotate::Look;
use crate::detect::{Letterbox, Postprocessor, RawHeads, Thresholds};
use crate::interrupt;
use crate::model::{Catalog, FrameDetector, ModelInfo, ModelLoader};
use crate::recording::{RecordedFrame, RecordedOutput, RecordingReader};
use crate::source::VideoLocation;

#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// Recording to replay
    #[arg(value_name = "FILE")]
    recording: PathBuf,
    /// Run this model on the frames in place of taking the recorded heads: fp32, int8, tuned, safe, or an ONNX file; may
    /// be given twice, for A and B
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    model: Vec<String>,
    #[command(flatten)]
    arithmetic: ArithmeticFlag,
    /// Score threshold: keep boxes with a higher score [default: as recorded; 0.25 with --model]
    #[arg(long, value_name = "S", value_parser = fraction)]
    score: Option<f32>,
    /// NMS IoU threshold (per class) [default: as recorded; 0.45 with --model]
    #[arg(long, value_name = "IOU", value_parser = fraction)]
    nms: Option<f32>,
    /// Compare the boxes with those of this file, tell which changed, and exit with 1 where any did
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
    /// How --video-out shows both models: overlay (A solid, B dashed), split (A left, B right), or side-by-side
    #[arg(long, value_name = "overlay|split|side-by-side", default_value = "overlay", value_parser = look)]
    look: Look,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command. Exit 1 where a box is not as it was expected. Ctrl+C stops after the frame in hand, and writes
/// nothing; exit 130 then.
pub fn run(args: &ReplayArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let named = args.model.iter().map(|model| args.arithmetic.request(model));
    let requests = named.collect::<Result<Vec<_>, _>>()?;
    let profiles = args.arithmetic.files(args.model.iter().map(String::as_str));
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
    let detectors = requests.iter().map(|request| FrameDetector::open(&loader, request));
    let mut replay = Replay::new(args, detectors.collect::<Result<_, _>>()?);
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
        if let Some(video) = &mut video {
            video.add(&recorded, &replay.sides(&recorded))?;
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
    totals.heads = replay.equal_heads;
    video.map_or(Ok(()), ReplayVideo::finish)?;
    if let Some(file) = file {
        found.models = replay.models();
        file.write(format!("{}\n", serde_json::to_string(&found)?).as_bytes())?;
    }
    let mut failed = false;
    if let Some(expected) = &expected {
        failed = totals.changed_boxes > 0 || expected.frames.len() != totals.frames;
        tell_models(&expected.models, &replay.models());
    }
    out!("{}", if args.json { totals.to_json()? } else { totals.to_text() })?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs through the frames.
struct Replay<'a> {
    args: &'a ReplayArgs,
    /// Empty: the recorded heads are taken.
    detectors: Vec<FrameDetector>,
    postprocessor: Postprocessor,
    /// Whose heads were taken, in the order in which they came.
    recorded: Vec<Arc<ModelInfo>>,
    equal_heads: Option<EqualHeads>,
}

/// Of heads that were recorded and computed again by the same model: how many are the same, bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
struct EqualHeads {
    equal: usize,
    of: usize,
    /// Frames that came back with slightly other pixels, because they were kept as JPEG.
    inexact_frames: usize,
}

impl<'a> Replay<'a> {
    fn new(args: &'a ReplayArgs, detectors: Vec<FrameDetector>) -> Self {
        Self { args, detectors, postprocessor: Postprocessor::default(), recorded: Vec::new(), equal_heads: None }
    }

    fn models(&self) -> Vec<ReplayedModel> {
        let computed = self.detectors.iter().map(FrameDetector::info);
        computed.chain(&self.recorded).map(|info| ReplayedModel::of(info)).collect()
    }

    fn thresholds(&self, default: Thresholds) -> Thresholds {
        Thresholds {
            score: self.args.score.unwrap_or(default.score),
            nms_iou: self.args.nms.unwrap_or(default.nms_iou),
        }
    }

    fn frame(&mut self, recorded: &RecordedFrame) -> Result<FrameBoxes, Box<dyn Error>> {
        let models = if self.detectors.is_empty() { self.taken(recorded) } else { self.computed(recorded)? };
        Ok(FrameBoxes { frame: recorded.number, time_s: recorded.time.as_secs_f64(), models })
    }

    /// What was recorded of the frame, or computed last.
    fn sides<'b>(&'b self, recorded: &'b RecordedFrame) -> Vec<ReplaySide<'b>> {
        if self.detectors.is_empty() {
            let side = |output: &'b RecordedOutput| ReplaySide {
                name: &output.model.name,
                form: &output.model.form,
                heads: &output.heads,
                thresholds: self.thresholds(output.thresholds),
            };
            return recorded.outputs.iter().map(side).collect();
        }
        let thresholds = self.thresholds(Thresholds::LIVE);
        let side = |detector: &'b FrameDetector| {
            let info = detector.info();
            ReplaySide { name: &info.name, form: &info.form, heads: detector.heads(), thresholds }
        };
        self.detectors.iter().map(side).collect()
    }

    /// From the recorded heads.
    fn taken(&mut self, recorded: &RecordedFrame) -> Vec<ModelBoxes> {
        let mut models = Vec::with_capacity(recorded.outputs.len());
        for output in &recorded.outputs {
            if !self.recorded.iter().any(|known| Arc::ptr_eq(known, &output.model)) {
                self.recorded.push(Arc::clone(&output.model));
            }
            let (form, thresholds) = (&output.model.form, self.thresholds(output.thresholds));
            let letterbox = Letterbox::new(recorded.frame.size(), form.input);
            let detections = self.postprocessor.run(form, &output.heads, &letterbox, thresholds);
            let detections = detections.iter().map(|detection| ReplayedBox::of(detection, &form.classes)).collect();
            models.push(ModelBoxes { model: output.model.name.clone(), detections });
        }
        models
    }

    /// By running the models.
    fn computed(&mut self, recorded: &RecordedFrame) -> Result<Vec<ModelBoxes>, Box<dyn Error>> {
        let thresholds = self.thresholds(Thresholds::LIVE);
        let mut models = Vec::with_capacity(self.detectors.len());
        for detector in &mut self.detectors {
            detector.run(&recorded.frame)?;
            let info = Arc::clone(detector.info());
            let known = recorded
                .outputs
                .iter()
                .find(|o| o.model.sha256 == info.sha256 && o.model.arithmetic == info.arithmetic);
            if let Some(known) = known {
                let heads = self.equal_heads.get_or_insert_default();
                heads.of += 1;
                heads.equal += usize::from(same_bits(&known.heads, detector.heads()));
                heads.inexact_frames += usize::from(!recorded.is_exact);
            }
            let detections = detector.detections(thresholds).iter();
            let detections = detections.map(|detection| ReplayedBox::of(detection, &info.form.classes)).collect();
            models.push(ModelBoxes { model: info.name.clone(), detections });
        }
        Ok(models)
    }
}

fn same_bits(a: &RawHeads, b: &RawHeads) -> bool {
    let same = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
    a.heads.len() == b.heads.len() && a.heads.iter().zip(&b.heads).all(same)
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

    #[test]
    fn bits_are_compared_and_not_values() {
        let of = |values: &[f32]| RawHeads { heads: vec![values.to_vec()] };
        assert!(same_bits(&of(&[f32::NAN, 1.0]), &of(&[f32::NAN, 1.0])));
        assert!(!same_bits(&of(&[0.0]), &of(&[-0.0])));
        assert!(!same_bits(&of(&[0.0]), &of(&[0.0, 0.0])));
    }
}
