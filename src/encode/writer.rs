//! One video that is being written.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ExitStatus, Stdio};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};

use super::error::EncodeError;
use super::fit::fit;
use super::format::{VideoEncoder, VideoFormat};
use super::raw_stream::RawStream;
use crate::detect::{Frame, Size};
use crate::files::{OutputFile, PendingFile};
use crate::source::video::Ffmpeg;

/// How long a frame is shown where nobody says.
const SLOT: Duration = Duration::from_millis(40);

/// The least that is between two frames.
const LEAST: Duration = Duration::from_millis(1);

/// How large a video becomes of a source that may have no end, where nobody says: 8 GB, as a recording.
pub const LIVE_BYTES: u64 = 8_000_000_000;

/// How much of what ffmpeg says is kept.
const WORDS: u64 = 1 << 14;

/// Sides of a picture whose colours are stored at half its size are even: at most one black column and row are added at the
/// right and below, so that everything else stays in its place.
const FILTERS: &str = "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoTotals {
    /// Another than it was to be where that name was taken meanwhile.
    pub path: PathBuf,
    pub frames: u64,
    /// From the first frame to the end of the last.
    pub duration: Duration,
}

/// A video that is being written; without [`VideoWriter::finish`] it leaves nothing, and what was there stays. It must stay on
/// the thread that started it, with which ffmpeg ends.
pub struct VideoWriter {
    child: Child,
    /// `None` once all frames are there.
    stream: Option<RawStream<ChildStdin>>,
    /// What ffmpeg said, at its end.
    words: Receiver<String>,
    file: Option<PendingFile>,
    size: Size,
    /// From one frame to the next, as the source promises.
    slot: Option<Duration>,
    /// Time of the first frame in the source.
    origin: Option<Duration>,
    /// Time of the last frame in the video, and how long the one before it was shown.
    last: Option<Duration>,
    before: Option<Duration>,
    fitted: Frame,
    frames: u64,
}

impl VideoWriter {
    /// Starts ffmpeg. `size`: of the frames; `rate`: frames per second, where the source promises a rate.
    pub fn start(output: OutputFile, format: VideoFormat, size: Size, rate: Option<f32>) -> Result<Self, EncodeError> {
        let ffmpeg = Ffmpeg::find()?;
        let failed = |cause: io::Error| EncodeError::Ffmpeg(ffmpeg.failed(&cause));
        let installed = ffmpeg.encoders().map_err(failed)?;
        let wanted = format.encoders();
        let encoder = wanted.iter().find(|encoder| installed.iter().any(|name| name == encoder.name));
        let encoder = encoder.ok_or_else(|| EncodeError::NoEncoder {
            ffmpeg: ffmpeg.path.clone(),
            format: format.name(),
            wanted: wanted.iter().map(|encoder| encoder.name).collect::<Vec<_>>().join(", "),
        })?;
        let file = PendingFile::create(output)?;
        let mut command = ffmpeg.encoder();
        command.args(["-f", "matroska", "-i", "pipe:0", "-vf", FILTERS]);
        command.args([
            "-colorspace",
            "bt709",
            "-color_primaries",
            "bt709",
            "-color_trc",
            "bt709",
            "-color_range",
            "tv",
        ]);
        command.args(ffmpeg.passthrough());
        let &VideoEncoder { name, arguments, ticks_per_second } = encoder;
        command.args(["-enc_time_base", &format!("1:{ticks_per_second}"), "-c:v", name]).args(arguments);
        let mut target = std::ffi::OsString::from("file:");
        target.push(file.part());
        command.args(["-f", format.name()]).arg(target);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let (say, words) = bounded(1);
        // From here on an error kills the child.
        let mut writer = Self {
            child,
            stream: None,
            words,
            file: Some(file),
            size,
            slot: rate.and_then(|rate| Duration::try_from_secs_f32(1.0 / rate).ok()).filter(|slot| !slot.is_zero()),
            origin: None,
            last: None,
            before: None,
            fitted: Frame::default(),
            frames: 0,
        };
        let (Some(stdin), Some(stderr)) = (stdin, stderr) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        Builder::new()
            .name("video encoder messages".into())
            .spawn(move || drop(say.send(heard(stderr))))
            .map_err(failed)?;
        match RawStream::begin(stdin, size) {
            Ok(stream) => writer.stream = Some(stream),
            Err(cause) => return Err(writer.broken(&cause)),
        }
        Ok(writer)
    }

