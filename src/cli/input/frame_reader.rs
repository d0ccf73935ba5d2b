//! Reads everything that was named on the command line, frame by frame.

use std::collections::VecDeque;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::camera_feed::CameraFeed;
use super::{Input, InputArgs};
use crate::cli::output::escape::path_name;
use crate::cli::output::progress::ProgressLine;
use crate::detect::Frame;
use crate::model::{Catalog, ModelError};
use crate::recording::{RecordingSource, is_recording};
use crate::source::{self, Description, Next, Source, SourceError, VideoLocation, VideoRequest, VideoSource};
use crate::trace::Trace;
use crate::workshop::golden::PackPlace;
use crate::{interrupt, live};

/// How often Ctrl+C is checked for while a video opens.
const POLL: Duration = Duration::from_millis(100);

/// Gives frames until there are no more, as many as were asked for were given, or Ctrl+C was pressed. What cannot be
/// read is told on standard error, and the rest still comes.
pub struct FrameReader {
    catalog: Catalog,
    queue: VecDeque<Input>,
    moving: Option<Moving>,
    frame: Arc<Frame>,
    limit: Option<u64>,
    every: u64,
    /// Frames given of the camera or the video that is open.
    given: u64,
    failures: usize,
    progress: ProgressLine,
    /// Where a camera's engine writes what it does.
    trace: Trace,
}

/// A camera or a video that is open.
enum Moving {
    Video { source: PlayedFile, name: String, stem: String },
    Camera(CameraFeed),
}

/// A video, or a recording, of which only the frames are of interest here.
enum PlayedFile {
    Video(Box<VideoSource>),
    Recording(Box<RecordingSource>),
}

/// A frame that came: [`FrameReader::frame`] has its pixels.
pub struct InputFrame {
    /// The file as it was named, the stream's address, or "camera:0".
    pub source: String,
    /// A name for files made of it.
    pub file: PathBuf,
    /// Of a camera or a video: its number from 0.
    pub number: Option<u64>,
    /// Of a video: its time from the start.
    pub time: Option<Duration>,
    /// From the file's bytes to pixels; otherwise how long it was waited for.
    pub decode: Duration,
    /// Of a camera, some of whose frames are dropped before they come: its id in the trace.
    pub id: Option<u64>,
}

impl FrameReader {
    /// Starts to watch for Ctrl+C too.
    pub fn new(catalog: &Catalog, args: &InputArgs, inputs: Vec<Input>) -> Result<Self, Box<dyn Error>> {
        interrupt::watch()?;
        let is_one = |input: &Input| matches!(input, Input::Picture(_) | Input::Packed(_) | Input::Nothing(_));
        let total = inputs.iter().all(is_one).then_some(inputs.len());
        Ok(Self {
            catalog: catalog.clone(),
            queue: inputs.into(),
            moving: None,
            frame: Arc::default(),
            limit: args.limit(),
            every: args.every.unwrap_or(1),
            given: 0,
            failures: 0,
            progress: ProgressLine::new(total, if total.is_some() { "images" } else { "frames" }),
            trace: Trace::default(),
        })
    }

    /// The same; what happens to a camera's frames before they come is traced.
    pub fn traced(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    /// The next frame; `None` = that was all.
    pub fn next(&mut self) -> Option<InputFrame> {
        loop {
            if interrupt::asked() {
                return None;
            }
            let start = Instant::now();
            if self.moving.is_some() {
                match self.next_of_moving(start) {
                    Ok(Some(frame)) => return Some(frame),
                    Ok(None) => {}
                    Err(error) => self.fail(error),
                }
                self.moving = None;
                self.given = 0;
                continue;
            }
            let opened = match self.queue.pop_front()? {
                Input::Picture(path) => match source::load(&path) {
                    Ok(frame) => {
                        self.frame = Arc::new(frame);
                        let (source, decode) = (path_name(&path), start.elapsed());
                        return Some(InputFrame { source, file: path, number: None, time: None, decode, id: None });
                    }
                    Err(error) => Err(error.into()),
                },
                Input::Packed(place) => match self.packed(&place, start) {
                    Ok(frame) => return Some(frame),
                    Err(error) => Err(error.into()),
                },
                Input::Video(location) => Moving::video(location),
                Input::Camera { written, request } => {
                    let tell = self.progress.remarks();
                    let trace = self.trace.clone();
                    CameraFeed::open(&self.catalog, &written, request, trace, tell)
                        .map(|camera| Some(Moving::Camera(camera)))
                }
                Input::Nothing(why) => Err(why.into()),
            };
            match opened {
                Ok(moving) => {
                    if let Some(Moving::Video { source: PlayedFile::Recording(recording), name, .. }) = &moving
                        && let Some(note) = recording.description().note
                    {
                        self.progress.remarks()(&format!("{name}: {note}"));
                    }
                    self.moving = moving;
                }
                Err(error) => {
                    self.fail(error);
                    self.progress.step();
                }
            }
        }
    }

    /// The pixels of the frame that was taken last.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Frames per second that are given, as the video that is open promises; `None` = it does not, or is none.
    pub fn rate(&self) -> Option<f32> {
        match &self.moving {
            Some(Moving::Video { source, .. }) => source.description().nominal_rate.map(|r| r / self.every as f32),
            _ => None,
        }
    }

    /// Inputs that could not be read, or not to their end.
    pub fn failures(&self) -> usize {
        self.failures
    }

    /// The frame that was taken last is done.
    pub fn done(&mut self) {
        self.progress.step();
    }

    /// Prints something without the progress in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.progress.suspend(print)
    }

