//! `twinsight record`: frames with the raw heads of two models, into one file.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::detector_pair::DetectorPair;
use super::frame_stages::FrameStages;
use super::input::camera_flags::CameraFlags;
use super::input::frame_reader::FrameReader;
use super::input::{self, InputArgs};
use super::output::escape::path_name;
use super::output::force::ForceFlag;
use super::output::stdout::{out, tell};
use super::pair_flags::PairFlags;
use super::threshold_flags::fraction;
use crate::detect::{Frame, Thresholds};
use crate::files::{FileFormat, GrowingFile, OutputFile};
use crate::model::Catalog;
use crate::recording::{
    FinishedRecording, FrameToRecord, OutputToRecord, PictureForm, RecordingError, RecordingLimit, RecordingLimits,
    RecordingWriter, UnixClock,
};
use crate::source::{Next, Source, SourceRequest};
use crate::trace::Trace;
use crate::{interrupt, live};

/// How long a picture stands in the recording.
const PICTURE_TIME: Duration = Duration::from_secs(1);

/// Between the end of a video and the start of the next.
const BETWEEN_VIDEOS: Duration = Duration::from_millis(40);

#[derive(Args, Debug)]
pub struct RecordArgs {
    /// Images (JPEG, PNG, WebP, BMP), videos, or folders of images; an image is recorded as one second
    #[arg(value_name = "FILE|DIR", required_unless_present_any = ["camera", "video", "demo"], conflicts_with_all = ["CameraFlags", "video", "demo"])]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    camera: CameraFlags,
    /// Record the frames of this video file or stream (rtsp, http); needs ffmpeg
    #[arg(long, value_name = "FILE|URL", group = "from", conflicts_with = "CameraFlags")]
    video: Option<OsString>,
    /// Record the built-in demo
    #[arg(long, group = "from", conflicts_with = "CameraFlags")]
    demo: bool,
    /// Stop after N frames [default: at Ctrl+C, or the end]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Stop after this many seconds [default: 3600]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    seconds: Option<u64>,
    /// Stop before a frame with which the file would have more than this many megabytes
    #[arg(long, value_name = "MB", default_value_t = 8000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    max_size: u64,
    /// Keep frames as JPEG of this quality (1 to 100): a fifth of the size, but models that are run on them again see
    /// slightly other pixels [default: each pixel as it is]
    #[arg(long, value_name = "QUALITY", value_parser = clap::value_parser!(u8).range(1..=100))]
    jpeg: Option<u8>,
    #[command(flatten)]
    pair: PairFlags,
    /// Score threshold of the boxes that other programs draw; in a replay it can be changed
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// NMS IoU threshold (per class), likewise
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
    /// File to write, which other programs read too if it ends in .mcap; must be new, or empty
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command. What cannot be read is reported, the rest is still recorded; exit 1 then. Ctrl+C ends the recording,
/// which is whole; exit 130 then.
pub fn run(args: &RecordArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let input = InputArgs {
        paths: args.paths.clone(),
        camera: args.camera.clone(),
        video: args.video.clone(),
        // A camera gives frames until it is enough.
        frames: args.frames.or(args.camera.name().map(|_| u64::MAX)),
        every: None,
    };
    let inputs = input.inputs();
    let requests = args.pair.requests()?;
    let read = [input::files(&inputs), input::model_files(&catalog, &requests), args.pair.profiles()].concat();
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let file = outputs.file(&args.output, &FileFormat::NEW)?;
    let mut pair = DetectorPair::open(&catalog, &requests)?;
    let mut feed = if args.demo {
        interrupt::watch()?;
        let source = live::opener(&catalog).open(&SourceRequest::Demo)?;
        FrameFeed::Demo { source, frame: Frame::default() }
    } else {
        FrameFeed::Named(Box::new(FrameReader::new(&catalog, &input, inputs)?))
    };
    let mut tape = Tape::new(args, file);
    let recorded = tape.record(&mut feed, &mut pair);
    let failures = feed.failures();
    drop(feed);
    // What was recorded before an error is whole, and worth a word.
    let finished = tape.finish();
    if let (Err(_), Ok(Some(finished))) = (&recorded, &finished) {
        tell!("{}", summary(finished));
    }
    recorded?;
    let Some(finished) = finished? else {
        // Not a failure: the user did not wait for the first frame.
        if interrupt::asked() {
            return Ok(interrupt::exit_code(false));
        }
        return Err("nothing was recorded: there was no frame".into());
    };
    // That it took as long as was asked for needs no word.
    match finished.limit {
        Some(RecordingLimit::Size) => tell!("the recording ends at the limit of its size; --max-size sets another"),
        Some(RecordingLimit::Time) if args.seconds.is_none() => {
            tell!("the recording ends after an hour; --seconds sets another limit");
        }
        Some(RecordingLimit::Time) | None => {}
    }
    out!("{}", summary(&finished))?;
    Ok(interrupt::exit_code(failures > 0))
}

/// "a.mcap: 20 frames, 0.8 s, 22.4 MB"
fn summary(finished: &FinishedRecording) -> String {
    let FinishedRecording { path, frames, bytes, time, .. } = finished;
    let things = if *frames == 1 { "frame" } else { "frames" };
    let (seconds, megabytes) = (time.as_secs_f64(), *bytes as f64 / 1e6);
    format!("{}: {frames} {things}, {seconds:.1} s, {megabytes:.1} MB", path_name(path))
}

/// Where frames come from.
enum FrameFeed {
    Named(Box<FrameReader>),
    Demo { source: Box<dyn Source>, frame: Frame },
}

/// A frame that came; [`FrameFeed::frame`] has its pixels.
struct FedFrame {
    source: String,
    kind: FedKind,
    waited: Duration,
}

/// How a frame stands in time.
enum FedKind {
    Picture,
    /// Its time in the video.
    Video(Duration),
    /// It comes now.
    Live,
}

impl FrameFeed {
    fn next(&mut self) -> Result<Option<FedFrame>, Box<dyn Error>> {
        match self {
            Self::Named(reader) => Ok(reader.next().map(|frame| {
                let kind = match (frame.time, frame.number) {
                    (Some(time), _) => FedKind::Video(time),
                    (None, Some(_)) => FedKind::Live,
                    (None, None) => FedKind::Picture,
                };
                FedFrame { source: frame.source, kind, waited: frame.decode }
            })),
            Self::Demo { source, frame } => {
                let start = Instant::now();
                loop {
                    if interrupt::asked() {
                        return Ok(None);
                    }
                    match source.next(frame)? {
                        Next::Frame => break,
                        Next::Idle | Next::Broken => {}
                        Next::End => return Ok(None),
                    }
                }
                Ok(Some(FedFrame { source: "demo".into(), kind: FedKind::Live, waited: start.elapsed() }))
            }
        }
    }

