//! The demo: a slow pan and zoom over photos, in place of a camera.
//!
//! It runs beside the detector on the same processor, and must cost next to nothing: photos are decoded and scaled
//! once, and a frame is one pass of bilinear resampling in integers.

mod canvas;
mod motion;
mod resample;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::canvas::Canvas;
pub use self::motion::{Crop, SHOT, window};
use self::resample::Resampler;
use super::pace::Pace;
use super::{Description, Next, Source, SourceError, load};
use crate::detect::{Frame, Size};

/// Frames per second.
const RATE: u32 = 30;

/// Small enough that drawing costs little beside the detector, whose input is smaller still.
const SIZE: Size = Size::new(848, 480);

/// How long a pause is slept through at a time.
const IDLE: Duration = Duration::from_millis(100);

/// Shows one photo after another, each for [`SHOT`] frames, for ever.
pub struct DemoSource {
    /// Never empty.
    canvases: Vec<Canvas>,
    resampler: Resampler,
    pace: Pace,
    note: String,
}

impl DemoSource {
    /// Reads the photos. The note stays visible while the demo runs.
    pub fn open(photos: &[PathBuf], note: &str) -> Result<Self, SourceError> {
        let canvases = photos
            .iter()
            .map(|photo| load(photo).and_then(|frame| Canvas::new(frame).map_err(SourceError::from)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| SourceError::NoDemo { cause: error.to_string() })?;
        if canvases.is_empty() {
            return Err(SourceError::NoDemo { cause: "none known".into() });
        }
        Ok(Self { canvases, resampler: Resampler::new(SIZE), pace: Pace::new(RATE), note: note.into() })
    }

    /// Draws frame `number` into `frame`: always the same for the same number.
    pub fn render(&mut self, number: u64, frame: &mut Frame) -> Result<(), SourceError> {
        let shot = number / SHOT;
        let photos = self.canvases.len() as u64;
        let canvas = &self.canvases[(shot % photos) as usize];
        // Every other time round a photo is shown backwards, from near to far.
        let backwards = shot / photos % 2 == 1;
        let window = window(number % SHOT, backwards, canvas.is_framed(), canvas.size());
        frame.resize(SIZE)?;
        self.resampler.render(canvas, window, frame.rgb_mut());
        Ok(())
    }
}

impl Source for DemoSource {
    fn description(&self) -> Description {
        Description {
            name: "demo".into(),
            size: Some(SIZE),
            nominal_rate: Some(RATE as f32),
            note: Some(self.note.clone()),
            ..Description::default()
        }
    }

    /// Waits until the frame is due. Frames that the caller was too late for are skipped; after a pause the motion
    /// resumes where it was.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let (number, due) = self.pace.next(Instant::now());
        // Nothing ever comes through this channel: it is the deadline that is waited for.
        let _ = crossbeam_channel::never::<()>().recv_deadline(due);
        self.render(number, frame)?;
        Ok(Next::Frame)
    }

    fn discard(&mut self) -> Result<(), SourceError> {
        let _ = crossbeam_channel::never::<()>().recv_timeout(IDLE);
        Ok(())
    }

    /// Like a camera, it does not wait for anybody: what comes too late for the detector is dropped and counted.
    fn is_live(&self) -> bool {
        true
    }
}