    /// A frame with its time in the source. The first one's is the video's start.
    pub fn add(&mut self, frame: &Frame, time: Duration) -> Result<(), EncodeError> {
        let time = time.saturating_sub(*self.origin.get_or_insert(time));
        let time = self.last.map_or(time, |last| time.max(last.saturating_add(LEAST)));
        let frame = if frame.size() == self.size {
            frame
        } else {
            fit(frame, self.size, &mut self.fitted)?;
            &self.fitted
        };
        if let Some(stream) = &mut self.stream
            && let Err(cause) = stream.frame(time, frame.rgb())
        {
            return Err(self.broken(&cause));
        }
        self.before = self.last.map(|last| time - last);
        self.last = Some(time);
        self.frames += 1;
        Ok(())
    }

    /// What ffmpeg has written so far; it has some frames more in hand.
    pub fn bytes(&self) -> u64 {
        let part = self.file.as_ref().and_then(|file| file.part().metadata().ok());
        part.map_or(0, |about| about.len())
    }

    /// As [`VideoWriter::finish`], where the last frame is shown until this time after the first.
    pub fn finish_at(mut self, end: Duration) -> Result<VideoTotals, EncodeError> {
        self.slot = self.last.map(|last| end.saturating_sub(last).max(LEAST));
        self.finish()
    }

    /// Waits for ffmpeg, and puts the video into its place.
    pub fn finish(mut self) -> Result<VideoTotals, EncodeError> {
        let slot = self.slot.or(self.before).unwrap_or(SLOT);
        if let Some(stream) = self.stream.take()
            && let Err(cause) = stream.end(slot)
        {
            return Err(self.broken(&cause));
        }
        // Its input has ended with the stream.
        let status = self.child.wait();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(self.failed(&status)),
            Err(cause) => return Err(self.broken(&cause)),
        }
        let path = self.file.take().map(PendingFile::finish).transpose()?.unwrap_or_default();
        let duration = self.last.map_or(Duration::ZERO, |last| last.saturating_add(slot));
        Ok(VideoTotals { path, frames: self.frames, duration })
    }

    /// ffmpeg takes no more frames: why, it says itself.
    fn broken(&mut self, cause: &io::Error) -> EncodeError {
        self.stream = None;
        match self.child.wait() {
            Ok(status) if !status.success() => self.failed(&status),
            _ => self.error(cause.to_string()),
        }
    }

    fn failed(&self, status: &ExitStatus) -> EncodeError {
        let words = self.words.recv().unwrap_or_default();
        let said = words.lines().rev().find(|line| !line.trim().is_empty());
        self.error(said.map_or_else(|| format!("ffmpeg failed ({status})"), |line| line.trim().to_owned()))
    }

    fn error(&self, cause: String) -> EncodeError {
        let file = self.file.as_ref().map(|file| file.path().to_owned()).unwrap_or_default();
        EncodeError::Encoder { file, cause }
    }
}

impl Drop for VideoWriter {
    /// Ends ffmpeg where it still runs. Neither can fail but where it has ended already.
    fn drop(&mut self) {
        self.stream = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that ffmpeg says, up to a limit; the rest is read too, so that it never waits.
fn heard(mut stderr: ChildStderr) -> String {
    let mut words = Vec::new();
    let _ = stderr.by_ref().take(WORDS).read_to_end(&mut words);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&words).into_owned()
}