    fn frame(&self) -> &Frame {
        match self {
            Self::Named(reader) => reader.frame(),
            Self::Demo { frame, .. } => frame,
        }
    }

    fn done(&mut self) {
        if let Self::Named(reader) = self {
            reader.done();
        }
    }

    fn failures(&self) -> usize {
        match self {
            Self::Named(reader) => reader.failures(),
            Self::Demo { .. } => 0,
        }
    }
}

/// The recording, which begins with the first frame.
struct Tape<'a> {
    args: &'a RecordArgs,
    file: Option<OutputFile>,
    writer: Option<RecordingWriter>,
    clock: UnixClock,
    /// Time in the recording of the picture or the video's frame that was recorded last, and in the video itself.
    place: Option<(Duration, Duration)>,
}

impl<'a> Tape<'a> {
    fn new(args: &'a RecordArgs, file: OutputFile) -> Self {
        Self { args, file: Some(file), writer: None, clock: UnixClock::now(), place: None }
    }

    /// Until there are no more frames, or it is enough.
    fn record(&mut self, feed: &mut FrameFeed, pair: &mut DetectorPair) -> Result<(), Box<dyn Error>> {
        let most = self.args.frames.unwrap_or(u64::MAX);
        let thresholds = Thresholds { score: self.args.score, nms_iou: self.args.nms };
        let mut stages = FrameStages::new(Trace::default());
        let mut number = 0;
        while number < most && !interrupt::asked() {
            let Some(fed) = feed.next()? else { break };
            let captured = Instant::now();
            let times = pair.look(feed.frame(), &mut stages)?;
            let slots = pair.detectors().iter().zip(times.inference).enumerate();
            let outputs: Vec<OutputToRecord<'_>> = slots
                .map(|(slot, (detector, inference))| OutputToRecord {
                    slot,
                    model: detector.info(),
                    heads: detector.heads(),
                    inference,
                    thresholds,
                })
                .collect();
            let (unix_ns, media_time) = self.time(&fed.kind, captured);
            let frame = FrameToRecord {
                frame: feed.frame(),
                frame_id: number,
                source: &fed.source,
                unix_ns,
                media_time,
                capture: fed.waited,
                letterbox: times.letterbox,
                age: captured.elapsed(),
                outputs: &outputs,
            };
            self.begin()?;
            // It has begun by now.
            let Some(writer) = &mut self.writer else { break };
            if !writer.write(&frame)? {
                break;
            }
            feed.done();
            number += 1;
        }
        Ok(())
    }

    /// Makes the file, unless it is there.
    fn begin(&mut self) -> Result<(), RecordingError> {
        if let Some(file) = self.file.take() {
            let form = self.args.jpeg.map_or(PictureForm::Png, |quality| PictureForm::Jpeg { quality });
            let limits = RecordingLimits {
                bytes: self.args.max_size * 1_000_000,
                time: self.args.seconds.map_or(RecordingLimits::default().time, Duration::from_secs),
            };
            self.writer = Some(RecordingWriter::create(GrowingFile::create(file)?, form, limits)?);
        }
        Ok(())
    }

    /// Nanoseconds since 1970, and the time in a video. Pictures and the frames of videos stand one after the other in the
    /// recording, however long they take.
    fn time(&mut self, kind: &FedKind, captured: Instant) -> (u64, Option<Duration>) {
        let (place, media) = match (kind, self.place) {
            (FedKind::Live, _) => return (self.clock.of(captured), None),
            (FedKind::Picture, None) => (Duration::ZERO, Duration::ZERO),
            (FedKind::Picture, Some((last, _))) => (last + PICTURE_TIME, Duration::ZERO),
            (FedKind::Video(time), None) => (*time, *time),
            // Another video begins.
            (FedKind::Video(time), Some((last, before))) if *time <= before => (last + BETWEEN_VIDEOS, *time),
            (FedKind::Video(time), Some((last, before))) => (last + (*time - before), *time),
        };
        self.place = Some((place, media));
        let media_time = matches!(kind, FedKind::Video(_)).then_some(media);
        (self.clock.after(place), media_time)
    }

    /// `None`: there was no frame.
    fn finish(self) -> Result<Option<FinishedRecording>, RecordingError> {
        self.writer.filter(|writer| writer.frames() > 0).map(|writer| writer.finish(0)).transpose()
    }
}