    /// The frame that was taken last could not be looked at, and counts as a failure.
    pub fn refuse(&mut self, frame: &InputFrame, why: &ModelError) {
        self.fail(format!("{}: {why}", frame.source).into());
        self.progress.step();
    }

    /// The picture of a golden pack.
    fn packed(&mut self, place: &PackPlace, start: Instant) -> Result<InputFrame, SourceError> {
        let mut picture = live::golden_picture(place)?;
        let Description { name, file, note, .. } = picture.description();
        if let Some(note) = note {
            self.progress.remarks()(&note);
        }
        let mut frame = Frame::default();
        picture.next(&mut frame)?;
        self.frame = Arc::new(frame);
        let file = file.map_or_else(|| PathBuf::from(&name), |file| file.to_path_buf());
        let (source, decode) = (path_name(&file), start.elapsed());
        Ok(InputFrame { source, file, number: None, time: None, decode, id: None })
    }

    fn fail(&mut self, error: Box<dyn Error>) {
        self.progress.remarks()(&error.to_string());
        self.failures += 1;
    }

    fn next_of_moving(&mut self, start: Instant) -> Result<Option<InputFrame>, Box<dyn Error>> {
        // A picture at an address is one frame, unless more are asked for.
        let once = matches!(&self.moving, Some(Moving::Video { source, .. }) if source.is_picture()).then_some(1);
        if self.limit.or(once).is_some_and(|limit| self.given >= limit) {
            // Its end, which would tell, is not reached.
            return match &self.moving {
                Some(Moving::Video { source, name, .. }) => match source.damage() {
                    Some(cause) => Err(SourceError::Damaged { name: name.clone(), cause }.into()),
                    None => Ok(None),
                },
                _ => Ok(None),
            };
        }
        match &mut self.moving {
            Some(Moving::Video { source, name, stem }) => {
                // With its memory, unless somebody still holds it.
                if !next_video_frame(source.frames(), Arc::make_mut(&mut self.frame), self.every)? {
                    return Ok(None);
                }
                let playback = source.description().playback;
                let (number, time, whole) =
                    playback.map_or((0, Duration::ZERO, None), |p| (p.number, p.time, p.duration));
                self.progress.at(time, whole);
                self.given += 1;
                Ok(Some(InputFrame {
                    source: name.clone(),
                    file: PathBuf::from(format!("{stem}-{number:06}.png")),
                    number: Some(number),
                    time: Some(time),
                    decode: start.elapsed(),
                    id: None,
                }))
            }
            Some(Moving::Camera(camera)) => {
                let Some((frame, decode, id)) = camera.next()? else { return Ok(None) };
                self.frame = frame;
                let number = self.given;
                self.given += 1;
                let (source, file) = (camera.name(), camera.file(number));
                Ok(Some(InputFrame { source, file, number: Some(number), time: None, decode, id: Some(id) }))
            }
            None => Ok(None),
        }
    }
}

impl Moving {
    /// `None`: nobody wants it any more.
    fn video(location: VideoLocation) -> Result<Option<Self>, Box<dyn Error>> {
        let (name, stem) = match &location {
            VideoLocation::File(path) => (path_name(path), path_name(path.file_stem().unwrap_or_default().as_ref())),
            VideoLocation::Url(_) => (location.to_string(), "stream".to_owned()),
        };
        let request = VideoRequest { every_frame: true, ..VideoRequest::new(location) };
        // A stream may take long to answer, and Ctrl+C must not.
        let (send, opened) = bounded(1);
        Builder::new().name("open video".into()).spawn(move || drop(send.send(PlayedFile::open(&request))))?;
        loop {
            match opened.recv_timeout(POLL) {
                Ok(source) => return Ok(Some(Self::Video { source: source?, name, stem })),
                Err(RecvTimeoutError::Timeout) if interrupt::asked() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err("cannot open the video".into()),
            }
        }
    }
}

impl PlayedFile {
    fn open(request: &VideoRequest) -> Result<Self, SourceError> {
        match &request.location {
            VideoLocation::File(path) if is_recording(path) => {
                Ok(Self::Recording(Box::new(RecordingSource::open(path, request)?)))
            }
            _ => Ok(Self::Video(Box::new(VideoSource::open(request)?))),
        }
    }

    fn frames(&mut self) -> &mut dyn Source {
        match self {
            Self::Video(video) => &mut **video,
            Self::Recording(recording) => &mut **recording,
        }
    }

    fn description(&self) -> Description {
        match self {
            Self::Video(video) => video.description(),
            Self::Recording(recording) => recording.description(),
        }
    }

    fn is_picture(&self) -> bool {
        matches!(self, Self::Video(video) if video.is_picture())
    }

    fn damage(&self) -> Option<String> {
        match self {
            Self::Video(video) => video.damage(),
            Self::Recording(_) => None,
        }
    }
}

/// The next frame whose number `every` divides; `false`: there is none, or nobody wants one any more.
fn next_video_frame(source: &mut dyn Source, frame: &mut Frame, every: u64) -> Result<bool, SourceError> {
    while !interrupt::asked() {
        match source.next(frame)? {
            Next::Frame if source.description().playback.is_none_or(|p| p.number % every == 0) => return Ok(true),
            Next::Frame | Next::Idle | Next::Broken => {}
            Next::End => return Ok(false),
        }
    }
    Ok(false)
}
