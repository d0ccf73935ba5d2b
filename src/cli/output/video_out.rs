//! The flag that writes what is seen as a video.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use crate::annotate::Look;
use crate::cli::input::Input;
use crate::cli::output::stdout::tell;
use crate::detect::Frame;
use crate::encode::{EncodeError, LIVE_BYTES, VideoFormat, VideoWriter};
use crate::files::{FileFormat, OutputFile, Outputs};
use crate::source::VideoLocation;
use crate::source::video::Ffmpeg;

#[derive(Args, Clone, Debug, Default)]
pub struct VideoOutFlag {
    /// Write every frame with its boxes to this video (.mp4 or .webm), at the source's pace; needs ffmpeg
    #[arg(long, value_name = "FILE")]
    video_out: Option<PathBuf>,
    /// End the video at this many megabytes; the command ends with it, except `replay` [default: 8000 for a camera or a stream,
    /// none for a file]
    #[arg(long, value_name = "MB", requires = "video_out", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    video_max_size: Option<u64>,
}

impl VideoOutFlag {
    /// Checks all that can be known before; nothing is written yet. `None`: no video is asked for.
    pub fn plan(&self, inputs: &[Input], outputs: &mut Outputs) -> Result<Option<VideoOut>, Box<dyn Error>> {
        let Some(path) = &self.video_out else { return Ok(None) };
        // A video of ours looks like any other, as one that somebody filmed.
        let file = outputs.file(path, &FileFormat::NEW)?;
        let format = VideoFormat::of(path).ok_or_else(|| EncodeError::Ending(path.clone()))?;
        if !matches!(inputs, [Input::Video(_) | Input::Camera { .. }]) {
            return Err("--video-out needs one video, stream or camera: pictures have no pace; use --annotate".into());
        }
        Ffmpeg::find()?;
        let path = path.clone();
        // A file ends by itself.
        let is_file = matches!(inputs, [Input::Video(VideoLocation::File(_))]);
        let default = if is_file { u64::MAX } else { LIVE_BYTES };
        let limit = self.video_max_size.map_or(default, |megabytes| megabytes * 1_000_000);
        Ok(Some(VideoOut {
            path,
            planned: Some((file, format)),
            writer: None,
            given: 0,
            started: None,
            limit,
            is_full: false,
        }))
    }
}

/// A video that begins with its first frame.
pub struct VideoOut {
    /// As it was named.
    path: PathBuf,
    planned: Option<(OutputFile, VideoFormat)>,
    writer: Option<VideoWriter>,
    /// How many frames came.
    given: u64,
    /// When the first frame came of a source that has no times.
    started: Option<Instant>,
    /// Bytes with which it is full.
    limit: u64,
    is_full: bool,
}

/// When a frame is seen.
#[derive(Clone, Copy, Debug)]
pub struct FrameTime {
    /// From the start; `None` = the source has no times, and that of now counts.
    pub time: Option<Duration>,
    /// Frames per second that come, where the source promises a rate.
    pub rate: Option<f32>,
}

impl VideoOut {
    /// A frame as it is to be seen. The first one gives the video its size.
    pub fn add(&mut self, frame: &Frame, place: FrameTime) -> Result<(), EncodeError> {
        if let Some((file, format)) = self.planned.take() {
            self.writer = Some(VideoWriter::start(file, format, frame.size(), place.rate)?);
        }
        let time = match place.time {
            Some(time) => exact_time(time, self.given, place.rate),
            None => self.started.get_or_insert_with(Instant::now).elapsed(),
        };
        self.given += 1;
        if let Some(writer) = &mut self.writer {
            writer.add(frame, time)?;
            self.is_full = writer.bytes() >= self.limit;
        }
        Ok(())
    }

    /// Whether it is as large as it may be: whoever adds frames stops, and finishes it.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Puts the video into its place. Without a frame there is none, and what was there stays.
    pub fn finish(self) -> Result<(), EncodeError> {
        let Some(writer) = self.writer else { return Ok(()) };
        let totals = writer.finish()?;
        if totals.path != self.path {
            tell!("another program wrote {} meanwhile; the video is {}", self.path.display(), totals.path.display());
        }
        if self.is_full {
            tell!("the video ends at the limit of its size; --video-max-size sets another");
        }
        Ok(())
    }
}

/// ffmpeg tells times in six digits, which are hundredths of a second after a quarter of an hour. Where the rate says the same
/// time to that precision, it says it better. `number`: how many frames came before.
fn exact_time(time: Duration, number: u64, rate: Option<f32>) -> Duration {
    let Some(rate) = rate.filter(|rate| *rate > 0.0) else { return time };
    let (told, counted) = (time.as_secs_f64(), number as f64 / f64::from(rate));
    let precision = 10_f64.powf(told.max(1e-6).log10().floor() - 5.0);
    if (told - counted).abs() <= precision { Duration::try_from_secs_f64(counted).unwrap_or(time) } else { time }
}

/// How a video shows two models, as a flag.
pub fn look(text: &str) -> Result<Look, String> {
    match text {
        "overlay" => Ok(Look::Overlay),
        "split" => Ok(Look::Split),
        "side-by-side" => Ok(Look::SideBySide),
        _ => Err("use overlay, split or side-by-side".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_gives_the_digits_that_are_not_told() {
        let at = |told: f64, number: u64| exact_time(Duration::from_secs_f64(told), number, Some(25.0)).as_secs_f64();
        for (told, number, expected) in [
            (0.04, 1, 0.04),
            // In tenths of a second.
            (12_345.7, 308_641, 12_345.64),
            (0.05, 1, 0.05),
            (100.5, 2_500, 100.5),
        ] {
            assert!((at(told, number) - expected).abs() < 1e-9, "{told} {number}: {}", at(told, number));
        }
        let time = Duration::from_millis(40);
        assert_eq!([exact_time(time, 9, Some(0.0)), exact_time(time, 9, None)], [time; 2]);
    }
}
